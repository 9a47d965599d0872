"""What was known at a moment: of every key the row that was accepted last, unless it was withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from evaluation.intake.cells import WITHDRAWN, to_rows


def linked(cells: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Replace pseudonyms of older keys by those of the newest, as far as they were linked.

    Parameters
    ----------
    cells : DataFrame
    links : DataFrame
        Columns kind, old, new, in the order in which the keys were changed.

    Examples
    --------
    >>> from evaluation.intake.delivery import Table
    >>> from evaluation.intake.cells import to_cells
    >>> frame = pd.DataFrame({"client": ["aa"], "quarter": ["2024Q4"]})
    >>> cells = to_cells([Table("clients", ("client",), "quarter", frame, {"client": "client"})])
    >>> two = pd.DataFrame({"kind": ["client"] * 2, "old": ["aa", "bb"], "new": ["bb", "cc"]})
    >>> linked(cells, two).value[0]
    'cc'
    """
    newest: dict[tuple[str, str], str] = {}
    for kind, old, new in reversed(list(links[["kind", "old", "new"]].itertuples(index=False, name=None))):
        newest[kind, old] = newest.get((kind, new), new)
    if not newest:
        return cells
    pairs = zip(cells.pseudonym, cells.value, strict=True)
    return cells.assign(value=pd.Series([newest.get(p, p[1]) for p in pairs], cells.index, object))


def latest(cells: pd.DataFrame, sheet: str) -> pd.DataFrame:
    """Return the rows of a sheet that hold after all vintages.

    Parameters
    ----------
    cells : DataFrame
        Cells of the vintages with `part`, their position in the register.
    sheet : str

    Returns
    -------
    DataFrame
        Columns of the sheet as text, None where a value is missing; rows in the order of their keys;
        ``attrs["parts"]`` has the vintage of each row, ``attrs["key"]`` the columns that identify a row.
    """
    if not (cells["sheet"] == sheet).any():
        return _nothing()
    rows, key = to_rows(cells, sheet)
    last = rows[~rows.duplicated(list(key), keep="last")]
    held = last[last[WITHDRAWN].isna()].sort_values(list(key), kind="stable")
    known = held.drop(columns=WITHDRAWN).reset_index(drop=True)
    known.columns.name = None
    known.attrs = {"parts": tuple(int(part) for part, _ in held.index), "key": key}
    return known


def _nothing() -> pd.DataFrame:
    empty = pd.DataFrame()
    empty.attrs = {"parts": (), "key": ()}
    return empty


def versions(cells: pd.DataFrame, sheet: str, key: Mapping[str, str], column: str) -> pd.DataFrame:
    """Return every value that a cell has had.

    Returns
    -------
    DataFrame
        Columns part, value (None: missing), withdrawn; one row for each vintage that held the row.
    """
    rows, names = to_rows(cells, sheet)
    wanted = pd.Series(True, rows.index)
    for name in names:
        wanted &= rows[name] == key[name]
    found = rows[wanted]
    return pd.DataFrame(
        {
            "part": found.index.get_level_values("part"),
            "value": found[column].to_numpy(dtype=object),
            "withdrawn": found[WITHDRAWN].notna().to_numpy(),
        }
    )


def differing(before: pd.DataFrame, after: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return the cells of rows present in both tables that do not hold the same.

    Returns
    -------
    DataFrame
        The columns of the key, then column, old, new.
    """
    names = list(key)
    shared = [str(name) for name in after if name in before and name not in names]
    pairs = before.merge(after, on=names, suffixes=("_old", "_new"))
    found = []
    for name in shared:
        old, new = pairs[f"{name}_old"], pairs[f"{name}_new"]
        changed = (old != new) & ~(old.isna() & new.isna())
        found.append(pairs.loc[changed, names].assign(column=name, old=old[changed], new=new[changed]))
    if not found:
        return pd.DataFrame(columns=[*names, "column", "old", "new"])
    return pd.concat(found, ignore_index=True)
