"""`re_adds`: whether the parts of a disaggregated count add up to its total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns
from evaluation.estimate import CheckResult


def re_adds(parts: Any, totals: Any, *, keys: Sequence[str], value: str) -> CheckResult:
    """Compare totals that were reported with the sums of the parts that were reported.

    Parameters
    ----------
    parts, totals : pandas, polars or Arrow table
        The parts have several rows for each combination of keys, the totals one.
    keys : sequence of str
        Columns of both, e.g. district and quarter.
    value : str
        Column of both with the count.

    Returns
    -------
    CheckResult
        ``re_adds``; passed where every difference is zero. Table: the keys, total, parts, difference
        (parts - total; NaN where one of them is missing), worst first. Numbers: cells, different, missing.
        Note ``does_not_add`` where not passed.

    Raises
    ------
    DataError
        If a column is missing or a value is no number.

    Examples
    --------
    >>> by_sex = pd.DataFrame({"district": ["A", "A", "B", "B"], "persons": [3, 4, 1, 1]})
    >>> total = pd.DataFrame({"district": ["A", "B"], "persons": [7, 3]})
    >>> re_adds(by_sex, total, keys=["district"], value="persons").table.difference.tolist()
    [-1.0, 0.0]
    """
    sums = {}
    for name, frame in (("total", totals), ("parts", parts)):
        data = read_columns(frame, {"value": value}, tuple(keys))
        rows = pd.DataFrame({key: data[key] for key in keys} | {name: numeric(data, value)})
        sums[name] = rows.groupby(list(keys), sort=True)[name].sum(min_count=1)
    table = pd.concat(sums.values(), axis=1).reset_index()
    table["difference"] = table["parts"] - table["total"]
    order = np.lexsort((table.index, -table["difference"].abs().fillna(0)))
    different = int((table["difference"].fillna(0) != 0).sum())
    missing = int(table["difference"].isna().sum())
    numbers = {"cells": len(table), "different": different, "missing": missing}
    notes = (Note("does_not_add", numbers),) if different or missing else ()
    return CheckResult("re_adds", not notes, table.iloc[order], numbers, notes)
