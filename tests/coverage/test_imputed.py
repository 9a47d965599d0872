"""Do intervals of imputed effects cover, with effects that differ between cohorts and grow?

Three cohorts, AR(1) errors of 0.6, 8 periods, 150 units. The variance of `imputation` takes the cohorts as
they are: with the same cohorts in every panel its intervals cover the mean effect of these units. That of
`two_stage` takes them as a draw: with cohorts of random size its intervals cover the mean effect of the
population. Each is the wrong one for the other question, which is tested too. The bound is three Monte Carlo
standard errors, of panels (distances of one panel are not independent); the nominal share is allowed one
point less, since variances are estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evaluation.checks import pretrends
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import imputation, two_stage
from evaluation.inference import clustered
from evaluation.simulate import did_panel
from tests.coverage.study import Counted

EFFECTS = {4: 1.0, 5: -0.5, 6: 2.0}
GROWTH = 0.3
COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
LENGTHS = [pytest.param(150, id="short"), pytest.param(1500, id="long", marks=pytest.mark.long)]
lengths = pytest.mark.parametrize("repetitions", LENGTHS)


def _design(seed: int, *, random_sizes: bool) -> StudyDesign:
    """25 units in each cohort, or a sixth of the units by chance."""
    sizes = np.array([25, 25, 25])
    if random_sizes:
        sizes = np.random.default_rng(seed).multinomial(150, [1 / 6, 1 / 6, 1 / 6, 1 / 2])[:3]
    cohorts = {g: int(size) for g, size in zip(EFFECTS, sizes, strict=True)}
    frame = did_panel(
        n_units=150, n_periods=8, cohorts=cohorts, effect=EFFECTS, effect_growth=GROWTH, seed=900 + seed
    )
    return StudyDesign.from_frame(frame, **COLUMNS)


def _truth(event_time: float) -> float:
    """Cohorts are equally large, so the mean of those seen at this distance; zero before the start."""
    seen = [g for g in EFFECTS if g + event_time <= 8]
    return float(np.mean([EFFECTS[g] + GROWTH * event_time for g in seen])) if event_time >= 0 else 0.0


def _covered(
    estimator: Callable[..., Estimate],
    repetitions: int,
    *,
    random_sizes: bool,
    only: float | None = None,
    **options: Any,
) -> float:
    """Share of intervals that cover, of all distances or of one."""
    shares = []
    for seed in range(repetitions):
        path = estimator(_design(seed, random_sizes=random_sizes), by="event_time", **options)
        found = clustered(path)
        truth = np.array([_truth(float(term.event_time or 0)) for term in path.terms])
        covered = (found.conf_low <= truth) & (truth <= found.conf_high)
        shares.append(float(covered[[only in (None, term.event_time) for term in path.terms]].mean()))
    return float(np.mean(shares))


@lengths
@pytest.mark.parametrize(
    ("estimator", "random_sizes", "options"),
    [
        (imputation, False, {"pretrends": 3}),
        (imputation, False, {"exclude_self": True}),
        (two_stage, True, {}),
    ],
)
def test_intervals_cover(
    repetitions: int, estimator: Callable[..., Estimate], random_sizes: bool, options: dict[str, Any]
) -> None:
    error = np.sqrt(0.95 * 0.05 / repetitions)
    share = _covered(estimator, repetitions, random_sizes=random_sizes, **options)
    assert 0.94 - 3 * error <= share <= 0.97 + 3 * error, share


@pytest.mark.parametrize(
    ("estimator", "random_sizes", "low", "high"),
    [(imputation, True, 0.0, 0.9), (two_stage, False, 0.97, 1.0)],
)
def test_the_other_question_is_not_answered(
    estimator: Callable[..., Estimate], random_sizes: bool, low: float, high: float
) -> None:
    """At the start itself, where all cohorts are seen and their effects differ most."""
    assert low <= _covered(estimator, 100, random_sizes=random_sizes, only=0) <= high


@lengths
def test_the_test_of_effects_before_the_start_has_its_size(repetitions: int) -> None:
    """Chi-squared with three degrees of freedom and 150 clusters, 75 of them treated."""
    rejected = 0
    for seed in range(repetitions):
        result = pretrends(imputation(_design(seed, random_sizes=False), pretrends=3))
        rejected += result.passed is False
    found = Counted(rejected, repetitions)
    assert found.is_compatible_with(0.06), (
        found
    )  # one point above nominal: 150 clusters, no small-sample factor
