"""Averages of group-time effects where cohorts are of unequal size: values and influence by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt
from evaluation.inference import clustered
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "y", "unit": "unit", "time": "t", "cohort": "g"}
OUTCOMES = {
    "a1": [0, 3, 5],
    "a2": [0, 1, 5],
    "b": [0, 0, 7],
    "c1": [0, 0, 0],
    "c2": [0, 0, 0],
    "c3": [0, 0, 3],
}
STARTS = {"a1": 2, "a2": 2, "b": 3}


def _effects() -> Estimate:
    """Two units start in 2, one in 3, three never; the mean of the latter is 0, 0, 1.

    Effects: (2, 2) is 2 - 0, (2, 3) is 5 - 1, (3, 2) is 0, (3, 3) is 7 - 1. Influence values are the
    deviations of a unit's change from the mean of its group times 6 over the size of the group, the controls
    with a minus: (2, 2) has 3, -3 for a1, a2; (2, 3) and (3, 3) have 2, 2, -4 for c1, c2, c3.
    """
    rows = [
        {"unit": unit, "t": t, "y": float(y), "g": STARTS.get(unit, 0)}
        for unit, series in OUTCOMES.items()
        for t, y in enumerate(series, start=1)
    ]
    return att_gt(StudyDesign.from_frame(pd.DataFrame(rows), **COLUMNS))


BY_HAND: dict[str, tuple[dict[str, Any], list[float], list[list[float]]]] = {
    # Shares 1/3 and 1/6. A share moves by (unit is in the cohort) - share, and moves an average by
    # (effect - average) / (sum of shares), added up over the effects of the cohort.
    #
    # 0.4 x 2 + 0.4 x 4 + 0.2 x 6. Slopes (2 - 3.6 + 4 - 3.6) x 6/5 = -1.44 and (6 - 3.6) x 6/5 = 2.88, so the
    # shares add 2/3 x -1.44 - 1/6 x 2.88 = -1.44 to a1 and a2, 2.88 to b and nothing to the others.
    "simple": ({}, [3.6], [[1.2 - 1.44, -1.2 - 1.44, 2.88, 1.2, 1.2, -2.4]]),
    # At 0: 2/3 x 2 + 1/3 x 6, slopes -8/3 and 16/3, so -8/3 for a1, a2 and 16/3 for b. At 1 one cohort.
    "event_time": (
        {"min_event_time": 0},
        [10 / 3, 4],
        [[2 - 8 / 3, -2 - 8 / 3, 16 / 3, 2 / 3, 2 / 3, -4 / 3], [0, 0, 0, 2, 2, -4]],
    ),
    # (2 + 4) / 2, and 6: no shares.
    "cohort": ({}, [3, 6], [[1.5, -1.5, 0, 1, 1, -2], [0, 0, 0, 2, 2, -4]]),
    # In 2 one cohort; in 3 2/3 x 4 + 1/3 x 6, slopes -4/3 and 8/3.
    "period": ({}, [2, 14 / 3], [[3, -3, 0, 0, 0, 0], [-4 / 3, -4 / 3, 8 / 3, 2, 2, -4]]),
}
OVERALL: dict[str, tuple[float, list[float]]] = {
    "event_time": ((10 / 3 + 4) / 2, [-1 / 3, -7 / 3, 8 / 3, 4 / 3, 4 / 3, -8 / 3]),
    # 2/3 x 3 + 1/3 x 6, slopes -2 and 4.
    "cohort": (4.0, [1 - 2, -1 - 2, 4, 4 / 3, 4 / 3, -8 / 3]),
    "period": ((2 + 14 / 3) / 2, [5 / 6, -13 / 6, 4 / 3, 1, 1, -2]),
}


@pytest.mark.parametrize("by", BY_HAND)
def test_rows_and_their_influence(by: str) -> None:
    options, value, influence = BY_HAND[by]
    rows = aggregate(_effects(), by=by, **options)
    np.testing.assert_allclose(rows.value, value, rtol=1e-12)
    assert rows.influence is not None
    np.testing.assert_allclose(rows.influence.T, influence, atol=1e-12)


@pytest.mark.parametrize("by", OVERALL)
def test_one_number_and_its_influence(by: str) -> None:
    value, influence = OVERALL[by]
    one = aggregate(_effects(), by=by, overall=True)
    np.testing.assert_allclose(one.value, [value], rtol=1e-12)
    assert one.influence is not None
    np.testing.assert_allclose(one.influence[:, 0], influence, atol=1e-12)
    wanted = np.sqrt(np.sum(np.square(influence))) / 6
    np.testing.assert_allclose(clustered(one, correction="CR0").std_error, [wanted], rtol=1e-12)


STEP = 1e-4


@pytest.mark.parametrize("gaps", [False, True], ids=["balanced", "unbalanced"])
@pytest.mark.parametrize("overall", [False, True], ids=["rows", "overall"])
@pytest.mark.parametrize("by", BY_HAND)
def test_influence_is_the_derivative_by_the_weight_of_a_unit(by: str, overall: bool, gaps: bool) -> None:
    """With covariates, sampling weights, unequal cohorts; central differences err by their step squared."""
    frame = did_panel(n_units=45, n_periods=6, cohorts={3: 6, 4: 14, 6: 9}, effect={3: 3.0, 4: 0.0, 6: -2.0},
                      effect_growth=0.7, seed=9)  # fmt: skip
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=45), rng.uniform(0.5, 2.0, size=45)
    unit = pd.factorize(frame["unit"])[0]
    frame = frame.assign(x=x[unit])
    kept = np.ones(len(frame), bool)
    if gaps:
        kept[3::17] = False

    def fit(weights: np.ndarray) -> Estimate:
        columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
        weighted = frame.assign(w=weights[unit])[kept]
        design = StudyDesign.from_frame(weighted, **columns, covariates=["x"], weights="w")
        return aggregate(att_gt(design, control_group="not_yet_treated"), by=by, overall=overall)

    found = fit(w).influence
    assert found is not None
    n = len(w)
    for i in (0, 7, 21, 44):
        more, less = (w * np.where(np.arange(n) == i, 1 - h + h * n, 1 - h) for h in (STEP, -STEP))
        slope = (fit(more).value - fit(less).value) / (2 * STEP)
        np.testing.assert_allclose(found[i], slope, atol=2e-5 * np.abs(found).max())


@pytest.mark.parametrize("by", BY_HAND)
def test_effects_that_are_not_known_are_left_out(by: str) -> None:
    """Without never treated the last period has no controls: the averages are those without that period."""
    outcomes = {"a1": [0, 3, 5], "a2": [0, 1, 5], "b": [0, 0, 7], "d": [0, 2, 9]}
    starts = {"a1": 2, "a2": 2, "b": 3, "d": 3}
    frame = pd.DataFrame(
        [
            {"unit": unit, "t": t, "y": float(y), "g": starts[unit]}
            for unit, series in outcomes.items()
            for t, y in enumerate(series, start=1)
        ]
    )
    rows = aggregate(
        att_gt(StudyDesign.from_frame(frame, **COLUMNS), control_group="not_yet_treated"),
        by=by,
        min_event_time=0,
    )
    assert rows.value.tolist() == [1.0]  # (2, 2) is 2 less 1; the others have no controls
    assert rows.influence is not None
    np.testing.assert_allclose(rows.influence, [[2], [-2], [2], [-2]], atol=1e-12)
    assert [dict(note.numbers) for note in rows.notes if note.code == "cells_left_out"] == [
        {"cells": 3, "of": 4}
    ]
