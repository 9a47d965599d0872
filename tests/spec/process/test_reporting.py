"""Reporting metrics, missing items and milestones by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import DataError
from evaluation.process import (
    item_missingness,
    milestones,
    plan_versions,
    reporting_matrix,
    reporting_rates,
)

UNITS, QUARTERS = ["A", "B", "C", "D"], ["2020Q1", "2020Q2"]


def reports() -> pd.DataFrame:
    """A in time on the last day; B a day late, and twice; C in Q2 only; D never."""
    rows = [
        ("A", "2020Q1", "2020-04-30"),
        ("A", "2020Q2", "2020-07-01"),
        ("B", "2020Q1", "2020-05-01"),
        ("B", "2020Q1", "2020-06-01"),
        ("B", "2020Q2", ""),
        ("C", "2020Q2", "2020-08-15"),
    ]
    return pd.DataFrame(rows, columns=["district", "quarter", "received"])


def test_every_unit_and_period_has_a_state() -> None:
    table = reporting_matrix(reports(), units=UNITS, periods=QUARTERS).table
    assert table[["unit", "period", "state"]].to_numpy().tolist() == [
        ["A", "2020Q1", "on_time"],
        ["A", "2020Q2", "on_time"],
        ["B", "2020Q1", "late"],
        ["B", "2020Q2", "missing"],
        ["C", "2020Q1", "missing"],
        ["C", "2020Q2", "late"],
        ["D", "2020Q1", "missing"],
        ["D", "2020Q2", "missing"],
    ]
    np.testing.assert_array_equal(table.days, [30, 1, 31, np.nan, np.nan, 46, np.nan, np.nan])


def metrics(**options: Any) -> list[list[Any]]:
    return reporting_rates(reports(), units=UNITS, periods=QUARTERS, **options).table.to_numpy().tolist()


def test_the_five_metrics() -> None:
    assert metrics() == [["2020Q1", 4, 2, 1, 50.0, 25.0], ["2020Q2", 4, 2, 1, 50.0, 25.0]]
    grouped = metrics(groups={"A": "east", "B": "east", "C": "west"})
    assert grouped[:2] == [["east", "2020Q1", 2, 2, 1, 100.0, 50.0], ["east", "2020Q2", 2, 1, 1, 50.0, 50.0]]
    assert [row[0] for row in grouped[-2:]] == ["", ""], "a unit without a group is not lost"
    note = reporting_rates(reports(), units=UNITS, periods=QUARTERS).notes[0]
    assert (note.code, note.numbers["names"]) == ("never_reported", ("D",))


def test_what_is_not_due_is_not_missing() -> None:
    at = {"at": "2020-07-20"}
    states = reporting_matrix(reports(), units=UNITS, periods=QUARTERS, **at).table.state
    assert states[1::2].tolist() == ["on_time", "not_due", "not_due", "not_due"]
    assert metrics(**at)[1] == ["2020Q2", 1, 1, 1, 100.0, 100.0]
    assert metrics(at="2020Q2")[1][1] == 0, "nothing has come and nothing is due"
    assert np.isnan(metrics(at="2020Q2")[1][4])


def test_a_unit_that_is_not_expected_is_an_error() -> None:
    with pytest.raises(DataError, match=r"1 row names a district that is not on the list[\s\S]*row 6: 'C'"):
        reporting_rates(reports(), units=["A", "B"], periods=QUARTERS)
    with pytest.raises(DataError, match="1 value of column 'received' is not a date"):
        reporting_rates(reports().replace("2020-05-01", "soon"), units=UNITS, periods=QUARTERS)


def test_items() -> None:
    records = pd.DataFrame(
        {"district": ["A", "A", "B"], "quarter": "2020Q1", "rent": [1, None, 0], "debt": [" ", "no", None]}
    )
    found = item_missingness(records, items=["rent", "debt"])
    assert found.table.to_numpy().tolist() == [
        ["A", "2020Q1", "rent", 2, 1, 0.5],
        ["A", "2020Q1", "debt", 2, 1, 0.5],
        ["B", "2020Q1", "rent", 1, 0, 0],
        ["B", "2020Q1", "debt", 1, 1, 1],
    ]
    assert dict(found.numbers) == {
        "cells": 6,
        "missing": 3,
        "share": 0.5,
        "worst": "debt",
        "worst_share": 2 / 3,
    }


PLAN = pd.DataFrame(
    [
        ("point", "1", "2019-12-01", "2020-04-02"),
        ("team", "1", "2019-12-01", "2020-06-30"),
        ("end", "2", "2020-06-01", "2022-10-31"),
        ("end", "1", "2015-12-01", "2020-12-31"),
        ("guide", "1", "", "2020-03-31"),
        ("guide", "2", "2020-03-01", "2020-09-30"),
    ],
    columns=["milestone", "version", "decided", "due"],
)
DONE = pd.DataFrame(
    [("point", "2020-03-25"), ("team", "2020-07-10"), ("end", ""), ("guide", "")],
    columns=["milestone", "done"],
)
# at -> milestone: revised, n_versions, slippage against the first plan, against the plan in force, state
MILESTONES = {
    "2020-03-20": {
        "point": ("", 1, np.nan, np.nan, "due"),
        "team": ("", 1, np.nan, np.nan, "due"),
        "end": ("", 1, np.nan, np.nan, "due"),
        "guide": ("2020-09-30", 2, np.nan, np.nan, "due"),
    },
    "2020Q4": {
        "point": ("", 1, -8, -8, "met"),
        "team": ("", 1, 10, 10, "met_late"),
        "end": ("2022-10-31", 2, np.nan, np.nan, "due"),
        "guide": ("2020-09-30", 2, 275, 92, "overdue"),
    },
}


@pytest.mark.parametrize("at", MILESTONES)
def test_milestones(at: str) -> None:
    found = milestones(PLAN, DONE, at=at)
    columns = ["revised", "n_versions", "slippage_days", "slippage_revised_days", "state"]
    rows = found.table.set_index("milestone")
    for name, expected in MILESTONES[at].items():
        for column, value in zip(columns, expected, strict=True):
            np.testing.assert_equal(rows.loc[name, column], value, err_msg=f"{name} {column}")
    overdue = tuple(name for name, row in MILESTONES[at].items() if row[-1] == "overdue")
    assert tuple(note.numbers["names"] for note in found.notes) == ((overdue,) if overdue else ())


def test_what_nobody_knows_is_not_overdue() -> None:
    found = milestones(PLAN, DONE[:2], at="2023Q1")
    assert found.table.state.tolist() == ["met", "met_late", "no_data", "no_data"]
    assert found.table.slippage_days.tolist()[:2] == [-8, 10]
    assert found.table.slippage_days.isna().tolist() == [False, False, True, True]


def test_the_ministry_was_extended_by_22_months() -> None:
    found = plan_versions(PLAN)
    end = found.table[found.table.milestone == "end"]
    assert end[["version", "due", "shift_days", "shift_months"]].to_numpy().tolist() == [
        ["1", "2020-12-31", 0, 0],
        ["2", "2022-10-31", 669, 22],
    ]
    assert dict(found.numbers) == {"milestones": 4, "versions": 2, "revised": 2}


def test_a_milestone_of_no_plan_is_an_error() -> None:
    with pytest.raises(DataError, match="Did you mean 'point'"):
        milestones(PLAN, DONE.replace("point", "pont"), at="2020Q4")
