"""A delivery as a list of cells: one form for every contract, in which a row can also be withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from evaluation.intake.delivery import Table

CELLS = ("sheet", "row", "column", "value", "key", "pseudonym")
WITHDRAWN = ""
"""Column of the cell that says that its row no longer holds."""

Row = Mapping[str, str]


def to_cells(tables: Iterable[Table], withdrawn: Mapping[str, Iterable[Row]] | None = None) -> pd.DataFrame:
    """Return tables as cells.

    Parameters
    ----------
    tables : iterable of Table
    withdrawn : Mapping[str, iterable of Mapping]
        Keys of rows that no longer hold, by sheet.

    Returns
    -------
    DataFrame
        Columns sheet, row (0 …), column, value (text or None), key (bool), pseudonym (kind or "").
    """
    rows: list[tuple[str, int, str, str | None, bool, str]] = []
    for table in tables:
        kinds = table.pseudonyms
        names = [str(name) for name in table.frame]
        columns = [(name, name in table.key, kinds.get(name, ""), table.frame[name]) for name in names]
        for name, is_key, kind, values in columns:
            rows += [(table.name, i, name, value, is_key, kind) for i, value in enumerate(values)]
        for i, key in enumerate((withdrawn or {}).get(table.name, ()), len(table.frame)):
            rows += [(table.name, i, name, value, True, kinds.get(name, "")) for name, value in key.items()]
            rows.append((table.name, i, WITHDRAWN, "1", False, ""))
    return pd.DataFrame(rows, columns=list(CELLS)).astype({"row": "int64", "key": bool})


def to_rows(cells: pd.DataFrame, sheet: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows of one sheet, in the order in which they were accepted.

    Parameters
    ----------
    cells : DataFrame
        As `to_cells`, with `part`, the position of the vintage.
    sheet : str

    Returns
    -------
    rows : DataFrame
        Index (part, row); the columns of the sheet in the order of the latest vintage, and `WITHDRAWN`.
    key : tuple of str
        Columns that identify a row.
    """
    mine = cells[cells.sheet == sheet]
    latest_first = mine.sort_values("part", ascending=False, kind="stable").column.drop_duplicates()
    order = [name for name in latest_first if name != WITHDRAWN]
    wide = mine.pivot(index=["part", "row"], columns="column", values="value")  # noqa: PD010 -- none is doubled
    wide = wide.sort_index()
    key = tuple(name for name in order if name in set(mine.column[mine.key]))
    wide = wide.reindex(columns=[*order, WITHDRAWN])
    return wide.astype(object).where(wide.notna(), None), key
