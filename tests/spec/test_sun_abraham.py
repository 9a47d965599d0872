"""The interaction-weighted estimator: by hand, against a regression on dummies and group-time means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt, sun_abraham
from evaluation.inference import clustered, multiplier_bootstrap, randomisation
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def _design(frame: pd.DataFrame, **options: Any) -> StudyDesign:
    return StudyDesign.from_frame(frame, **(COLUMNS | options))


def _table(outcomes: dict[str, list[float]], starts: dict[str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"unit": unit, "period": t, "outcome": float(y), "cohort": starts.get(unit, 0)}
            for unit, series in outcomes.items()
            for t, y in enumerate(series, start=1)
        ]
    )


def _by_cell(estimate: Estimate) -> dict[tuple[str, str], float]:
    return {
        (str(t.cohort), str(t.period)): float(v) for t, v in zip(estimate.terms, estimate.value, strict=True)
    }


def test_four_units_by_hand() -> None:
    """Comparison mean of c, d: 1, 2, 4, 4.

    a starts in 2: 2, 5, 9, 10, gaps 1, 3, 5, 6, so 2, 4, 5 from period 1 on.
    b starts in 3: 0, 1, 7, 3, gaps -1, -1, 3, -1, so from period 2: 0 in 1, then 4, 0.
    At distance 0 the mean of 2 and 4 is 3; at 1 that of 4 and 0 is 2; at 2 only a, 5; at -2 only b, 0.
    """
    frame = _table(
        {"a": [2, 5, 9, 10], "b": [0, 1, 7, 3], "c": [0, 1, 4, 5], "d": [2, 3, 4, 3]}, {"a": 2, "b": 3}
    )
    effects = sun_abraham(_design(frame))
    wanted = {("2", "2"): 2, ("2", "3"): 4, ("2", "4"): 5, ("3", "1"): 0, ("3", "3"): 4, ("3", "4"): 0}
    assert _by_cell(effects) == pytest.approx(wanted, abs=1e-12)
    path = aggregate(effects, by="event_time")
    assert [t.event_time for t in path.terms] == [-2, 0, 1, 2]
    assert path.value == pytest.approx([0, 3, 2, 5], abs=1e-12)
    assert aggregate(effects).value == pytest.approx([3.0])


def _panel(gaps: bool = False) -> pd.DataFrame:
    frame = did_panel(n_units=45, n_periods=7, cohorts={3: 8, 5: 9, 6: 7}, effect=1.0, seed=5)
    rng = np.random.default_rng(3)
    frame["x"], frame["w"] = rng.normal(size=len(frame)), rng.integers(1, 5, len(frame)).astype(float)
    return frame[frame.index % 11 != 3].reset_index(drop=True) if gaps else frame


@pytest.mark.parametrize("anticipation", [0, 1])
def test_balanced_without_covariates_it_is_the_group_time_effects(anticipation: int) -> None:
    """Two ways to the same numbers, also in the influence of the estimated shares."""
    design = _design(_panel(), anticipation=anticipation)
    ours, means = sun_abraham(design), att_gt(design, base_period="universal")
    at = {term: i for i, term in enumerate(means.terms)}
    order = [at[term] for term in ours.terms]
    np.testing.assert_allclose(ours.value, means.value[order], atol=1e-11)
    np.testing.assert_allclose(ours.influence, means.influence[:, order], atol=1e-10)
    for by in ("simple", "event_time", "cohort", "period"):
        one, other = (aggregate(effects, by=by, overall=True) for effects in (ours, means))
        np.testing.assert_allclose(one.value, other.value, atol=1e-11)
        np.testing.assert_allclose(one.influence, other.influence, atol=1e-10)


def _dummies(frame: pd.DataFrame, effects: Estimate) -> tuple[np.ndarray, np.ndarray]:
    cells = [
        ((frame["cohort"] == int(t.cohort)) & (frame["period"] == int(t.period))).to_numpy(dtype=float)
        for t in effects.terms
    ]
    units = pd.get_dummies(frame["unit"], dtype=float).to_numpy()
    periods = pd.get_dummies(frame["period"], dtype=float).to_numpy()[:, 1:]
    return np.column_stack([*cells, frame["x"], units, periods]), frame["outcome"].to_numpy()


def test_with_gaps_weights_and_a_covariate_it_is_the_dummy_regression() -> None:
    frame = _panel(gaps=True)
    effects = sun_abraham(_design(frame, covariates=["x"], weights="w"))
    x, y = _dummies(frame, effects)
    wanted = sm.WLS(y, x, weights=frame["w"]).fit()
    k = len(effects.terms)
    np.testing.assert_allclose(effects.value, wanted.params[:k], rtol=1e-9, atol=1e-10)
    robust = wanted.get_robustcov_results("cluster", groups=frame["unit"], df_correction=False)
    scale = np.sqrt((len(x) - 1) / (len(x) - x.shape[1]) * 45 / 44)  # statsmodels counts every dummy
    np.testing.assert_allclose(clustered(effects, count_effects="all").std_error, robust.bse[:k], rtol=1e-8)
    error = clustered(effects, correction="CR0").std_error
    np.testing.assert_allclose(error * scale, robust.bse[:k], rtol=1e-8)


def test_without_never_treated_units_the_last_cohort_compares() -> None:
    """The same as if the panel ended before its start and it had none."""
    frame = _panel()
    staggered = frame[frame["cohort"] > 0]
    effects = sun_abraham(_design(staggered))
    cut = staggered[staggered["period"] < 6].assign(cohort=lambda data: data["cohort"].replace(6, 0))
    np.testing.assert_allclose(effects.value, sun_abraham(_design(cut)).value, atol=1e-12)
    note = next(note for note in effects.notes if note.code == "last_cohort_compares")
    assert note.numbers == {"cohort": "6", "units": 7, "periods": 2}


def test_units_without_an_untreated_period_are_left_out_by_name() -> None:
    frame = _panel()
    always = frame.assign(cohort=frame["cohort"].replace(3, 1))
    effects = sun_abraham(_design(always))
    np.testing.assert_allclose(effects.value, sun_abraham(_design(frame[frame["cohort"] != 3])).value)
    assert next(n for n in effects.notes if n.code == "no_untreated_period").numbers["units"] == 8


def test_what_cannot_be_is_refused() -> None:
    frame = _panel()
    with pytest.raises(DesignError) as caught:
        sun_abraham(_design(frame[frame["cohort"].isin([0, 3])].assign(cohort=lambda d: d["cohort"] // 3)))
    assert caught.value.code == "no-cohort"
    switching = frame.assign(d=(frame["period"] == 4) & (frame["cohort"] == 3))
    with pytest.raises(DesignError) as caught:
        sun_abraham(_design(switching, cohort=None, treatment="d"))
    assert caught.value.code == "not-absorbing"


def test_any_inference_on_its_averages() -> None:
    path = aggregate(sun_abraham(_design(_panel())), by="event_time", min_event_time=-2, max_event_time=2)
    fixed = aggregate(sun_abraham(_design(_panel())), by="event_time", shares="fixed")
    assert path.moments is None
    assert fixed.moments is not None
    errors = clustered(path).std_error, multiplier_bootstrap(path, draws=999, seed=1).std_error
    np.testing.assert_allclose(errors[0], errors[1], rtol=0.15)  # interquartile range of 999 draws: 5 %
    assert randomisation(path, draws=19, seed=1).p_value.shape == (4,)
