"""Do intervals of the estimators for staggered starts cover, with effects that differ and grow?

The truth is the mean effect of the treated cells, cohorts equally large. The bound is three Monte Carlo
standard errors; `efficient` and the clustered errors with 25 units per cohort are allowed a point below
nominal, and the Neyman variance may cover more than nominal: it is conservative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import efficient, etwfe
from evaluation.inference import clustered
from evaluation.simulate import did_panel
from tests.coverage.study import Counted

COHORTS = {4: 25, 5: 25, 6: 25}
EFFECTS = {4: 1.0, 5: -0.5, 6: 2.0}
GROWTH = 0.3
COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
TRUTH = float(np.mean([EFFECTS[g] + GROWTH * e for g in COHORTS for e in range(9 - g)]))

OVERALL: dict[str, Callable[[StudyDesign], Estimate]] = {
    "etwfe": lambda design: aggregate(etwfe(design), by="simple"),
    "etwfe, leads": lambda design: aggregate(etwfe(design, control_group="never_treated"), by="simple"),
    "efficient": efficient,
}


def covered(estimate: Callable[[StudyDesign], Estimate], repetitions: int, **panel: Any) -> Counted:
    times = 0
    for seed in range(repetitions):
        frame = did_panel(
            n_units=150,
            n_periods=8,
            cohorts=COHORTS,
            effect=EFFECTS,
            effect_growth=GROWTH,
            seed=900 + seed,
            **panel,
        )
        found = clustered(estimate(StudyDesign.from_frame(frame, **COLUMNS)))
        times += bool(found.conf_low[0] <= TRUTH <= found.conf_high[0])
    return Counted(times, repetitions)


@pytest.mark.parametrize("name", OVERALL)
@pytest.mark.parametrize(
    "repetitions",
    [pytest.param(100, id="short"), pytest.param(1500, id="long", marks=pytest.mark.long)],
)
def test_intervals_of_the_overall_effect_cover(name: str, repetitions: int) -> None:
    counted = covered(OVERALL[name], repetitions)
    error = np.sqrt(0.95 * 0.05 / repetitions)
    assert 0.94 - 3 * error <= counted.share <= 0.975 + 3 * error, counted
