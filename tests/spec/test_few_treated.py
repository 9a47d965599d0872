"""Methods for few treated clusters: tables by hand, themselves written out, their sets and their size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.estimators import event_study, twfe
from evaluation.inference import conley_taber, ferman_pinto, ibragimov_muller, sign_changes
from evaluation.simulate import did_panel

COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
METHODS = [conley_taber, ferman_pinto, ibragimov_muller, sign_changes]
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


@pytest.mark.parametrize(
    ("treated", "untreated", "p_value"),
    [([4], [-2, 1, 0, 0, 1], 1 / 6), ([1.5], [-2, 1, 0, 0, 1], 2 / 6), ([3, 1], [-2, 1, 1], 2 / 10)],
)
def test_untreated_residuals_by_hand(treated: list[float], untreated: list[float], p_value: float) -> None:
    """Untreated changes have mean zero; of the nine means of two of -2, 1, 1 only -2 is as far as 2."""
    found = conley_taber(changes(treated, untreated))
    assert found.p_value.tolist() == [p_value]
    used = len(untreated) ** len(treated)
    note = {"treated_clusters": len(treated), "untreated_clusters": len(untreated), "used": used}
    assert dict(found.notes[0].numbers) == note | {"exact": True, "smallest_p": 1 / (1 + used)}


def test_the_factor_of_few_untreated_by_hand() -> None:
    """One treated and five untreated: 6/5 for the mean of the untreated, 5/4 for residuals from it."""
    found = conley_taber(changes([4], [-2, 1, 0, 0, 1]), conf_level=0.7)
    np.testing.assert_allclose(found.conf_high - 4, 2 * np.sqrt(6 / 5 * 5 / 4))


def residuals(frame: pd.DataFrame, outcome: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Residuals of a regression with all dummies, (pairs, periods)."""
    dummies = [pd.get_dummies(frame[name]).to_numpy(float) for name in ("unit", "period")]
    w = np.sqrt(frame.weight.to_numpy())
    x = np.column_stack([columns, *dummies])
    left = outcome - x @ np.linalg.lstsq(w[:, None] * x, w * outcome, rcond=None)[0]
    sums = frame.assign(left=left * frame.weight).groupby(["pair", "period"])[["left", "weight"]].sum()
    return np.asarray(sums.left / sums.weight).reshape(frame.pair.nunique(), -1)


def weighted_paths(frame: pd.DataFrame, treatment: np.ndarray) -> np.ndarray:
    """Weights by which outcomes make up the coefficient of treatment, summed by pair and period."""
    flat = frame.assign(pair=frame.unit)
    direction: np.ndarray = (
        residuals(flat, treatment, np.empty((len(frame), 0))).ravel() * frame.weight.to_numpy()
    )
    total = frame.assign(path=direction).groupby(["pair", "period"]).path.sum().to_numpy(float)
    return np.reshape(total, (frame.pair.nunique(), -1)) / float(direction @ treatment)


