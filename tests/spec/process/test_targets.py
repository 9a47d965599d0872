"""Targets by hand: operators, the path, every state; deadlines; stages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import DataError
from evaluation.process import Target, deadline_state, months_after, stage_progress, target_state

OPERATORS = [
    ("at_least", 500, {499: False, 500: True, 501: True}),
    ("more_than", 0.11, {0.11: False, 0.1134: True}),
    ("at_most", 30, {30: True, 31: False}),
    ("less_than", 5, {5: False, 4.9: True}),
    ("equal_to", 9, {9: True, 8: False, 10: False}),
    ("at_least", 0.3, {0.1 + 0.2: True, 0.3 - 1e-6: False}),
]


@pytest.mark.parametrize(("operator", "value", "expected"), OPERATORS)
def test_operators_are_exact(operator: Any, value: float, expected: dict[float, bool]) -> None:
    target = Target(value, operator=operator)
    assert {given: target.met(given) for given in expected} == expected
    assert not target.met(np.nan)


# from 0 on 2020-01-01 over 200 on 2020-12-31 to 500 on 2021-12-31
PATH = Target(500, start="2020-01-01", path=(("2020Q4", 200),), due="2021Q4")
STEPS = Target(500, start="2020-01-01", path=(("2020Q4", 200),), due="2021Q4", shape="step")


@pytest.mark.parametrize(
    ("target", "at", "expected"),
    [
        (PATH, "2019Q4", np.nan),
        (PATH, "2020-07-01", 200 * 182 / 365),
        (PATH, "2020Q4", 200),
        (PATH, "2021-07-02", 200 + 300 * 183 / 365),
        (PATH, "2023Q1", 500),
        (STEPS, "2020Q3", 0),
        (STEPS, "2021Q3", 200),
        (Target(3), "2021Q3", np.nan),
    ],
)
def test_the_expected_value_follows_the_path(target: Target, at: str, expected: float) -> None:
    np.testing.assert_allclose(target.expected(at), expected, rtol=1e-12)


FALLING = Target(10, operator="at_most", start="2020-01-01", baseline=50, due="2020Q4")
STATES = [
    (PATH, 500, "2020Q2", "met"),
    (PATH, 200, "2020Q4", "on_track"),
    (PATH, 180, "2020Q4", "on_track"),  # 10 % of the 200 may be missing
    (PATH, 179, "2020Q4", "at_risk"),
    (PATH, 499, "2021Q4", "missed"),
    (PATH, 499, "2021-12-30", "on_track"),
    (PATH, np.nan, "2020Q4", "no_data"),
    (PATH, 3, "2019Q4", "open"),
    (Target(8), 5, "2020Q4", "open"),
    (Target(8), 8, "2020Q4", "met"),
    (FALLING, 30, "2020-07-01", "on_track"),  # 50 - 40 * 182/365 = 30.05
    (FALLING, 33, "2020-07-01", "at_risk"),  # more than 1.99 above it
    (FALLING, 9, "2020-07-01", "met"),
    (FALLING, 11, "2020Q4", "missed"),
]


@pytest.mark.parametrize(("target", "value", "at", "state"), STATES)
def test_the_state_follows_the_rule(target: Target, value: float, at: str, state: str) -> None:
    found = target_state(value, target, at=at)
    assert found.numbers["state"] == found.table.state[0] == state
    assert found.passed is {"met": True, "missed": False}.get(state)


def test_an_undefined_share_stays_undefined_and_an_interval_is_told() -> None:
    half = Target(0.5, due="2023Q2")
    assert target_state(np.nan, half, at="2024Q1", state="undefined").numbers["state"] == "undefined"
    sure = [
        target_state(0.6, half, at="2021Q1", conf_low=low, conf_high=0.8).numbers["certain"]
        for low in (0.51, 0.4)
    ]
    assert sure == [True, False]


DEADLINES = [
    ("2020-04-02", "2020Q2", True, "met", 0.0),
    ("2020-03-01", "2020Q2", True, "met", -32.0),
    ("2020-04-03", "2020Q2", True, "missed", 1.0),
    ("2020-04-02", "2020Q1", True, "at_risk", np.nan),  # not done yet at the cut-off
    (None, "2020-03-02", True, "on_track", np.nan),  # 31 days before
    (None, "2020-03-03", True, "at_risk", np.nan),
    (None, "2020-04-02", True, "at_risk", np.nan),
    (None, "2020-04-03", True, "missed", np.nan),
    (None, "2020Q4", False, "no_data", np.nan),
]


@pytest.mark.parametrize(("done", "at", "known", "state", "days"), DEADLINES)
def test_within_three_months(done: str | None, at: str, known: bool, state: str, days: float) -> None:
    found = deadline_state(done, months_after("2020-01-02", 3), at=at, known=known)
    assert (found.numbers["state"], found.table.due[0]) == (state, "2020-04-02")
    np.testing.assert_equal(found.table.value[0], days)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operator": "about"},
        {"shape": "curve"},
        {"margin": 1.0},
        {"start": "2021Q1", "due": "2020Q4"},
        {"due": "next week"},
    ],
)
def test_a_target_that_says_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        Target(**{"value": 1.0} | wrong).points()


def test_stages_by_hand() -> None:
    records = pd.DataFrame(
        [
            ("a", "designed", "2020-01-05"),
            ("a", "piloted", "2020-06-30"),
            ("a", "evaluated", "2021-03-01"),
            ("b", "designed", "2020-01-05"),
            ("b", "adopted", "2020-09-01"),
            ("c", "designed", ""),
            ("d", "designed", "2020-05-01"),
            ("d", "piloted", "2020-04-01"),
        ],
        columns=["tool", "stage", "date"],
    )
    found = stage_progress(records, at="2020Q4", items=("e",))
    assert found.table[["item", "stage", "step", "since", "skipped"]].to_numpy().tolist() == [
        ["a", "piloted", 2, "2020-06-30", ""],
        ["b", "adopted", 4, "2020-09-01", "piloted evaluated"],
        ["c", "none", 0, "", ""],
        ["d", "piloted", 2, "2020-04-01", ""],
        ["e", "none", 0, "", ""],
    ]
    assert [found.numbers[f"reached_{s}"] for s in ("designed", "piloted", "evaluated", "adopted")] == [
        3,
        2,
        0,
        1,
    ]
    assert {note.code: note.numbers["names"] for note in found.notes} == {
        "stages_skipped": ("b",),
        "stages_out_of_order": ("d",),
    }
    with pytest.raises(DataError, match="Did you mean 'piloted'"):
        stage_progress(records.replace("piloted", "pilotd"), at="2020Q4")
