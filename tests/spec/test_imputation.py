"""Imputation and two-stage estimates: by hand, against regressions with every column, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.checks import pretrends
from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt, imputation, two_stage
from evaluation.inference import clustered, multiplier_bootstrap
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "y", "unit": "unit", "time": "t", "cohort": "g"}
both = pytest.mark.parametrize("estimator", [imputation, two_stage])


def _table(outcomes: dict[str, list[float]], starts: dict[str, int], **options: Any) -> StudyDesign:
    rows = [
        {"unit": unit, "t": t, "y": y, "g": starts.get(unit, 0)}
        for unit, series in outcomes.items()
        for t, y in enumerate(series, start=1)
    ]
    return StudyDesign.from_frame(pd.DataFrame(rows), **COLUMNS, **options)


STAGGERED = {"a": [0, 1 + 1, 3 + 2, 4 + 4], "b": [1, 2, 4 + 3, 5 + 6], "c": [2, 3, 5, 6], "d": [5, 6, 8, 9]}
"""Unit effects 0, 1, 2, 5 and period effects 0, 1, 3, 4, to which the effects of treatment are added."""


@both
@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("simple", {(None, None, None): 16 / 5}),
        ("event_time", {(None, None, 0): 2.0, (None, None, 1): 4.0, (None, None, 2): 4.0}),
        ("cohort", {(2, None, None): 7 / 3, (3, None, None): 4.5}),
        ("period", {(None, 2, None): 1.0, (None, 3, None): 2.5, (None, 4, None): 5.0}),
        ("cohort_period", {(2, 2, 0): 1, (2, 3, 1): 2, (2, 4, 2): 4, (3, 3, 0): 3, (3, 4, 1): 6}),
    ],
)
def test_effects_by_hand(estimator: Any, by: str, wanted: dict[tuple[Any, ...], float]) -> None:
    """Treated: a from 2, by 1, 2, 4; b from 3, by 3, 6. Before the start nothing is left over."""
    found = estimator(_table(STAGGERED, {"a": 2, "b": 3}), by=by)
    keys = [(term.cohort, term.period, term.event_time) for term in found.terms]
    values = dict(zip(keys, found.value, strict=True))
    if estimator is two_stage and by == "event_time":
        assert values.pop((None, None, -2)) == pytest.approx(0, abs=1e-12)
    assert values == pytest.approx(wanted)
    assert list(values) == list(wanted)


NOISY = {"a": [0, 2, 4.5, 6.5], "b": [1, 1, 6.5, 10.5], "c": [0, 1, 4, 4], "d": [2, 3, 4, 6]}
"""a and b from 3. Period effects 0, 1, 3, 4. Unit effects .5, .5, .25, 1.75. Residuals of a and b -.5, .5 and
.5, -.5; of c -.25, -.25, .75, -.25 and of d the opposite. Effects of a 1, 2 and of b 3, 6."""


@pytest.mark.parametrize(
    ("estimator", "options", "errors"),
    [
        (imputation, {"by": "event_time"}, [1.0, np.sqrt(2)]),
        (imputation, {}, [np.sqrt(1.25)]),
        (imputation, {"by": "event_time", "exclude_self": True}, [np.sqrt(2.5), np.sqrt(8)]),
        (two_stage, {}, [np.sqrt(1.25)]),
    ],
)
def test_standard_errors_by_hand(estimator: Any, options: dict[str, Any], errors: list[float]) -> None:
    """Weights of the effect in 3: a and b -1/4, -1/4, 1/2; c and d 1/4, 1/4, -1/2, 0. In 4: 1/2 is there.

    In 3 the effects 1 and 3 lie 1 from their mean: a and b add 1/2 each, c and d |-1/16 - 1/16 - 3/8| = 1/2:
    4 x 1/4. In 4 they lie 2 from it: 1 each, and c and d -1/16 - 1/16 + 1/8 = 0. In both (half of each):
    a and b 3/4, c and d 1/4. Without itself the mean of a is the effect of b: deviations double.
    """
    found = estimator(_table(NOISY, {"a": 3, "b": 3}), **options)
    np.testing.assert_allclose(clustered(found, correction="CR0").std_error, errors, rtol=1e-12)


# --- against regressions with a column for each effect -----------------------------------------------


def _panel(missing: bool = True) -> pd.DataFrame:
    """21 units x 9 periods, starts 5, 7 and never, regions, clusters, weights, two covariates, gaps."""
    rng = np.random.default_rng(11)
    i, t = np.divmod(np.arange(21 * 9), 9)
    start = np.array([5, 7, 0])[i % 3]
    x = rng.normal(size=(len(i), 2)) + 0.3 * np.outer(t, [1, -1])
    y = rng.normal(size=21)[i] + 0.2 * t * rng.normal(size=21)[i] + x @ [1.0, -0.5] + rng.normal(size=len(i))
    y += (start > 0) * (t >= start) * (1 + 0.5 * (t - start))
    frame = {"unit": i, "t": t, "g": start, "region": i % 2, "c": i % 9, "y": y, "x": x[:, 0], "z": x[:, 1]}
    frame["w"] = rng.uniform(0.5, 3, len(i))
    return pd.DataFrame(frame)[(rng.random(len(i)) > 0.12) | (not missing)]


@dataclass(frozen=True)
class _Dense:
    """The first stage with a column for each effect."""

    gap: np.ndarray
    clean: np.ndarray
    regressors: np.ndarray
    inverse: np.ndarray
    weights: np.ndarray
    unit: np.ndarray
    cluster: np.ndarray
    start: np.ndarray
    time: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame, *, covariates: list[str], weights: bool, lead: int, trends: bool,
           by: bool) -> _Dense:  # fmt: skip
        unit = pd.get_dummies(frame.unit).to_numpy(float)
        period = pd.get_dummies(frame.t.astype(str) + (frame.region.astype(str) if by else "")).to_numpy(
            float
        )
        parts = [unit, period, frame[covariates].to_numpy(float)]
        parts += [unit * frame.t.to_numpy()[:, None]] if trends else []
        start = frame.g.replace(0, np.inf).to_numpy(float)
        time, y = frame.t.to_numpy(float), frame.y.to_numpy()
        clean, z = time < start - lead, np.hstack(parts)
        w = frame.w.to_numpy() if weights else np.ones(len(frame))
        inverse = np.linalg.pinv((z[clean].T * w[clean]) @ z[clean], hermitian=True)
        gap = y - z @ (inverse @ (z[clean].T @ (w * y)[clean]))
        return cls(gap, clean, z, inverse, w, frame.unit.to_numpy(), frame.c.to_numpy(), start, time)

    def v(self, cells: np.ndarray) -> np.ndarray:
        """Weights of the outcomes in the mean of these cells."""
        v = np.where(cells, self.weights, 0.0) / self.weights[cells].sum()
        first = self.regressors[self.clean] @ (self.inverse @ (self.regressors.T @ v))
        v = v.copy()
        v[self.clean] -= self.weights[self.clean] * first
        return v

    def per_unit(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.unit, values)

    def imputation(self, cells: np.ndarray, exclude_self: bool) -> tuple[float, np.ndarray]:
        v, left = self.v(cells), self.gap.copy()
        for g, s in {*zip(self.start[cells], self.time[cells], strict=True)}:
            cell = np.flatnonzero(cells & (self.start == g) & (self.time == s))
            for i in cell:
                others = cell[self.cluster[cell] != self.cluster[i]] if exclude_self else cell
                left[i] -= v[others] ** 2 @ self.gap[others] / (v[others] ** 2).sum()
        return float(self.weights[cells] @ self.gap[cells] / self.weights[cells].sum()), self.per_unit(
            v * left
        )

    def two_stage(self, cells: np.ndarray) -> tuple[float, np.ndarray]:
        """Influence of the second stage, less its derivative by the first times that one's influence."""
        w, z, total = self.weights, self.regressors, self.weights[cells].sum()
        value = float(w[cells] @ self.gap[cells] / total)
        derivative = (z[cells].T @ w[cells]) @ self.inverse
        first = np.where(self.clean, w * self.gap, 0.0) * (z @ derivative)
        return value, self.per_unit(np.where(cells, w * (self.gap - value), 0.0) - first) / total


