"""`treatment_dates`: the cohort column of the impact designs, from the same table as the adoption matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from evaluation.design.columns import read_columns
from evaluation.design.note import Number
from evaluation.errors import DataError, require_option
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, iso, quarter
from evaluation.process._listed import refuse_unlisted
from evaluation.process.adoption import MEMORANDUM, read_starts, start_notes

Source = Literal["first_use", "memorandum"]


def treatment_dates(
    starts: Any,
    *,
    units: Sequence[str],
    source: Source = "first_use",
    memoranda: Any = None,
    signed: str = "signed",
    at: Any = None,
    unit: str = "district",
    **columns: Any,
) -> CheckResult:
    """Return the treatment date of every unit: the first quarter with any tool in use.

    A unit with a tool whose start is not known is excluded by name: its first quarter could be an earlier
    one, and no date is guessed. A unit without any row is not treated yet.

    Parameters
    ----------
    starts : pandas, polars or Arrow table
        Spells of use, see `adoption`.
    units : sequence of str
    source : {"first_use", "memorandum"}
        The memorandum's date is a declared alternative, and a unit whose memorandum has no date is excluded.
    memoranda : pandas, polars or Arrow table, optional
        One row per unit that signed.
    signed : str
        Column of `memoranda`.
    at : date or quarter, optional
        What starts later is not treated yet.
    unit : str
        Column of both tables.
    **columns
        Further ones of `starts`: tool, started, ended.

    Returns
    -------
    CheckResult
        ``treatment_dates``, informational. Table: unit, cohort (quarter; empty where not treated or
        excluded), start (day), tool (the first; ``memorandum``), excluded. In a design, drop the excluded
        units; an empty cohort means never treated. Numbers: units, treated, excluded (names), source. Note
        ``start_unknown``.

    Raises
    ------
    DataError
        If a unit is not in the list, the source is unknown or its table was not given.

    Examples
    --------
    >>> starts = pd.DataFrame({"tool": ["a", "b", "a"], "district": ["A", "A", "B"],
    ...                        "started": ["2021-02-01", "2020-05-31", ""], "ended": ""})
    >>> found = treatment_dates(starts, units=["A", "B", "C"])
    >>> found.table[["unit", "cohort", "excluded"]].to_numpy().tolist()
    [['A', '2020Q2', False], ['B', '', True], ['C', '', False]]
    """
    require_option(DataError, "treatment_dates", "source", source, ("first_use", "memorandum"))
    if source == "memorandum":
        spells = _memoranda(memoranda, units, unit, signed)
    else:
        spells = read_starts(starts, tools=None, units=units, unit=unit, **columns)
    cut = day(at)
    unknown = set(spells["unit"][spells["started"].isna()])
    known = spells if pd.isna(cut) else spells[spells["started"] <= cut]
    first = known.sort_values(["started", "tool"], kind="stable").drop_duplicates("unit").set_index("unit")
    rows = [_row(name, first, excluded=name in unknown) for name in map(str, units)]
    table = pd.DataFrame(rows)
    numbers: dict[str, Number] = {
        "units": len(units),
        "treated": int((table["cohort"] != "").sum()),
        "excluded": tuple(sorted(unknown)),
        "source": source,
    }
    return CheckResult("treatment_dates", None, table, numbers, start_notes(spells))


def _row(name: str, first: pd.DataFrame, *, excluded: bool) -> dict[str, object]:
    dated = name in first.index and not excluded
    when = first.loc[name, "started"] if dated else pd.NaT
    return {
        "unit": name,
        "cohort": quarter(when),
        "start": iso(when),
        "tool": str(first.loc[name, "tool"]) if dated else "",
        "excluded": excluded,
    }


def _memoranda(memoranda: Any, units: Sequence[str], unit: str, signed: str) -> pd.DataFrame:
    if memoranda is None:
        raise DataError(
            "bad-option-value",
            option="source",
            value="'memorandum'",
            advice="Give the table of memoranda too, or take first_use.",
        )
    data = read_columns(memoranda, {"unit": unit, "signed": signed}, ())
    refuse_unlisted(data[unit], units, unit)
    days = dates(pd.Series(data[signed]), signed)
    return pd.DataFrame({"unit": data[unit].astype(str), "tool": MEMORANDUM, "started": days})
