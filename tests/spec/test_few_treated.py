"""Methods for few treated clusters: tables by hand, themselves written out, their sets and their size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.estimators import event_study, twfe
from evaluation.inference import ibragimov_muller, sign_changes
from evaluation.simulate import did_panel

COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
METHODS = [ibragimov_muller, sign_changes]
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
Method = Callable[..., Inference]


def changes(treated: Sequence[float], untreated: Sequence[float]) -> Estimate:
    """Two periods: the second outcome of each unit is its change, the first is zero."""
    d = [*treated, *untreated]
    frame = pd.DataFrame({"unit": range(len(d)), "cohort": [2] * len(treated) + [0] * len(untreated)})
    first, second = frame.assign(period=1, outcome=0.0), frame.assign(period=2, outcome=d)
    return twfe(StudyDesign.from_frame(pd.concat([first, second]), **COLUMNS))


def panel(n_units: int = 12, n_treated: int = 4, **options: Any) -> pd.DataFrame:
    given = {"n_units": n_units, "n_treated": n_treated, "n_periods": 6, "seed": 2} | options
    frame = did_panel(**given)
    number = frame.groupby("unit").ngroup()
    return frame.assign(pair=number // 2, weight=1.0 + number % 3)


def fit(frame: pd.DataFrame, **options: Any) -> Estimate:
    return twfe(StudyDesign.from_frame(frame, **(COLUMNS | options)))


def staggered() -> pd.DataFrame:
    return panel(14, 5, cohorts={3: 2, 5: 3}, effect=0.5)


def test_two_samples_by_hand() -> None:
    """Means 4 and 0, variances 4 and 1.5: t = 4 / sqrt(4/3 + 1.5/5), on two degrees of freedom."""
    found = ibragimov_muller(changes([2, 4, 6], [-2, 1, 0, 0, 1]))
    error = np.sqrt(4 / 3 + 1.5 / 5)
    np.testing.assert_allclose(found.std_error, error)
    assert found.df.tolist() == [2.0]
    np.testing.assert_allclose(found.p_value, 2 * stats.t.sf(4 / error, 2))
    reach = stats.t.ppf(0.975, 2) * error
    np.testing.assert_allclose([found.conf_low[0], found.conf_high[0]], [4 - reach, 4 + reach])
    assert dict(found.notes[0].numbers) == {"treated_clusters": 3, "untreated_clusters": 5, "df": 2}


def test_signs_by_hand() -> None:
    """Untreated that do not change leave the effects 1, 2, 3, -1, 4, 5, whose sum is 14.

    Signs can give 16 (all positive) or 14 (one of the two ones negative), and -16 and -14: 6 of 64 vectors.
    """
    found = sign_changes(changes([1, 2, 3, -1, 4, 5], [0.0] * 6))
    assert found.p_value.tolist() == [6 / 64]
    note = {"treated_clusters": 6, "untreated_clusters": 6, "used": 64, "exact": True, "smallest_p": 2 / 64}
    assert dict(found.notes[0].numbers) == note


def test_the_mean_of_pairs_written_out_with_signs() -> None:
    """Six treated with two untreated each: the effects of six groups that share no cluster."""
    d = np.concatenate([np.random.default_rng(4).normal(0.8, 1, 6), np.sin(range(12))])
    estimate = changes(d[:6].tolist(), d[6:].tolist())
    order = np.random.default_rng(0).permutation(np.arange(6, 18))
    effects = np.array([d[j] - d[order[j::6]].mean() for j in range(6)])
    sums = [abs(np.dot(signs, effects)) for signs in itertools.product([1, -1], repeat=6)]
    wanted = np.mean(np.array(sums) >= abs(effects.sum()) * (1 - 1e-9))
    assert sign_changes(estimate).p_value[0] == wanted
    np.testing.assert_allclose(effects.mean(), estimate.value[0])


def test_two_samples_of_a_panel_written_out() -> None:
    """Pairs of units, weights, six periods: Welch's test on the changes of the pairs' means."""
    frame = panel(16, 6)
    found = ibragimov_muller(fit(frame, groups=["pair"]), cluster="pair")
    after = (frame.period >= frame.cohort[frame.cohort > 0].iloc[0]).map({True: "after", False: "before"})
    means = frame.groupby(["pair", after]).outcome.mean().reset_index(name="mean")
    means = means.pivot_table(index="pair", columns="period", values="mean")
    treated = frame.groupby("pair").cohort.max() > 0
    change = means.after - means.before
    wanted = stats.ttest_ind(change[treated], change[~treated], equal_var=False)
    np.testing.assert_allclose(found.p_value, 2 * stats.t.sf(abs(wanted.statistic), 2), rtol=1e-9)


@every_method
@pytest.mark.parametrize("make", [panel, staggered], ids=["at once", "staggered"])
def test_the_set_holds_the_effects_that_are_not_rejected(
    method: Method, make: Callable[[], pd.DataFrame]
) -> None:
    """Taking an effect off the data and testing zero is testing that effect."""
    frame = make()
    found = method(fit(frame), conf_level=0.7)
    treated = (frame.cohort > 0) & (frame.period >= frame.cohort)
    ((low, high),) = found.conf_set[0]  # type: ignore[index]
    assert (low, high) == (found.conf_low[0], found.conf_high[0])
    assert np.isfinite([low, high]).all()
    step = 1e-6 * (high - low)
    for end, inwards in ((low, step), (high, -step)):
        p_values = [
            method(fit(frame.assign(outcome=frame.outcome - null * treated)), conf_level=0.7).p_value[0]
            for null in (end + inwards, end - inwards)
        ]
        assert p_values[0] > 0.3 >= p_values[1]


@every_method
def test_what_must_not_matter(method: Method) -> None:
    frame = panel()
    whole = method(fit(frame)).p_value
    shifted = frame.assign(outcome=7 - 3 * frame.outcome + frame.unit.rank() + frame.period**2)
    np.testing.assert_allclose(method(fit(shifted)).p_value, whole, rtol=1e-9)


@pytest.mark.parametrize("treated_noise", [1.0, 4.0])
def test_a_true_null_is_rejected_as_often_as_said(treated_noise: float) -> None:
    """Six treated of 22, also four times as variable: 5 % at most, within three Monte Carlo errors (300)."""
    estimates = [fit(panel(22, 6, effect=0.0, treated_noise=treated_noise, seed=seed)) for seed in range(300)]
    for method in (ibragimov_muller, sign_changes):
        p_values = np.array([method(estimate).p_value[0] for estimate in estimates])
        assert (p_values <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300), method
        assert (p_values <= 0.5).mean() > 0.3, method


def test_more_signs_than_can_be_enumerated_are_drawn() -> None:
    estimate = fit(panel(40, 16, effect=9.0))
    found = sign_changes(estimate, draws=199, seed=3)
    assert found.p_value.tolist() == [1 / 200]
    assert found.notes[0].numbers["used"] == 199
    assert not found.notes[0].numbers["exact"]


def test_five_treated_clusters_cannot_reject_by_signs() -> None:
    found = sign_changes(fit(panel(22, 5, effect=50.0)))
    assert found.p_value.tolist() == [2 / 32]
    assert found.conf_set == (((-np.inf, np.inf),),)


@every_method
def test_what_is_wrong_is_said(method: Method) -> None:
    name = method.__name__
    with pytest.raises(InferenceError, match=rf"(?s){name} tests one effect.* has 4.*wild_cluster_bootstrap"):
        method(event_study(StudyDesign.from_frame(panel(n_periods=5), **COLUMNS)))
    with pytest.raises(InferenceError, match=rf"{name} needs .* there are 1 and 11"):
        method(fit(panel(12, 1)))