@pytest.mark.parametrize("trends", [False, True])
@pytest.mark.parametrize("by_region", [False, True])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize(("covariates", "lead"), [([], 0), (["x", "z"], 0), (["x"], 1)])
def test_values_and_influence_are_those_of_a_regression_with_every_column(
    trends: bool, by_region: bool, weights: bool, covariates: list[str], lead: int
) -> None:
    frame = _panel()
    dense = _Dense.of(frame, covariates=covariates, weights=weights, lead=lead, trends=trends, by=by_region)
    design = StudyDesign.from_frame(
        frame, **COLUMNS, covariates=covariates, weights="w" if weights else None, groups=["region"],
        cluster="c", anticipation=lead,
    )  # fmt: skip
    options: dict[str, Any] = {"unit_trends": trends, "period_effects_by": "region" if by_region else None}
    event = dense.time - dense.start
    every = {None: ~dense.clean & (event >= 0)} | {
        e: event == e for e in np.unique(event[np.isfinite(event)])
    }
    for exclude_self in (False, True):
        for by in ("simple", "event_time"):
            found = imputation(design, by=by, exclude_self=exclude_self, **options)
            _agree(found, {e: dense.imputation(every[e], exclude_self) for e in _times(found)})
    for by in ("simple", "event_time"):
        found = two_stage(design, by=by, **options)
        assert -1.0 - lead not in _times(found)
        _agree(found, {e: dense.two_stage(every[e]) for e in _times(found)})


