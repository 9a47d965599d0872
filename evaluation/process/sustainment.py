"""`sustainment`: how many uses of a tool still go on months after they began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.process._dates import day, iso
from evaluation.process.adoption import read_starts, start_notes
from evaluation.process.intervals import wilson_bounds


def sustainment(
    starts: Any,
    *,
    units: Sequence[str],
    at: Any,
    tools: Sequence[str] | None = None,
    months: Sequence[int] = (6, 12, 24),
    by_tool: bool = False,
    conf_level: float = 0.95,
    **columns: Any,
) -> CheckResult:
    """Count uses (a tool in a unit) that were still going on 6, 12 and 24 months after their first start.

    A use is followed for m months if that day had come at the cut-off; others are too recent and are not in
    the denominator. It is sustained if the tool was in use on that day, be it again after a break. Uses whose
    start is not known are left out, with a note.

    Parameters
    ----------
    starts : pandas, polars or Arrow table
        Spells of use, see `adoption`.
    units, tools : sequence of str
    at : date or quarter
        Cut-off.
    months : sequence of int
    by_tool : bool
        One row per tool too, after the rows of ``total``.
    conf_level : float
        Of Wilson's interval.
    **columns
        See `adoption`.

    Returns
    -------
    CheckResult
        ``sustainment``, informational. Table: tool (``total`` first), months, followed, sustained, share,
        conf_low, conf_high (NaN where none was followed), too_recent. Numbers: at, uses, unknown, conf_level.

    Raises
    ------
    DataError
        If a tool or unit is not in its list, or a date cannot be read.

    Examples
    --------
    >>> starts = pd.DataFrame({"tool": "a", "district": ["A", "B", "C"],
    ...                        "started": ["2020-01-10", "2020-01-10", "2020-11-01"],
    ...                        "ended": ["", "2020-06-30", ""]})
    >>> found = sustainment(starts, units=["A", "B", "C"], at="2020Q4", months=[6])
    >>> found.table[["followed", "sustained", "too_recent"]].to_numpy().tolist()
    [[2, 1, 1]]
    """
    spells, cut = read_starts(starts, tools=tools, units=units, **columns), day(at)
    dated = spells[spells["started"].notna() & (spells["started"] <= cut)]
    uses = [(str(key[0]), part) for key, part in dated.groupby(["tool", "unit"])]
    names = tools if tools is not None else sorted({name for name, _ in uses})
    groups = {"total": [part for _, part in uses]}
    if by_tool:
        groups |= {name: [part for own, part in uses if own == name] for name in names}
    rows = [
        {"tool": name, "months": m, **_count(parts, m, cut)} for name, parts in groups.items() for m in months
    ]
    table = pd.DataFrame(rows)
    followed, sustained = (table[c].to_numpy(dtype=np.float64) for c in ("followed", "sustained"))
    table["share"] = sustained / np.where(followed > 0, followed, np.nan)
    table["conf_low"], table["conf_high"] = wilson_bounds(sustained, followed, conf_level)
    table = table[[name for name in table.columns if name != "too_recent"] + ["too_recent"]]
    unknown = int(spells["started"].isna().sum())
    numbers: dict[str, Number] = {"at": iso(cut), "uses": len(uses), "unknown": unknown}
    numbers["conf_level"] = conf_level
    return CheckResult("sustainment", None, table, numbers, start_notes(spells))


def _count(uses: list[pd.DataFrame], months: int, cut: pd.Timestamp) -> dict[str, int]:
    days = [part["started"].min() + pd.DateOffset(months=months) for part in uses]
    followed = [(part, when) for part, when in zip(uses, days, strict=True) if when <= cut]
    going = [bool(((part["started"] <= when) & ~(part["ended"] < when)).any()) for part, when in followed]
    return {
        "followed": len(followed),
        "sustained": sum(going),
        "too_recent": len(uses) - len(followed),
    }
