"""Do intervals and the simultaneous band of group-time effects cover, with effects that differ and grow?

Three cohorts whose effects differ and grow with time; AR(1) errors of 0.6, 8 periods. The truth of each
distance is the share-weighted mean of the cohorts seen there. The bound is three Monte Carlo standard errors;
the share that should be covered is allowed one point below nominal, since cohort shares and variances are
estimated.
"""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimators import att_gt
from evaluation.inference import multiplier_bootstrap
from evaluation.simulate import did_panel
from tests.coverage.study import Counted

COHORTS = {4: 25, 5: 25, 6: 25}
EFFECTS = {4: 1.0, 5: -0.5, 6: 2.0}
GROWTH = 0.3
COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def _truth(event_time: float) -> float:
    """Cohorts are equally large, so the mean of those seen at this distance; zero before treatment."""
    if event_time < 0:
        return 0.0
    seen = [g for g in COHORTS if g + event_time <= 8]
    return float(np.mean([EFFECTS[g] + GROWTH * event_time for g in seen]))


def _repeat(repetitions: int) -> tuple[Counted, Counted, int]:
    """Count covered distances one by one, and paths covered as a whole."""
    single, whole, distances = 0, 0, 0
    for seed in range(repetitions):
        frame = did_panel(
            n_units=150, n_periods=8, cohorts=COHORTS, effect=EFFECTS, effect_growth=GROWTH, seed=500 + seed
        )
        path = aggregate(att_gt(StudyDesign.from_frame(frame, **COLUMNS)), by="event_time")
        found = multiplier_bootstrap(path, draws=499, seed=seed)
        truth = np.array([_truth(float(term.event_time or 0)) for term in path.terms])
        single += int(((found.conf_low <= truth) & (truth <= found.conf_high)).sum())
        whole += bool(((found.band_low <= truth) & (truth <= found.band_high)).all())
        distances = len(truth)
    return Counted(single, repetitions * distances), Counted(whole, repetitions), distances


@pytest.mark.parametrize(
    "repetitions",
    [pytest.param(120, id="short"), pytest.param(1500, id="long", marks=pytest.mark.long)],
)
def test_intervals_and_band_cover(repetitions: int) -> None:
    single, whole, distances = _repeat(repetitions)
    error = np.sqrt(0.95 * 0.05 / repetitions)  # distances of one panel are not independent: counted as one
    assert 0.94 - 3 * error <= single.share <= 0.95 + 3 * error, single
    assert 0.94 - 3 * error <= whole.share <= 0.97 + 3 * error, whole
    assert distances == 9  # from -4 to 4
