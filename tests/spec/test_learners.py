"""Nuisance models of one's own: the built-in ones passed as learners, cross-fitting, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.design import RepeatedCrossSection, StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate.learners import draw_folds
from evaluation.estimators import Learners, att_gt
from evaluation.inference import clustered
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "time": "period", "cohort": "cohort"}


def _one(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])


def logit(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    model = sm.GLM(y, _one(x), family=sm.families.Binomial(), freq_weights=weights).fit(
        tol=1e-14, maxiter=200
    )
    return lambda new: np.asarray(model.predict(_one(new)))


def least_squares(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    model = sm.WLS(y, _one(x), weights=weights).fit()
    return lambda new: np.asarray(model.predict(_one(new)))


def with_squares(learner: Callable[..., Any]) -> Callable[..., Any]:
    def learn(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        predict = learner(np.column_stack([x, x**2]), y, weights)
        return lambda new: np.asarray(predict(np.column_stack([new, new**2])))

    return learn


def _frame(n: int = 300, seed: int = 3) -> pd.DataFrame:
    frame = did_panel(n_units=n, n_periods=5, cohorts={3: n // 4, 4: n // 4}, effect=1.0, seed=seed)
    rng = np.random.default_rng(seed)
    unit, units = pd.factorize(frame["unit"])
    x = rng.normal(size=len(units)) + 0.3 * (frame.groupby("unit")["cohort"].first().to_numpy() > 0)
    return frame.assign(x=x[unit], w=rng.uniform(0.5, 1.5, len(units))[unit])


def _design(frame: pd.DataFrame, kind: str, **options: Any) -> StudyDesign | RepeatedCrossSection:
    given = COLUMNS | {"covariates": ["x"], "weights": "w"} | options
    if kind == "cross-sections":
        return RepeatedCrossSection.from_frame(frame, cluster="unit", **given)
    return StudyDesign.from_frame(frame.drop(index=[3]) if kind == "gaps" else frame, unit="unit", **given)


@pytest.mark.parametrize("kind", ["balanced", "gaps", "cross-sections"])
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_logit_and_least_squares_as_learners_are_the_built_in(kind: str, control_group: str) -> None:
    """Values agree to the convergence of statsmodels' logit. Standard errors leave out the coefficients.

    The coefficients contribute in second order if both models are right, as here: 3 % with 300 units.
    """
    design = _design(_frame(), kind)
    built_in = att_gt(design, control_group=control_group)
    own = att_gt(design, control_group=control_group, learners=Learners(logit, least_squares, folds=1))
    assert own.terms == built_in.terms
    np.testing.assert_allclose(own.value, built_in.value, rtol=1e-8)
    errors = [clustered(each).std_error for each in (own, built_in)]
    np.testing.assert_allclose(*errors, rtol=0.03)


def test_cross_fitting_learns_from_other_clusters_only() -> None:
    """Every prediction for a cluster comes from models that have not seen any of its units."""
    frame = _frame(60).assign(region=lambda f: f["unit"] // 2)
    frame["cohort"] = frame.groupby("region")["cohort"].transform("max")
    frame["x"] = frame["unit"].astype(float)  # tells units apart
    seen: list[tuple[set[float], set[float]]] = []

    def spy(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        def predict(new: np.ndarray) -> np.ndarray:
            seen.append((set(x[:, 0] // 2), set(new[:, 0] // 2)))
            return np.full(len(new), np.average(y, weights=weights))

        return predict

    design = _design(frame, "balanced", cluster="region")
    effects = att_gt(design, learners=Learners(spy, spy, folds=3))
    assert np.isfinite(effects.value).all()
    assert seen
    assert all(not (learned & predicted) for learned, predicted in seen)


def test_folds_spread_cohorts_evenly_and_repeat() -> None:
    design = _design(_frame(60), "balanced")
    assert isinstance(design, StudyDesign)
    assert design.cohort is not None
    parts = [draw_folds(design, design.cohort, Learners(logit, logit, seed=seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(parts[0], parts[1])
    assert (parts[0] != parts[2]).any()
    for start in np.unique(design.cohort):
        counts = np.bincount(parts[0][design.cohort == start], minlength=5)
        assert np.ptp(counts) <= 1


@pytest.mark.parametrize("kind", ["balanced", "cross-sections"])
def test_a_learner_that_sees_more_removes_a_bias_that_the_line_leaves(kind: str) -> None:
    """Trends and treatment depend on the square of x. Within four standard errors of the truth, or beyond."""
    frame = _frame(1200, seed=5)
    rng = np.random.default_rng(6)
    unit, units = pd.factorize(frame["unit"])
    x = rng.uniform(-1.5, 1.5, size=len(units))
    start = np.where(rng.random(len(units)) < 1 / (1 + np.exp(1.5 - x**2)), 3, 0)
    frame = frame.assign(x=x[unit], cohort=start[unit], w=1.0)
    noise = rng.normal(size=len(frame))
    after = (frame["cohort"] > 0) & (frame["period"] >= 3)
    frame["outcome"] = frame["period"] * frame["x"] ** 2 + 2.0 * after + noise
    frame = frame[frame["period"].isin([2, 3])]
    design = _design(frame, kind)
    line = att_gt(design)
    own = att_gt(design, learners=Learners(with_squares(logit), with_squares(least_squares), seed=2))
    assert abs(own.value[0] - 2.0) < 4 * clustered(own).std_error[0]
    assert abs(line.value[0] - 2.0) > 4 * clustered(line).std_error[0]


def test_a_cohort_too_small_to_cross_fit_is_named() -> None:
    frame = _frame(60)
    alone = frame.loc[frame["cohort"] == 4, "unit"].unique()[1:]
    frame = frame[~frame["unit"].isin(alone)]
    effects = att_gt(_design(frame, "balanced"), learners=Learners(logit, least_squares, folds=2))
    note = next(note for note in effects.notes if note.code == "cells_too_small_to_cross_fit")
    assert note.numbers["names"] == ("4/2", "4/3", "4/4", "4/5")
    assert np.isnan(effects.value).tolist() == [term.cohort == 4 for term in effects.terms]


@pytest.mark.parametrize(
    ("learners", "options", "columns", "code"),
    [
        (Learners(logit, least_squares), {"method": "reg"}, {}, "learners-need-dr"),
        (Learners(logit, least_squares), {}, {"covariates": []}, "learners-need-covariates"),
        (Learners(logit, least_squares, folds=0), {}, {}, "bad-folds"),
        (Learners(logit, least_squares, folds=99), {}, {}, "bad-folds"),
        (
            Learners(lambda *_: lambda new: np.full(len(new), 1.5), least_squares),
            {},
            {},
            "learner-no-probability",
        ),
        (Learners(logit, lambda *_: lambda new: new), {}, {}, "learner-result"),
        (Learners(logit, lambda *_: lambda new: np.full(len(new), np.nan)), {}, {}, "learner-result"),
    ],
)
def test_refusals(learners: Learners, options: dict[str, str], columns: dict[str, Any], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        att_gt(_design(_frame(60), "balanced", **columns), learners=learners, **options)
    assert caught.value.code == code


def test_a_propensity_of_one_is_no_overlap() -> None:
    sure = Learners(lambda *_: lambda new: np.ones(len(new)), least_squares)
    effects = att_gt(_design(_frame(60), "balanced"), learners=sure)
    assert np.isnan(effects.value).all()
    assert {note.code for note in effects.notes} == {"cells_without_overlap"}
