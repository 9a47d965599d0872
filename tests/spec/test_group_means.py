"""Group-time effects and their averages under many assignments at once, against fits one by one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt
from evaluation.inference import randomisation
from evaluation.inference._assignments import assignments

STARTS = [3] * 4 + [5] * 3 + [8] * 2 + [0] * 5  # 8 is after the panel: not yet treated
ROUNDING = 1e-12
"""Of the largest outcome: sums of 14 products of doubles, which no other step multiplies."""

RULES: dict[str, dict[str, Any]] = {
    "units": {},
    "strata": {"strata": [0, 1] * 7},
    "blocks of unequal size": {"assignment_unit": [0, 0, 0, 1, 2, 3, 3, 4, 4, 5, 5, 5, 6, 7]},
    "some admissible": {"admissible": [1] * 9 + [0, 0, 1, 1, 1]},
}


def plan(rule: str = "units", *, weights: bool = False, gaps: bool = False, **options: Any) -> StudyDesign:
    """14 units in 7 periods; levels of units are large beside their changes."""
    rng = np.random.default_rng(6)
    n, t = len(STARTS), 7
    columns = {"unit": np.arange(n), "start": STARTS, "w": rng.uniform(0.5, 3, n)} | RULES[rule]
    frame = pd.DataFrame({name: np.repeat(values, t) for name, values in columns.items()})
    frame["period"] = np.tile(np.arange(1, t + 1), n)
    frame["y"] = 50.0 * frame["unit"] + rng.normal(size=n * t)
    frame["x"] = rng.normal(size=n * t)
    named = {name: name for name in RULES[rule]} | ({"weights": "w"} if weights else {}) | options
    kept = frame[frame.index % 11 != 5] if gaps else frame
    return StudyDesign.from_frame(kept, outcome="y", unit="unit", time="period", cohort="start", **named)


def compare(estimate: Estimate, draws: int = 6) -> None:
    design, refit = estimate.design, estimate.refit
    assert isinstance(design, StudyDesign)
    assert refit is not None
    (sources,) = assignments(design, not_yet_apart=True).sample(draws, np.random.default_rng(3))
    together = refit.together(design)
    assert together is not None
    got, wanted = together(sources, estimate.terms), refit.one_by_one(design)(sources, estimate.terms)
    scale = np.nanmax(np.abs(design.outcome))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=ROUNDING * scale)
    assert not np.isnan(wanted).all()


@pytest.mark.parametrize("gaps", [False, True], ids=["balanced", "gaps"])
@pytest.mark.parametrize("weights", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("anticipation", [0, 1])
def test_effects(rule: str, anticipation: int, weights: bool, gaps: bool) -> None:
    design = plan(rule, weights=weights, gaps=gaps, anticipation=anticipation)
    for control, base in itertools.product(("never_treated", "not_yet_treated"), ("varying", "universal")):
        compare(att_gt(design, control_group=control, base_period=base))


AVERAGES: list[dict[str, Any]] = [
    *(
        {"by": by, "overall": one}
        for by in ("simple", "event_time", "cohort", "period")
        for one in (False, True)
    ),
    {"by": "event_time", "min_event_time": -1, "max_event_time": 2},
    {"by": "event_time", "balance_at": 2, "overall": True},
]


@pytest.mark.parametrize("gaps", [False, True], ids=["balanced", "gaps"])
@pytest.mark.parametrize("weights", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("options", AVERAGES, ids=str)
def test_averages_with_the_shares_of_each_assignment(
    options: dict[str, Any], weights: bool, gaps: bool
) -> None:
    """Blocks of unequal size: cohorts hold more or fewer units, so the shares differ between assignments."""
    design = plan("blocks of unequal size", weights=weights, gaps=gaps)
    compare(aggregate(att_gt(design, control_group="not_yet_treated"), **options))


@pytest.mark.parametrize("by", ["simple", "event_time", "cohort", "period"])
@pytest.mark.parametrize("one", [False, True], ids=["rows", "overall"])
def test_effects_without_controls_are_left_out_of_each_average(by: str, one: bool) -> None:
    """Nobody is never treated: late cells have no controls, and which are known depends on the gaps."""
    design = plan("units", gaps=True)
    assert design.cohort is not None
    everybody = design.with_cohort(np.where(design.cohort > 7, 6.0, design.cohort))
    effects = att_gt(everybody, control_group="not_yet_treated")
    assert np.isnan(effects.value).any()
    average = aggregate(effects, by=by, overall=one)
    assert np.isfinite(average.value).all()
    compare(average)


def test_an_assignment_without_a_cohort_or_without_controls() -> None:
    """Sources that are no permutation: the last cohort, or all that are never treated, have no unit."""
    design = plan()
    for base in ("varying", "universal"):
        effects = att_gt(design, base_period=base)
        refit, order = effects.refit, np.arange(design.n_units)
        assert refit is not None
        sources = np.stack([np.where((order >= 4) & (order < 7), 13, order), np.where(order >= 9, 0, order)])
        got, wanted = (
            values(sources, effects.terms)
            for values in (refit.together(design), refit.one_by_one(design))
            if values is not None
        )
        np.testing.assert_allclose(got, wanted, rtol=0, atol=ROUNDING * 700)
        assert np.isnan(wanted[1]).all()
        assert 0 < np.isnan(wanted[0]).sum() < len(effects.terms)


def test_with_covariates_assignments_are_fitted_one_by_one() -> None:
    """The p-value is there all the same; up to `draws` assignments are enumerated."""
    effects = aggregate(att_gt(plan(covariates=["x"]), method="reg"))
    assert effects.refit is not None
    assert isinstance(effects.design, StudyDesign)
    assert effects.refit.together(effects.design) is None
    inference = randomisation(effects, draws=20)
    assert dict(inference.notes[0].numbers)["used"] == 20
