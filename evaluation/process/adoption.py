"""Which unit uses which tool when: matrix, curve and dose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.design.columns import read_columns, refuse_empty
from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, first_day, iso, last_day
from evaluation.process._listed import refuse_unlisted

ANY = "any"
MEMORANDUM = "memorandum"


def read_starts(
    starts: Any,
    *,
    tools: Sequence[str] | None,
    units: Sequence[str],
    tool: str = "tool",
    unit: str = "district",
    started: str = "started",
    ended: str | None = "ended",
) -> pd.DataFrame:
    """Read spells of use: columns tool, unit, started, ended (NaT where not known or not ended).

    Raises
    ------
    DataError
        If a tool or a unit is not in its list, or a date cannot be read.

    Examples
    --------
    >>> starts = pd.DataFrame({"tool": ["a"], "district": ["A"], "started": ["2020-02-01"], "ended": [""]})
    >>> read_starts(starts, tools=["a"], units=["A", "B"]).started.tolist()
    [Timestamp('2020-02-01 00:00:00')]
    """
    data = read_columns(starts, {"tool": tool, "unit": unit, "start": started, "end": ended}, ())
    for name in (tool, unit):
        refuse_empty(pd.isna(data[name]), name, name)
    refuse_unlisted(data[unit], units, unit)
    if tools is not None:
        refuse_unlisted(data[tool], tools, tool)
    frame = pd.DataFrame({"tool": data[tool], "unit": data[unit]}).astype(str)
    frame["started"] = dates(pd.Series(data[started]), started)
    frame["ended"] = dates(pd.Series(data[ended]), ended) if ended else pd.NaT
    return frame


def adoption(
    starts: Any, *, tools: Sequence[str], units: Sequence[str], periods: Sequence[str], **columns: Any
) -> CheckResult:
    """Say for every tool, unit and period whether the tool was in use on at least one day.

    Parameters
    ----------
    starts : pandas, polars or Arrow table
        One row per spell of use. An empty start says that the tool is used since a day that is not known; an
        empty end that it still is.
    tools, units, periods : sequence of str
    **columns
        Names of the columns: tool, unit ("district"), started, ended.

    Returns
    -------
    CheckResult
        ``adoption``, informational. Table: tool, unit, period, in_use, known (False where the start is not
        known: then in_use is False but means nothing), start (of the first spell). Numbers: tools, units,
        adopting (units with any known use), spells, unknown. Note ``start_unknown`` names the units.

    Raises
    ------
    DataError
        If a tool or a unit is not in its list, or a date or period cannot be read.

    Examples
    --------
    >>> starts = pd.DataFrame({"tool": ["a", "a"], "district": ["A", "B"],
    ...                        "started": ["2020-02-01", "2020-05-31"], "ended": ["2020-03-31", ""]})
    >>> found = adoption(starts, tools=["a"], units=["A", "B"], periods=["2020Q1", "2020Q2"])
    >>> found.table.in_use.tolist()
    [True, False, False, True]
    """
    spells = read_starts(starts, tools=tools, units=units, **columns)
    grid = pd.MultiIndex.from_product([list(tools), list(units), list(periods)])
    table = grid.to_frame(index=False, name=["tool", "unit", "period"])
    pairs = pd.MultiIndex.from_product([list(tools), list(units)])
    pair = pairs.get_indexer(pd.MultiIndex.from_frame(spells[["tool", "unit"]]))
    in_use = np.zeros((len(pairs), len(periods)), dtype=np.bool_)
    np.logical_or.at(in_use, pair, _in_use(spells, periods))
    known = np.ones(len(pairs), dtype=np.bool_)
    known[pair[spells["started"].isna()]] = False
    first = spells["started"].groupby(pair).min().reindex(range(len(pairs))).map(iso)
    table["in_use"] = in_use.ravel()
    table["known"] = np.repeat(known, len(periods))
    table["start"] = np.repeat(first.to_numpy(), len(periods))
    numbers: dict[str, Number] = {
        "tools": len(tools),
        "units": len(units),
        "adopting": spells["unit"][spells["started"].notna()].nunique(),
        "spells": len(spells),
        "unknown": int(spells["started"].isna().sum()),
    }
    return CheckResult("adoption", None, table, numbers, start_notes(spells))


def _in_use(spells: pd.DataFrame, periods: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each spell has a day in each period, shape (n_spells, n_periods)."""
    started, ended = (spells[name].to_numpy(dtype="datetime64[ns]")[:, None] for name in ("started", "ended"))
    ends, begins = (
        pd.DatetimeIndex([edge(period) for period in periods]).to_numpy(dtype="datetime64[ns]")[None]
        for edge in (last_day, first_day)
    )
    return np.asarray((started <= ends) & ~(ended < begins))


