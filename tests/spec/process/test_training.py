"""Training by hand: persons and courses, groups, new persons, hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation import publish
from evaluation.errors import DataError
from evaluation.process import (
    counted_hours,
    forecast,
    support_hours,
    training_funnel,
    training_increments,
)


def records() -> pd.DataFrame:
    """Ann did two courses for two employers; Bob completed but failed; Cid dropped out; Dan came later."""
    rows = [
        ("ann", "town", "2020-01-10", "2020-02-10", "2020-02-11"),
        ("ann", "ngo", "2020-04-01", "2020-05-10", "2020-05-11"),
        ("bob", "town", "2020-01-10", "2020-03-31", ""),
        ("cid", "ngo", "2020-01-20", "", ""),
        ("dan", None, "2020-06-01", "2020-07-01", "2020-07-01"),
    ]
    return pd.DataFrame(rows, columns=["person", "employer", "enrolled", "completed", "passed"])


def test_persons_count_once() -> None:
    found = training_funnel(records(), at="2020Q3", by="employer")
    assert found.table.iloc[:, :5].to_numpy().tolist() == [
        ["total", 4, 3, 2, 4],
        ["", 1, 1, 1, 1],
        ["ngo", 2, 1, 1, 2 - 1],
        ["town", 2, 2, 1, 2],
    ]
    assert (found.table.share_completed[0], found.table.share_passed[0]) == (3 / 4, 2 / 3)
    assert [(n.code, n.numbers["persons"]) for n in found.notes] == [("persons_in_several_groups", 1)]


def test_what_comes_after_the_cut_off_has_not_happened() -> None:
    found = training_funnel(records(), at="2020Q1")
    assert found.table.iloc[0, 1:5].tolist() == [3, 2, 1, 2]
    empty = training_funnel(records(), at="2019Q4").table.iloc[0]
    assert empty.persons_enrolled == 0
    assert np.isnan(empty.share_completed)


def test_a_step_without_the_earlier_one_is_noted() -> None:
    odd = records().assign(completed="")
    assert [(n.code, n.numbers["rows"]) for n in training_funnel(odd, at="2020Q4").notes] == [
        ("step_without_earlier", 3)
    ]


def test_new_persons_feed_the_forecast() -> None:
    periods = ["2020Q1", "2020Q2", "2020Q3"]
    found = training_increments(records(), periods=periods)
    assert found.table[["new_persons", "total"]].to_numpy().tolist() == [[2, 2], [0, 2], [1, 3]]
    later = training_increments(records(), periods=periods[1:])
    assert (later.numbers["before"], later.table.total.tolist()) == (2, [2, 3])
    reach = forecast(later.table.new_persons, periods=periods[1:], target=500, before=2)
    assert (reach.numbers["total"], reach.numbers["state"]) == (3, "beyond_horizon")


def test_small_groups_are_hidden_when_published() -> None:
    many = pd.DataFrame(
        {
            "person": range(20),
            "employer": ["town"] * 8 + ["ngo"] * 9 + ["office"] * 3,
            "enrolled": "2020-01-10",
            "completed": ["2020-02-10"] * 8 + [""] * 5 + ["2020-02-10"] * 7,
            "passed": "",
        }
    )
    shown = publish(training_funnel(many, at="2020Q1", by="employer"))
    table = shown.tables["table"].set_index("group")
    assert table.index.tolist() == ["total", "ngo", "office", "town"]
    assert table.persons_enrolled.isna().tolist() == [False, False, True, True]
    assert table.persons_completed.isna().tolist() == [False, True, True, False]
    assert table.share_completed.isna().tolist() == [False, True, True, False]
    assert [note.code for note in shown.notes] == ["cells_hidden"]
    hours = publish(support_hours(pd.DataFrame({"person": range(9), "hours": [50] * 6 + [1] * 3})))
    assert hours.tables["table"].persons.isna().all(), "the other band would give it back"


def test_forty_hours_and_fifteen_for_a_month_of_tenancy() -> None:
    assert counted_hours(np.array([0.0]), np.array([12.0])) == 180
    cases = pd.DataFrame(
        {
            "person": ["a", "a", "b", "c", "d", "e"],
            "hours": [20, 20, 39.9, 0, None, 10],
            "months": [0, None, 0, 12, 2, 2],
        }
    )
    found = support_hours(cases, tenancy_months="months")
    assert found.table.to_numpy().tolist() == [["below", 2, 39.9 + 30], ["counted", 3, 40 + 180 + 40]]
    assert support_hours(cases).numbers["counted"] == 1
    with pytest.raises(DataError, match="negative"):
        support_hours(cases.assign(hours=-1))