def _times(found: Estimate) -> list[float | None]:
    return [term.event_time for term in found.terms]


def _agree(found: Estimate, wanted: dict[float | None, tuple[float, np.ndarray]]) -> None:
    """The pseudo-inverse of all columns loses a few digits more than the elimination of the effects."""
    assert found.influence is not None
    np.testing.assert_allclose(found.value, [value for value, _ in wanted.values()], rtol=1e-8, atol=1e-9)
    psi = found.influence / found.design.n_units
    np.testing.assert_allclose(psi, np.stack([p for _, p in wanted.values()], axis=1), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"unit_trends": True}, {"period_effects_by": "region"}])
def test_effects_before_the_start_are_a_regression_of_the_untreated_cells(options: dict[str, Any]) -> None:
    frame = _panel()
    dense = _Dense.of(
        frame, covariates=["x"], weights=True, lead=0, trends="unit_trends" in options,
        by="period_effects_by" in options,
    )  # fmt: skip
    design = StudyDesign.from_frame(frame, **COLUMNS, covariates=["x"], weights="w", groups=["region"])
    found = imputation(design, pretrends=2, **options)
    assert _times(found) == [-2.0, -1.0, None]
    clean, event = dense.clean, dense.time - dense.start
    leads = np.stack([event == -2, event == -1], axis=1).astype(float)
    z, w = np.hstack([leads, dense.regressors])[clean], dense.weights[clean]
    inverse = np.linalg.pinv((z.T * w) @ z, hermitian=True)
    y = frame.y.to_numpy()[clean]
    beta = inverse @ (z.T @ (w * y))
    scores = (w * (y - z @ beta))[:, None] * (z @ inverse)[:, :2]
    psi = np.stack([np.bincount(dense.unit[clean], s, minlength=21) for s in scores.T], axis=1)
    assert found.influence is not None
    np.testing.assert_allclose(found.value[:2], beta[:2], rtol=1e-8)
    np.testing.assert_allclose(found.influence[:, :2] / 21, psi, rtol=1e-7, atol=1e-9)
    result = pretrends(found)
    np.testing.assert_allclose(
        result.numbers["statistic"], beta[:2] @ np.linalg.solve(psi.T @ psi, beta[:2]), rtol=1e-7
    )


# --- relations ---------------------------------------------------------------------------------------


def test_both_have_the_same_effects_and_cells_average_to_them() -> None:
    design = StudyDesign.from_frame(_panel(missing=False), **COLUMNS)
    cells = imputation(design, by="cohort_period")
    for by in ("simple", "event_time", "cohort", "period"):
        direct, second, averaged = (
            imputation(design, by=by), two_stage(design, by=by), aggregate(cells, by=by),
        )  # fmt: skip
        np.testing.assert_allclose(averaged.value, direct.value, rtol=1e-12)
        after = [i for i, term in enumerate(second.terms) if (term.event_time or 0) >= 0]
        np.testing.assert_allclose(second.value[after], direct.value, rtol=1e-12)


def test_with_one_start_and_one_period_before_it_equals_group_time_effects() -> None:
    """Then there is one comparison only: the change since the period before."""
    frame = _panel(missing=False)
    frame = frame[(frame.g != 7) & (frame.t >= 4)]
    design = StudyDesign.from_frame(frame, **COLUMNS)
    np.testing.assert_allclose(imputation(design, by="cohort_period").value, att_gt(design).value, rtol=1e-12)


def test_every_inference_works_on_top() -> None:
    frame = did_panel(n_units=60, n_periods=8, cohorts={4: 15, 6: 15}, effect=1.0, seed=2)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    path = imputation(StudyDesign.from_frame(frame, **columns), by="event_time", pretrends=2)
    one, other = path.infer(clustered).inference, path.infer(multiplier_bootstrap, draws=4999).inference
    np.testing.assert_allclose(other.std_error, one.std_error, rtol=0.08)  # Monte Carlo, 4,999 draws: 1.7 %
    assert (other.band_high > other.conf_high).all()


# --- what cannot be imputed, and what is refused -----------------------------------------------------


def _notes(found: Estimate) -> dict[str, Any]:
    return {note.code: dict(note.numbers) for note in found.notes}


@both
@pytest.mark.parametrize(
    ("outcomes", "starts", "options", "cells", "names"),
    [
        ("a treated from the first period", {"a": 1, "b": 3}, {}, 4, ("a",)),
        ("nobody untreated in 4", {"a": 2, "b": 3, "c": 4, "d": 4}, {}, 4, ("a", "b", "c", "d")),
        ("one period before is no trend", {"a": 2, "b": 3}, {"unit_trends": True}, 3, ("a",)),
    ],
)
def test_cells_that_cannot_be_imputed_are_counted_and_named(
    estimator: Any, outcomes: str, starts: dict[str, int], options: Any, cells: int, names: tuple[str, ...]
) -> None:
    found = estimator(_table(STAGGERED, starts), by="cohort_period", **options)
    assert _notes(found)["not_imputed"] == {"observations": cells, "names": names}, outcomes
    assert np.isfinite(found.value).all()