def start_notes(spells: pd.DataFrame) -> tuple[Note, ...]:
    """Name the units with a start that is not known."""
    names = tuple(sorted(spells["unit"][spells["started"].isna()].unique()))
    return (Note("start_unknown", {"units": len(names), "names": names}),) if names else ()


def adoption_curve(
    starts: Any,
    *,
    tools: Sequence[str],
    units: Sequence[str],
    periods: Sequence[str],
    memoranda: Any = None,
    signed: str = "signed",
    **columns: Any,
) -> CheckResult:
    """Count the units that use each tool, and any, period by period.

    Parameters
    ----------
    starts, tools, units, periods, **columns
        See `adoption`.
    memoranda : pandas, polars or Arrow table, optional
        One row per unit that signed, with the day in column `signed`.
    signed : str

    Returns
    -------
    CheckResult
        ``adoption_curve``, informational. Table: tool (``any`` first, then ``memorandum`` where given, then
        the tools), period, units_in_use (with a memorandum: signed by the end of the period), units, share.
        Numbers and notes of `adoption`.

    Raises
    ------
    DataError
        See `adoption`.

    Examples
    --------
    >>> starts = pd.DataFrame({"tool": ["a", "b"], "district": ["A", "A"],
    ...                        "started": ["2020-02-01", "2020-05-31"], "ended": ""})
    >>> curve = adoption_curve(starts, tools=["a", "b"], units=["A", "B"], periods=["2020Q1", "2020Q2"])
    >>> curve.table[curve.table.tool == "any"].share.tolist()
    [0.5, 0.5]
    """
    matrix = adoption(starts, tools=tools, units=units, periods=periods, **columns)
    use = matrix.table
    counts = {ANY: use[use["in_use"]].groupby("period")["unit"].nunique()}
    if memoranda is not None:
        counts[MEMORANDUM] = _signed(memoranda, units, periods, columns.get("unit", "district"), signed)
    counts |= {name: use[(use["tool"] == name) & use["in_use"]].groupby("period").size() for name in tools}
    rows = [
        {"tool": name, "period": period, "units_in_use": int(count.get(period, 0)), "units": len(units)}
        for name, count in counts.items()
        for period in periods
    ]
    table = pd.DataFrame(rows)
    table["share"] = table["units_in_use"] / table["units"]
    return CheckResult("adoption_curve", None, table, matrix.numbers, matrix.notes)


def _signed(
    memoranda: Any, units: Sequence[str], periods: Sequence[str], unit: str, signed: str
) -> pd.Series[Any]:
    data = read_columns(memoranda, {"unit": unit, "signed": signed}, ())
    refuse_unlisted(data[unit], units, unit)
    first = dates(pd.Series(data[signed]), signed).groupby([str(name) for name in data[unit]]).min()
    return pd.Series({period: int((first <= last_day(period)).sum()) for period in periods})


def dose(
    starts: Any, *, tools: Sequence[str], units: Sequence[str], periods: Sequence[str], **columns: Any
) -> CheckResult:
    """Count the tools that each unit uses, period by period.

    Parameters
    ----------
    starts, tools, units, periods, **columns
        See `adoption`.

    Returns
    -------
    CheckResult
        ``dose``, informational. Table: unit, period, tools_in_use (NaN where the start of one of its tools is
        not known). Numbers: those of `adoption`, and mean_dose (tools per unit that uses any, in the last
        period).

    Raises
    ------
    DataError
        See `adoption`.

    Examples
    --------
    >>> starts = pd.DataFrame({"tool": ["a", "b"], "district": ["A", "A"],
    ...                        "started": ["2020-02-01", "2020-05-31"], "ended": ""})
    >>> found = dose(starts, tools=["a", "b"], units=["A", "B"], periods=["2020Q1", "2020Q2"])
    >>> found.table.tools_in_use.tolist()
    [1.0, 2.0, 0.0, 0.0]
    """
    matrix = adoption(starts, tools=tools, units=units, periods=periods, **columns)
    groups = matrix.table.groupby(["unit", "period"], sort=False)
    known = groups["known"].all()
    table = groups["in_use"].sum().astype(np.float64).where(known).reset_index(name="tools_in_use")
    last = table["tools_in_use"][(table["period"] == periods[-1]) & (table["tools_in_use"] > 0)]
    mean = float(last.mean()) if len(last) else float("nan")
    return CheckResult("dose", None, table, {**matrix.numbers, "mean_dose": mean}, matrix.notes)
