"""Effects by distance from the start: by hand, against dummy regressions, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import event_study, twfe
from evaluation.estimators._distances import distances
from evaluation.inference import clustered
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def _table(outcomes: dict[str, list[float]], starts: dict[str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"unit": unit, "period": t, "outcome": float(y), "cohort": starts.get(unit, 0)}
            for unit, series in outcomes.items()
            for t, y in enumerate(series, start=1)
        ]
    )


def _by_time(estimate: Estimate) -> dict[float, float]:
    return {float(t.event_time or 0): float(v) for t, v in zip(estimate.terms, estimate.value, strict=True)}


ONE_START = _table(
    {"a": [1, 2, 7, 9], "b": [3, 2, 5, 9], "c": [2, 3, 4, 4], "d": [0, 2, 2, 3]}, {"a": 3, "b": 3}
)


def test_one_start_by_hand() -> None:
    """Mean of a, b: 2, 2, 6, 9; of c, d: 1, 2.5, 3, 3.5. Gaps 1, -0.5, 3, 5.5, from period 2: 1.5, 3.5, 6."""
    found = _by_time(event_study(StudyDesign.from_frame(ONE_START, **COLUMNS)))
    assert found == pytest.approx({-2: 1.5, 0: 3.5, 1: 6.0})


def test_another_reference_and_gathered_ends_by_hand() -> None:
    """From period 1: -1.5 in 2, 2 in 3, 4.5 in 4. With first=-1 periods 1 and 2 are the reference: gaps less
    their mean 0.25; with last=0 the two after it share (3 + 5.5) / 2 - 0.25 = 4."""
    design = StudyDesign.from_frame(ONE_START, **COLUMNS)
    assert _by_time(event_study(design, reference=-2)) == pytest.approx({-1: -1.5, 0: 2.0, 1: 4.5})
    assert _by_time(event_study(design, first=-1)) == pytest.approx({0: 2.75, 1: 5.25})
    assert _by_time(event_study(design, first=-1, last=0)) == pytest.approx({0: 4.0})


def test_anticipation_moves_the_reference() -> None:
    found = _by_time(event_study(StudyDesign.from_frame(ONE_START, **COLUMNS, anticipation=1)))
    assert found == pytest.approx({-1: -1.5, 0: 2.0, 1: 4.5})


def test_poisson_by_hand() -> None:
    """With one start the effect at a distance is the ratio of ratios of totals.

    Totals of a, b: 4, 4, 12, 18; of c, d: 2, 5, 6, 7. From period 2: (4/4)/(2/5), (12/4)/(6/5), (18/4)/(7/5).
    """
    found = _by_time(event_study(StudyDesign.from_frame(ONE_START, **COLUMNS), family="poisson"))
    assert found == pytest.approx({-2: np.log(2.5), 0: np.log(2.5), 1: np.log(4.5 / 1.4)}, rel=1e-9)


def _dummy_regression(frame: pd.DataFrame, terms: list[float], family: str) -> Any:
    distance = (frame["period"] - frame["cohort"]).where(frame["cohort"] > 0)
    effects = np.column_stack([(distance == e).to_numpy(dtype=float) for e in terms])
    units = pd.get_dummies(frame["unit"], dtype=float).to_numpy()
    periods = pd.get_dummies(frame["period"], dtype=float).to_numpy()[:, 1:]
    x = np.column_stack([effects, frame[["x"]], units, periods])
    y = frame["outcome"].to_numpy()
    if family == "gaussian":
        return sm.WLS(y, x, weights=frame["w"].to_numpy()).fit()
    poisson = sm.families.Poisson()
    return sm.GLM(y, x, family=poisson, freq_weights=frame["w"].to_numpy()).fit(tol=1e-13, maxiter=200)


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_staggered_with_gaps_weights_and_a_covariate_is_the_dummy_regression(family: str) -> None:
    frame = did_panel(n_units=30, n_periods=7, cohorts={4: 6, 6: 5}, effect=0.5, seed=5)
    rng = np.random.default_rng(3)
    frame["x"], frame["w"] = rng.normal(size=len(frame)), rng.integers(1, 5, len(frame)).astype(float)
    frame["outcome"] = np.exp(frame["outcome"] / 20) + 1
    frame = frame[frame.index % 11 != 3]
    effects = event_study(
        StudyDesign.from_frame(frame, **COLUMNS, covariates=["x"], weights="w"), family=family
    )
    times = [float(t.event_time or 0) for t in effects.terms]
    assert times == sorted(times)
    wanted = _dummy_regression(frame, times, family)
    np.testing.assert_allclose(effects.value, wanted.params[: len(times)], rtol=1e-7, atol=1e-9)
    covariance = _sandwich(frame, wanted, family)
    errors = clustered(effects, correction="CR0").std_error
    np.testing.assert_allclose(errors, np.sqrt(np.diag(covariance))[: len(times)], rtol=1e-6)


def _sandwich(frame: pd.DataFrame, fitted: Any, family: str) -> np.ndarray:
    x, w = fitted.model.exog, frame["w"].to_numpy()
    mean = fitted.fittedvalues if family == "gaussian" else fitted.mu
    variance = np.ones(len(x)) if family == "gaussian" else mean
    bread = np.linalg.pinv((x * (w * variance)[:, None]).T @ x)
    scores = pd.DataFrame(x * (w * (frame["outcome"].to_numpy() - mean))[:, None])
    by_unit = scores.groupby(frame["unit"].to_numpy()).sum().to_numpy()
    return np.asarray(bread @ (by_unit.T @ by_unit) @ bread)


def test_without_never_treated_units_the_furthest_lead_is_set_to_zero_too() -> None:
    """Every effect is then relative to the two distances that are zero; the note names the second."""
    frame = did_panel(n_units=25, n_periods=8, cohorts={4: 8, 6: 8, 7: 8}, effect=2.0, seed=4)
    frame = frame[frame["cohort"] > 0]
    effects = event_study(StudyDesign.from_frame(frame, **COLUMNS))
    note = next(note for note in effects.notes if note.code == "event_times_not_identified")
    assert note.numbers["names"] == ("-6",)
    assert "collinear_dropped" not in {other.code for other in effects.notes}
    times = [t.event_time for t in effects.terms]
    assert times == [-5, -4, -3, -2, 0, 1, 2, 3, 4]
    trending = frame.assign(outcome=frame["outcome"] + frame["unit"] % 7 + frame["period"] ** 2)
    again = event_study(StudyDesign.from_frame(trending, **COLUMNS))
    np.testing.assert_allclose(again.value, effects.value, atol=1e-9)


def test_moments_keep_the_order_of_the_terms() -> None:
    frame = did_panel(n_units=20, n_periods=6, n_treated=7, seed=4)
    frame["x"] = np.random.default_rng(2).normal(size=len(frame))
    effects = event_study(StudyDesign.from_frame(frame, **COLUMNS, covariates=["x"]))
    moments, k = effects.moments, len(effects.terms)
    assert moments is not None
    assert effects.influence is not None
    coefficients = moments.bread @ moments.cross.sum(axis=0)
    np.testing.assert_allclose(moments.weights_of(k) @ coefficients, effects.value, atol=1e-12)
    np.testing.assert_allclose(20 * moments.scores @ moments.loadings(k), effects.influence, atol=1e-12)


def test_what_cannot_be_is_refused() -> None:
    design = StudyDesign.from_frame(ONE_START, **COLUMNS)
    with pytest.raises(DesignError, match="-9"):
        event_study(design, reference=-9)
    switching = ONE_START.assign(d=((ONE_START["unit"] == "a") & (ONE_START["period"] == 2)).astype(int))
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "treatment": "d"}
    with pytest.raises(DesignError) as caught:
        event_study(StudyDesign.from_frame(switching, **columns))
    assert caught.value.code == "window-needed"
    with pytest.raises(DesignError) as caught:
        event_study(design, family="binomial")  # type: ignore[arg-type]
    assert caught.value.code == "unknown-option"


COUNTS = {"outcome": "outcome", "unit": "unit", "time": "period", "groups": ["cluster"]}


def _gappy() -> pd.DataFrame:
    frame = did_panel(n_units=40, n_periods=8, cohorts={3: 7, 5: 8, 7: 6}, n_clusters=3, seed=6)
    rng = np.random.default_rng(3)
    frame["x"], frame["w"] = rng.normal(size=len(frame)), rng.integers(1, 5, len(frame)).astype(float)
    frame["treated"] = ((frame["cohort"] > 0) & (frame["period"] >= frame["cohort"])).astype(float)
    return frame[frame.index % 11 != 3]


@pytest.mark.parametrize("rows", ["full", "gaps and weights"])
@pytest.mark.parametrize("by", [None, "cluster"])
@pytest.mark.parametrize("covariates", [[], ["x"]])
def test_regressors_by_path_give_what_columns_by_cell_give(
    rows: str, by: str | None, covariates: list[str]
) -> None:
    """`twfe` lays the indicators out by cell: value, influence and moments agree to rounding."""
    frame = _gappy() if rows != "full" else _gappy().groupby("unit").filter(lambda part: len(part) == 8)
    weights = "w" if rows != "full" else None
    design = StudyDesign.from_frame(frame, **COUNTS, cohort="cohort", covariates=covariates, weights=weights)
    window = {"first": -3, "last": 3}
    effects = event_study(design, **window, period_effects_by=by)
    at = distances(design, None, -3, 3)
    dense = twfe(at.as_treatments(design), period_effects_by=by)
    order = [at.terms.index(term) for term in effects.terms]
    np.testing.assert_allclose(effects.value, dense.value[order], rtol=1e-10)
    np.testing.assert_allclose(effects.influence, dense.influence[:, order], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(clustered(effects).std_error, clustered(dense).std_error[order], rtol=1e-10)
    np.testing.assert_allclose(effects.moments.gram, dense.moments.gram, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(effects.moments.cross, dense.moments.cross, rtol=1e-8, atol=1e-9)


def test_changes_of_an_absorbing_treatment_are_its_distances() -> None:
    """Beside a second treatment that never changes the indicators are those of the start."""
    frame = _gappy().assign(never=0.0)
    one = event_study(StudyDesign.from_frame(frame, **COUNTS, cohort="cohort"), first=-2, last=3)
    two = StudyDesign.from_frame(frame, **COUNTS, treatment=["treated", "never"])
    both = event_study(two, first=-2, last=3)
    assert [(t.name, t.event_time) for t in both.terms] == [("treated", t.event_time) for t in one.terms]
    np.testing.assert_allclose(both.value, one.value, rtol=1e-9)


DOSES = {"a": [0, 0, 2, 2, 1, 1], "b": [0, 1, 1, 0, 0, 0], "c": [0, 0, 0, 0, 3, 3], "d": [1, 1, 1, 1, 1, 2]}


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_doses_that_go_up_and_down_by_hand(family: str) -> None:
    """The outcome is 0.2 times the dose plus 0.1 times the dose before: 0.2 at once, 0.3 from then on.

    Nothing happens before a change. Unit and period effects on top change nothing, nor does a first dose
    that stays: it belongs to the unit effect.
    """
    frame = pd.DataFrame(
        [
            {"unit": u, "period": t, "dose": float(d), "before": float(path[max(t - 1, 0)])}
            for u, path in DOSES.items()
            for t, d in enumerate(path)
        ]
    )
    mean = 0.2 * frame["dose"] + 0.1 * frame["before"] + frame["period"] ** 2 / 9 + (frame["unit"] == "b")
    frame["outcome"] = mean if family == "gaussian" else np.exp(mean)
    design = StudyDesign.from_frame(frame, outcome="outcome", unit="unit", time="period", treatment="dose")
    found = event_study(design, first=-2, last=1, family=family)  # type: ignore[arg-type]
    assert [term.name for term in found.terms] == ["dose"] * 3
    assert _by_time(found) == pytest.approx({-2: 0.0, 0: 0.2, 1: 0.3}, abs=1e-8)


def test_several_references_are_all_zero_by_hand() -> None:
    """Gaps of `ONE_START` 1, -0.5, 3, 5.5: less the mean 0.25 of the two before."""
    found = event_study(StudyDesign.from_frame(ONE_START, **COLUMNS), reference=[-2, -1])
    assert _by_time(found) == pytest.approx({0: 2.75, 1: 5.25})
