"""Do intervals of the regressions cover with effects that differ between cohorts and grow with time?

Three cohorts of 25 of 150 units, 8 periods, AR(1) errors of 0.6. What claims to withstand such effects must
cover in 95 % (one point below is allowed: shares and variances are estimated). Two-way fixed effects and the
ordinary event study do not claim it, and it is shown that they miss. Bounds are three Monte Carlo errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate, combine
from evaluation.estimators import did_2x2, event_study, stacked, sun_abraham, twfe
from evaluation.inference import clustered
from evaluation.simulate import did_panel

COHORTS = {4: 25, 5: 25, 6: 25}
EFFECTS = {4: 1.0, 5: -0.5, 6: 2.0}
GROWTH = 0.3
PERIODS = 8
COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
Truth = Callable[[float | None], float]

LENGTHS = [pytest.param(120, id="short"), pytest.param(1500, id="long", marks=pytest.mark.long)]
lengths = pytest.mark.parametrize("repetitions", LENGTHS)


def _seen(event_time: float | None) -> float:
    """Mean effect at a distance over the cohorts seen there (they are equally large), or over all cells."""
    if event_time is None:
        return float(np.mean([EFFECTS[g] + GROWTH * e for g in COHORTS for e in range(PERIODS - g + 1)]))
    cohorts = [g for g in COHORTS if g + event_time <= PERIODS]
    return float(np.mean([EFFECTS[g] + GROWTH * event_time for g in cohorts])) if event_time >= 0 else 0.0


def _path(design: StudyDesign) -> Estimate:
    return aggregate(sun_abraham(design), by="event_time")


def _in_stacks(design: StudyDesign) -> Estimate:
    """All three cohorts are seen from -3 to 2, so that the truth is the same mean."""
    return stacked(design, first=-3, last=2)


def _overall(design: StudyDesign) -> Estimate:
    return aggregate(sun_abraham(design))


def _covered(
    estimator: Callable[[StudyDesign], Estimate], truth: Truth, repetitions: int, **process: Any
) -> np.ndarray:
    """Share of intervals that hold the truth, for each term."""
    given: dict[str, Any] = {"cohorts": COHORTS, "effect": EFFECTS, "effect_growth": GROWTH} | process
    hits = []
    for seed in range(repetitions):
        frame = did_panel(n_units=150, n_periods=PERIODS, seed=500 + seed, **given)
        effects = estimator(StudyDesign.from_frame(frame, **COLUMNS))
        found = clustered(effects)
        value = np.array([truth(term.event_time) for term in effects.terms])
        hits.append((found.conf_low <= value) & (value <= found.conf_high))
    return np.asarray(np.mean(hits, axis=0))


@lengths
@pytest.mark.parametrize("estimator", [_path, _overall, _in_stacks])
def test_what_withstands_such_effects_covers(
    estimator: Callable[[StudyDesign], Estimate], repetitions: int
) -> None:
    share = _covered(estimator, _seen, repetitions)
    error = np.sqrt(0.95 * 0.05 / repetitions)
    assert 0.94 - 3 * error <= share.mean() <= 0.95 + 3 * error, share


def _second_difference(design: StudyDesign) -> Estimate:
    effects = did_2x2(design)
    return combine(effects, np.eye(len(effects.terms))[-1:], effects.terms[-1:])


@lengths
def test_two_groups_and_two_times_cover_with_an_effect_that_grows(repetitions: int) -> None:
    """One start in period 5: 1, 1.3, 1.6, 1.9, on average 1.45."""
    process = {"cohorts": {5: 40}, "effect": 1.0, "effect_growth": 0.3}
    share = _covered(_second_difference, lambda _: 1.45, repetitions, **process)
    assert abs(share[0] - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / repetitions), share


EARLY_AND_LATE = {"cohorts": {3: 60, 6: 60}, "effect": 0.0, "effect_growth": 1.0}


def _growing(event_time: float | None) -> float:
    """Zero in the first treated period, one more in each next: 15 in six cells, 3 in three, so 2."""
    assert event_time is None
    return (15 + 3) / 9


@lengths
def test_two_way_fixed_effects_miss_effects_that_grow(repetitions: int) -> None:
    """120 of 150 units start early or late: the early ones are the comparison of the late, with a trend."""
    missed = _covered(twfe, _growing, repetitions, **EARLY_AND_LATE)
    assert missed[0] <= 0.05, missed
    found = _covered(_overall, _growing, repetitions, **EARLY_AND_LATE)
    assert found[0] >= 0.94 - 3 * np.sqrt(0.95 * 0.05 / repetitions), found


@lengths
def test_the_ordinary_event_study_misses_some_distances(repetitions: int) -> None:
    share = _covered(event_study, _seen, repetitions)
    assert share.min() <= 0.85, share
