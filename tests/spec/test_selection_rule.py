"""The rule of selection in all periods: by hand, with ties, and what is refused."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest

from evaluation.checks import selection_rule
from evaluation.design import StudyDesign
from evaluation.errors import DesignError

COLUMNS = {"outcome": "people", "unit": "area", "time": "year", "cohort": "start"}


def _design(
    people: dict[str, list[float]], *, start: int = 3, treated: tuple[str, ...] = ("a", "b")
) -> StudyDesign:
    rows = [
        {"area": area, "year": t, "people": y, "start": start if area in treated else 0}
        for area, series in people.items()
        for t, y in enumerate(series, start=1)
    ]
    return StudyDesign.from_frame(pd.DataFrame(rows), **COLUMNS)


def test_each_period_by_hand() -> None:
    """Year 1: highest a 9, d 8; next c 5, b 4. To year 2: a 6, d 4; c 5, b 7.

    log((6 + 4) / (9 + 8)) - log((5 + 7) / (5 + 4)) is -0.8183. Year 2: highest b 7, a 6; next c 5, d 4.
    To year 3: b 5, a 3; c 5, d 6: log(8 / 13) - log(11 / 9) is -0.6862, the year of the programme.
    """
    design = _design({"a": [9, 6, 3], "b": [4, 7, 5], "c": [5, 5, 5], "d": [8, 4, 6]})
    found = selection_rule(design, treated=2, comparison=2)
    assert found.table["period"].tolist() == ["2", "3"]
    assert found.table["programme"].tolist() == [False, True]
    by_hand = [np.log(10 / 17) - np.log(12 / 9), np.log(8 / 13) - np.log(11 / 9)]
    np.testing.assert_allclose(found.table["estimate"], by_hand, atol=1e-9)
    assert found.numbers["estimate"] == pytest.approx(by_hand[1])
    assert found.numbers["lowest"] == found.numbers["highest"] == pytest.approx(by_hand[0])
    assert (found.numbers["others"], found.numbers["choices"], found.passed) == (1, 1, None)


def test_every_way_to_break_ties_is_counted_and_spans_the_estimate() -> None:
    """The second place of the treated is tied among b, c, d (7): one of 3; all three others follow."""
    design = _design(
        {"a": [1, 9, 4], "b": [1, 7, 2], "c": [1, 7, 5], "d": [1, 7, 8], "e": [1, 3, 3], "f": [1, 3, 1]}
    )
    found = selection_rule(design, treated=2, comparison=3)
    assert found.numbers["choices"] == comb(3, 1) * comb(2, 1)
    assert found.numbers["ties_low"] <= found.numbers["estimate"] <= found.numbers["ties_high"]
    ends = [np.log((4 + own) / 16) - np.log((15 - own + last) / 17) for own in (2, 5, 8) for last in (3, 1)]
    np.testing.assert_allclose(
        [found.numbers["ties_low"], found.numbers["ties_high"]], [min(ends), max(ends)]
    )


def test_too_many_ties_are_said_and_not_enumerated() -> None:
    people = {f"{i:02d}": [1.0, 5.0, float(i + 1)] for i in range(30)}
    found = selection_rule(_design(people, treated=("00",)), treated=10, comparison=10)
    assert [note.code for note in found.notes] == ["ties_not_enumerated"]
    assert "ties_low" not in found.numbers


def test_units_without_both_periods_are_not_ranked() -> None:
    frame = pd.DataFrame(
        {
            "area": list("aabbccdd"),
            "year": [1, 2] * 4,
            "people": [99, np.nan, 8, 4, 6, 3, 5, 5],
            "start": [2, 2, 2, 2, 0, 0, 0, 0],
        }
    )
    found = selection_rule(StudyDesign.from_frame(frame, **COLUMNS), treated=1, comparison=2)
    np.testing.assert_allclose(found.table["estimate"], [np.log(4 / 8) - np.log(8 / 11)], atol=1e-9)
    assert found.numbers["others"] == 0
    assert "lowest" not in found.numbers  # no period before the start to compare with


@pytest.mark.parametrize(
    ("design", "lists", "code"),
    [
        (_design({"a": [1, 2, 3], "b": [2, 2, 2], "c": [1, 1, 1]}), (2, 2), "rule-too-long"),
        (
            _design({"a": [1, 2], "b": [2, 2], "c": [1, 1]}, start=1, treated=("a",)),
            (1, 1),
            "rule-outside-panel",
        ),
    ],
)
def test_impossible_rules_are_refused(design: StudyDesign, lists: tuple[int, int], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        selection_rule(design, treated=lists[0], comparison=lists[1])
    assert caught.value.code == code