def test_residuals_on_the_paths_of_others_written_out() -> None:
    """Staggered pairs of units with weights, by regressions with dummies: the same placebo errors."""
    frame = panel(16, 6, cohorts={3: 4, 5: 2}, effect=0.5).sort_values(["unit", "period"])
    treatment = ((frame.cohort > 0) & (frame.period >= frame.cohort)).to_numpy(float)
    estimate = fit(frame, groups=["pair"], weights="weight")
    value, path = estimate.value[0], weighted_paths(frame, treatment)
    outcome = frame.outcome.to_numpy()
    treated = frame.groupby("pair").cohort.max().to_numpy() > 0
    left = residuals(frame, outcome, treatment[:, None])
    chosen = itertools.product(np.flatnonzero(~treated), repeat=int(treated.sum()))
    errors = np.array([(path[treated] * left[list(pairs)]).sum() for pairs in chosen])
    n, lengths = int((~treated).sum()), (path**2).sum(axis=1)
    errors *= np.sqrt(n / (n - 1) * lengths.sum() / lengths[treated].sum())
    wanted = (1 + np.sum(np.abs(errors) >= abs(value) * (1 - 1e-9))) / (1 + len(errors))
    assert conley_taber(estimate, cluster="pair").p_value[0] == wanted

    sizes = frame.groupby("pair").weight.sum().to_numpy() / frame.period.nunique()
    x = np.column_stack([np.ones(8), 1 / sizes])
    imposed = path @ residuals(frame, outcome, np.empty((len(frame), 0))).T
    fits = [optimize.nnls(x[~treated], free**2)[0] for free in path @ left[~treated].T]
    deviation = np.sqrt([x @ each for each in fits])
    imposed *= np.diag(deviation)[:, None] / deviation
    draws = np.random.default_rng(5).choice(np.arange(8), size=(8, 400))
    errors = np.array([imposed[np.arange(8), pairs].sum() for pairs in draws.T])
    wanted = (1 + np.sum(np.abs(errors) >= abs(value) * (1 - 1e-9))) / 401
    assert ferman_pinto(estimate, cluster="pair", draws=400, seed=5).p_value[0] == wanted


@pytest.mark.parametrize("size", [1.0, 25.0])
def test_a_small_or_large_treated_cluster_varies_otherwise(size: float) -> None:
    """One treated of 40, variance 1 / size: taken as the others it rejects far too often, or never."""
    rng = np.random.default_rng(6)
    m = np.array([size, *np.tile([1.0, 4.0, 25.0], 13)])
    rejected = np.zeros(2)
    for _ in range(300):
        d = rng.normal(size=40) / np.sqrt(m)
        estimate = changes(d[:1].tolist(), d[1:].tolist())
        by_size = ferman_pinto(estimate, sizes=dict(enumerate(m)), draws=999)
        rejected += [conley_taber(estimate).p_value[0] <= 0.05, by_size.p_value[0] <= 0.05]
    same, by_size_share = rejected / 300
    assert same > 0.1 if size == 1 else same == 0
    assert abs(by_size_share - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / 300)


def test_clusters_without_the_needed_periods_are_left_out() -> None:
    frame = panel(14, 2)
    short = frame.unit == frame.unit.unique()[-1]
    found = conley_taber(fit(frame[~short | (frame.period > 1)]))
    assert [note.code for note in found.notes] == ["untreated_residuals", "clusters_incomplete"]
    assert found.notes[0].numbers["untreated_clusters"] == 11
    assert dict(found.notes[1].numbers) == {"clusters": 1}
    few = frame.unit.isin(frame.unit.unique()[3:])
    estimate = fit(frame[~few | (frame.period > 1)])
    with pytest.raises(InferenceError, match="there are 1"):
        conley_taber(estimate)


@pytest.mark.parametrize("treated_noise", [1.0, 4.0])
def test_a_true_null_is_rejected_as_often_as_said(treated_noise: float) -> None:
    """Six treated of 22, also four times as variable: 5 % at most, within three Monte Carlo errors (300)."""
    estimates = [fit(panel(22, 6, effect=0.0, treated_noise=treated_noise, seed=seed)) for seed in range(300)]
    equal = treated_noise == 1
    for method in METHODS if equal else METHODS[2:]:
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
    with pytest.raises(InferenceError, match=rf"{name} needs .* there are 11 and 1"):
        method(fit(panel(12, 11)))


@pytest.mark.parametrize("method", [conley_taber, ferman_pinto])
def test_a_cluster_has_one_treatment(method: Method) -> None:
    with pytest.raises(InferenceError, match=r"In 1 cluster of 'pair' units are treated differently \(2\)"):
        method(fit(panel(12, 5), groups=["pair"]), cluster="pair")


def test_every_cluster_needs_a_size() -> None:
    estimate = changes([1.0], [0.0, 1.0, -1.0])
    with pytest.raises(InferenceError, match="2 clusters of 4 have"):
        ferman_pinto(estimate, sizes={0: 5, 1: 2, 2: 0})