@both
def test_units_and_periods_that_no_untreated_cell_links_are_not_imputed(estimator: Any) -> None:
    """Untreated are a and c in 1 and 2, b and d in 3 and 4: in 3 the level of a is not known."""
    empty = np.nan
    outcomes = {
        "a": [0, 1, 5, 5], "b": [empty, empty, 7, 9], "c": [2, 3, empty, empty], "d": [empty, empty, 8, 9],
        "e": [empty, empty, 3, 6],
    }  # fmt: skip
    found = estimator(_table(outcomes, {"a": 3, "e": 4}), by="cohort")
    assert _notes(found)["not_imputed"] == {"observations": 2, "names": ("a",)}
    assert [term.cohort for term in found.terms] == [4]
    assert found.value == pytest.approx([6 - 3 - 1.5])  # b and d change by 2 and 1


@both
def test_a_covariate_that_moves_among_the_treated_only(estimator: Any) -> None:
    """What it does is not known there; constant elsewhere it is left out and named."""
    frame = _panel(missing=False)
    moved = (frame.g == 5) & (frame.t == 6)
    frame["law"] = moved.astype(float)
    design = StudyDesign.from_frame(frame, **COLUMNS, covariates=["law"])
    found = estimator(design, by="cohort_period")
    assert _notes(found)["collinear_dropped"] == {"names": ("law",)}
    assert _notes(found)["not_imputed"]["observations"] == int(moved.sum())
    keys = {(term.cohort, term.period) for term in found.terms}
    assert (5, 6) not in keys
    assert (5, 7) in keys


def test_one_unit_in_a_cohort_is_noted_or_refused() -> None:
    design = _table(STAGGERED, {"a": 2, "b": 3})
    assert _notes(imputation(design))["single_unit_cells"] == {"cells": 5, "of": 5}
    assert "single_unit_cells" not in _notes(two_stage(design))
    with pytest.raises(DesignError, match=r"5 hold one[\s\S]*unit a, 2") as caught:
        imputation(design, exclude_self=True)
    assert caught.value.code == "exclude-self-alone"


def test_anticipation_is_imputed_and_not_part_of_the_overall_effect() -> None:
    design = _table(STAGGERED, {"a": 3, "b": 4}, anticipation=1)
    path = imputation(design, by="event_time", pretrends=1)
    assert _times(path) == [-2, -1, 0, 1]
    assert path.value[1:] == pytest.approx([(1 + 3) / 2, (2 + 6) / 2, 4])
    assert imputation(design).value == pytest.approx([(2 + 4 + 6) / 3])


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (imputation, {"by": "horizon"}, "unknown-option"),
    (two_stage, {"by": "horizon"}, "unknown-option"),
    (imputation, {"pretrends": 1.5}, "bad-pretrends"),
    (imputation, {"pretrends": -1}, "bad-pretrends"),
    (two_stage, {"by": "event_time", "reference": -7}, "no-reference"),
    (imputation, {"period_effects_by": "regio"}, "unknown-group"),
]


@pytest.mark.parametrize(("estimator", "options", "code"), REFUSED)
def test_options_that_are_refused(estimator: Any, options: dict[str, Any], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        estimator(_table(STAGGERED, {"a": 2, "b": 3}), **options)
    assert caught.value.code == code


@both
def test_designs_that_are_refused(estimator: Any) -> None:
    frame = _panel(missing=False)
    frame["d"] = ((frame.t == 5) & (frame.unit == 0)).astype(float)
    columns = {"outcome": "y", "unit": "unit", "time": "t", "treatment": "d"}
    with pytest.raises(DesignError) as caught:
        estimator(StudyDesign.from_frame(frame, **columns))
    assert caught.value.code == "not-absorbing"
    with pytest.raises(DesignError, match="of 8 observations") as caught:
        estimator(_table(STAGGERED, {"a": 1, "b": 1}))
    assert caught.value.code == "nothing-imputed"


def test_distances_before_the_start_that_cannot_be_told_apart_are_noted() -> None:
    """a has one untreated period and b two: b's change tells of one distance, the nearest is kept."""
    found = imputation(_table(STAGGERED, {"a": 2, "b": 3}), pretrends=4)
    assert _notes(found)["leads_not_identified"] == {"terms": 3, "of": 4}
    assert _times(found) == [-1, None]
    nothing = imputation(_table(STAGGERED, {"a": 2, "b": 2}), pretrends=1)
    assert _times(nothing) == [None]
