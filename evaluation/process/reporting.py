"""Who reported, and when: DHIS2's five reporting metrics, the matrix behind them, and missing items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import read_columns, refuse_empty
from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, iso, last_day
from evaluation.process._listed import refuse_unlisted

METRICS = (
    "EXPECTED_REPORTS",
    "ACTUAL_REPORTS",
    "ACTUAL_REPORTS_ON_TIME",
    "REPORTING_RATE",
    "REPORTING_RATE_ON_TIME",
)
DUE_DAYS = 30


def reporting_matrix(
    reports: Any,
    *,
    units: Sequence[str],
    periods: Sequence[str],
    unit: str = "district",
    period: str = "quarter",
    received: str = "received",
    due_days: int = DUE_DAYS,
    at: Any = None,
) -> CheckResult:
    """Say for every unit and period whether a report came, and how long after the period.

    A report is on time if it was received within `due_days` days after the last day of its period, that day
    included. Of several reports of one unit and period the first counts. What was received after the cut-off
    has not come yet; a report whose time has not run out at the cut-off is ``not_due``.

    Parameters
    ----------
    reports : pandas, polars or Arrow table
        One row per report; an empty date means that none came.
    units, periods : sequence of str
        Who is expected to report, and for which periods.
    unit, period, received : str
        Columns.
    due_days : int
    at : date or quarter, optional
        Cut-off; by default everything is known.

    Returns
    -------
    CheckResult
        ``reporting_matrix``, informational. Table: unit, period, state (``on_time``, ``late``, ``missing``,
        ``not_due``), days (from the last day of the period to receipt, NaN where nothing came), received.
        Numbers: units, periods, due_days, at.

    Raises
    ------
    DataError
        If a report is of a unit that is not in the list, or a date cannot be read.

    Examples
    --------
    >>> reports = pd.DataFrame({"district": ["A", "B"], "quarter": "2020Q1",
    ...                         "received": ["2020-04-30", "2020-05-01"]})
    >>> found = reporting_matrix(reports, units=["A", "B", "C"], periods=["2020Q1"])
    >>> found.table.state.tolist()
    ['on_time', 'late', 'missing']
    """
    data = read_columns(reports, {"unit": unit, "period": period, "received": received}, ())
    for name in (unit, period):
        refuse_empty(pd.isna(data[name]), name, name)
    refuse_unlisted(data[unit], units, unit)
    rows = pd.DataFrame({"unit": data[unit], "period": data[period]}).astype(str)
    rows["received"] = dates(pd.Series(data[received]), received)
    cut = day(at)
    if not pd.isna(cut):
        rows = rows[rows["received"] <= cut]
    first = rows.groupby(["unit", "period"])["received"].min()
    grid = pd.MultiIndex.from_product([list(units), list(periods)], names=["unit", "period"])
    table = first.reindex(grid).astype("datetime64[ns]").reset_index()
    ends = table["period"].map({name: last_day(name) for name in periods})
    table["days"] = (table["received"] - ends).dt.days.astype(np.float64)
    waiting = ends + pd.Timedelta(days=due_days) >= cut if not pd.isna(cut) else np.zeros(len(table), bool)
    absent = np.where(waiting, "not_due", "missing")
    came = np.where(table["days"] <= due_days, "on_time", "late")
    table.insert(2, "state", np.where(table["days"].isna(), absent, came))
    table["received"] = table["received"].map(iso)
    numbers: dict[str, Number] = {"units": len(units), "periods": len(periods), "due_days": due_days}
    numbers["at"] = iso(cut)
    return CheckResult("reporting_matrix", None, table, numbers)


def reporting_rates(
    reports: Any,
    *,
    units: Sequence[str],
    periods: Sequence[str],
    groups: dict[str, str] | None = None,
    **options: Any,
) -> CheckResult:
    """Count reports under the names that DHIS2 gives them.

    EXPECTED_REPORTS is the number of units that should have reported by the cut-off; the rates are
    percentages of it, REPORTING_RATE of all and REPORTING_RATE_ON_TIME of those in time. Reports that are not
    due yet are expected only once they have come.

    Parameters
    ----------
    reports, units, periods
        See `reporting_matrix`.
    groups : dict of unit to group, optional
        One row per group and period instead of one per period.
    **options
        Further ones of `reporting_matrix`.

    Returns
    -------
    CheckResult
        ``reporting_rates``, informational. Table: group (where asked for), period, EXPECTED_REPORTS,
        ACTUAL_REPORTS, ACTUAL_REPORTS_ON_TIME, REPORTING_RATE, REPORTING_RATE_ON_TIME; rates are NaN where
        nothing was expected. Numbers: units, periods, due_days, at, never (units without any report). Note
        ``never_reported`` names them.

    Raises
    ------
    DataError
        If a report is of a unit that is not in the list, or a date cannot be read.

    Examples
    --------
    >>> reports = pd.DataFrame({"district": ["A", "B"], "quarter": "2020Q1",
    ...                         "received": ["2020-04-30", "2020-05-01"]})
    >>> rates = reporting_rates(reports, units=["A", "B", "C", "D"], periods=["2020Q1"]).table
    >>> rates.REPORTING_RATE.tolist(), rates.REPORTING_RATE_ON_TIME.tolist()
    ([50.0], [25.0])
    """
    matrix = reporting_matrix(reports, units=units, periods=periods, **options)
    rows = matrix.table.assign(
        EXPECTED_REPORTS=matrix.table["state"] != "not_due",
        ACTUAL_REPORTS=matrix.table["state"].isin(["on_time", "late"]),
        ACTUAL_REPORTS_ON_TIME=matrix.table["state"] == "on_time",
    )
    keys = ["period"]
    if groups is not None:
        keys = ["group", "period"]
        rows["group"] = rows["unit"].map(groups).fillna("")
    table = rows.groupby(keys, sort=False)[list(METRICS[:3])].sum().reset_index()
    expected = table["EXPECTED_REPORTS"].where(table["EXPECTED_REPORTS"] > 0).astype(np.float64)
    table["REPORTING_RATE"] = 100 * table["ACTUAL_REPORTS"] / expected
    table["REPORTING_RATE_ON_TIME"] = 100 * table["ACTUAL_REPORTS_ON_TIME"] / expected
    due = rows.groupby("unit", sort=False)[["EXPECTED_REPORTS", "ACTUAL_REPORTS"]].sum()
    silent = due.index[(due["EXPECTED_REPORTS"] > 0) & (due["ACTUAL_REPORTS"] == 0)]
    names = tuple(str(name) for name in silent)
    notes = (Note("never_reported", {"units": len(names), "names": names}),) if names else ()
    return CheckResult("reporting_rates", None, table, {**matrix.numbers, "never": len(names)}, notes)


def item_missingness(
    frame: Any, *, items: Sequence[str], unit: str = "district", period: str = "quarter"
) -> CheckResult:
    """Count empty items of the reports that came, by unit, period and item.

    Parameters
    ----------
    frame : pandas, polars or Arrow table
        Reports or records, one or more rows per unit and period.
    items : sequence of str
        Columns. Blank text is empty.
    unit, period : str
        Columns.

    Returns
    -------
    CheckResult
        ``item_missingness``, informational. Table: unit, period, item, cells, missing, share. Numbers: cells,
        missing, share (of all), worst (item), worst_share.

    Raises
    ------
    DataError
        If a column is missing, or a unit or period is empty.

    Examples
    --------
    >>> records = pd.DataFrame({"district": ["A", "A", "B"], "quarter": "2020Q1", "rent": [900, None, 800],
    ...                         "debt": ["none", "", None]})
    >>> found = item_missingness(records, items=["rent", "debt"])
    >>> found.table[["unit", "item", "missing"]].to_numpy().tolist()
    [['A', 'rent', 1], ['A', 'debt', 1], ['B', 'rent', 0], ['B', 'debt', 1]]
    """
    data = read_columns(frame, {"unit": unit, "period": period}, tuple(items))
    for name in (unit, period):
        refuse_empty(pd.isna(data[name]), name, name)
    keys = {"unit": data[unit], "period": data[period]}
    empty = pd.DataFrame(keys | {item: _empty(data[item]) for item in items})
    long = empty.melt(["unit", "period"], list(items), "item", "empty")
    long["item"] = pd.Categorical(long["item"], list(items))
    counts = long.groupby(["unit", "period", "item"], observed=True)["empty"].agg(cells="size", missing="sum")
    table = counts.reset_index()
    table = table.astype({"item": str, "missing": np.int64})
    table["share"] = table["missing"] / table["cells"]
    by_item = table.groupby("item", sort=False)[["cells", "missing"]].sum()
    shares = by_item["missing"] / by_item["cells"]
    cells, missing = int(table["cells"].sum()), int(table["missing"].sum())
    numbers: dict[str, Number] = {"cells": cells, "missing": missing, "share": missing / cells}
    numbers |= {"worst": str(shares.idxmax()), "worst_share": float(shares.max())}
    return CheckResult("item_missingness", None, table, numbers)


def _empty(values: Any) -> pd.Series:
    column = pd.Series(values, dtype=object)
    return column.isna() | (column.astype(str).str.strip() == "")
