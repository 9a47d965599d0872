"""One treated cluster: conformal inference and the rearrangement test, by hand, written out, their size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.estimators import event_study, twfe
from evaluation.inference import conformal, rearrangement
from evaluation.inference.rearrangement import _bounds, _Test
from evaluation.simulate import did_panel

COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
METHODS = [conformal, rearrangement]
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
Method = Callable[..., Inference]


def fit(frame: pd.DataFrame, **options: Any) -> Estimate:
    return twfe(StudyDesign.from_frame(frame, **(COLUMNS | options)))


def panel(outcomes: Sequence[Sequence[float]], start: int) -> pd.DataFrame:
    """One row of outcomes per unit, the first of which is treated from a period on."""
    table = np.array(outcomes, dtype=float)
    n, t = table.shape
    cohort = np.repeat([start, *[0] * (n - 1)], t)
    unit, period = np.repeat(np.arange(n), t), np.tile(np.arange(1, t + 1), n)
    return pd.DataFrame({"unit": unit, "period": period, "cohort": cohort, "outcome": table.ravel()})


def synthetic(n_units: int = 14, start: int = 10, **options: Any) -> pd.DataFrame:
    given = {"n_units": n_units, "n_treated": 1, "n_periods": 12, "cohorts": {start: 1}, "seed": 2}
    return did_panel(**(given | options))


@pytest.mark.parametrize(
    ("treated", "p_value"), [([1, -1, 0, 4], 1 / 4), ([1, 2, 0, 3], 2 / 4), ([1, 5, 0, 3], 1.0)]
)
def test_one_period_after_by_hand(treated: list[float], p_value: float) -> None:
    """Less their mean these are 0 -2 -1 3, then -0.5 0.5 -1.5 1.5, then -1.25 2.75 -2.25 0.75."""
    estimate = fit(panel([treated, [0] * 4, [0] * 4], start=4))
    for permutations in ("moving_block", "iid"):
        found = conformal(estimate, permutations=permutations)  # type: ignore[arg-type]
        assert found.p_value.tolist() == [p_value]
        assert dict(found.notes[0].numbers) == {
            "periods": 4, "treated_periods": 1, "untreated_clusters": 2, "used": 4, "exact": True,
            "smallest_p": 1 / 4,
        }  # fmt: skip


def test_the_set_of_one_period_after_by_hand() -> None:
    """Before: 1, -1, 0. Without an effect e the last is 4 - e, d from zero; only the largest is rejected.

    Deviations from the mean d / 4: 3 d / 4 against 1 + d / 4 at most, so d lies between -2 and 2.
    """
    found = conformal(fit(panel([[1, -1, 0, 4], [0] * 4, [0] * 4], start=4)), conf_level=0.7)
    np.testing.assert_allclose([found.conf_low[0], found.conf_high[0]], [2, 6], atol=1e-9)


@pytest.mark.parametrize("norm", [1.0, 2.0])
@pytest.mark.parametrize("permutations", ["moving_block", "iid"])
def test_periods_in_other_orders_written_out(permutations: str, norm: float) -> None:
    """The treated less the mean of the others, less its mean, with the null taken off first."""
    frame = synthetic(effect=1.0)
    wide = frame.pivot_table(index="unit", columns="period", values="outcome").to_numpy()
    treated = (frame.groupby("unit").cohort.max() > 0).to_numpy()
    found = conformal(fit(frame), permutations=permutations, norm=norm, conf_level=0.8)  # type: ignore[arg-type]
    after = np.arange(1, 13) >= 10

    def p_value(null: float) -> float:
        gap = (wide[treated][0] - null * after) - wide[~treated].mean(axis=0)
        u = np.abs(gap - gap.mean()) ** norm
        if permutations == "moving_block":
            sums = [np.roll(u, shift)[after].sum() for shift in range(12)]
        else:
            sums = [u[list(periods)].sum() for periods in itertools.combinations(range(12), 3)]
        return float(np.mean(np.array(sums) >= u[after].sum() * (1 - 1e-9)))

    assert found.p_value[0] == p_value(0.0)
    step = 1e-6
    for low, high in found.conf_set[0]:  # type: ignore[index]
        assert p_value(low + step) > 0.2 >= p_value(low - step)
        assert p_value(high - step) > 0.2 >= p_value(high + step)


def test_sets_of_periods_are_drawn_where_there_are_too_many() -> None:
    estimate = fit(synthetic(n_periods=30, start=23, effect=30.0))
    found = conformal(estimate, permutations="iid", draws=99)
    assert found.p_value.tolist() == [1 / 100]
    assert not found.notes[0].numbers["exact"]


def test_few_periods_leave_the_whole_line() -> None:
    assert conformal(fit(synthetic(effect=50.0))).conf_set == (((-np.inf, np.inf),),)


def bound(w: float, q: int, rho: float) -> float:
    """The bound of the paper by adaptive integration and minimisation."""
    mass = integrate.quad(lambda y: stats.norm.cdf((1 - w) * rho * y) ** (q - 1) * stats.norm.pdf(y), 0, 9)[0]
    least = optimize.minimize_scalar(
        lambda b: stats.norm.cdf(w * np.sqrt(q - 1) * b) ** (q - 1) + 2 * stats.norm.cdf(-q * b),
        bounds=(0, 4),
        method="bounded",
    )
    return float(2.0 ** -(q + 1) + mass + least.fun)


def least(rho: float) -> float:
    """Twice the smallest bound with 20 untreated clusters and weights up to 0.9."""
    found = optimize.minimize_scalar(lambda w: bound(w, 20, rho), bounds=(0, 0.9), method="bounded")
    return 2 * float(found.fun)


@pytest.mark.parametrize("rho", [0.5, 2.0])
def test_one_against_the_largest_by_hand(rho: float) -> None:
    """Untreated changes -2, 2 and eighteen zeros, and 20 of the treated: (1 - w) 20 >= 2 up to w = 0.9."""
    changes = [20.0, -2.0, 2.0, *[0.0] * 18]
    estimate = fit(panel([[0.0, change] for change in changes], start=2))
    found = rearrangement(estimate, rho=rho, conf_level=0.9)
    np.testing.assert_allclose(found.p_value, least(rho), rtol=1e-3)  # the minima are taken over grids
    root = optimize.brentq(lambda w: bound(w, 20, rho) - 0.05, 0, 0.9, xtol=1e-6) if rho > 1 else 0.0
    w = float(root)  # with rho below one no weight is needed
    reach = 2 / (1 - w)
    np.testing.assert_allclose([found.conf_low[0], found.conf_high[0]], [20 - reach, 20 + reach], rtol=1e-3)
    note, up_to = found.notes[0].numbers, found.notes[-1].numbers
    assert (note["untreated_clusters"], note["rho"]) == (20, rho)
    assert float(note["smallest_p"]) <= found.p_value[0]
    np.testing.assert_allclose(least(float(up_to["rho"])), float(up_to["level"]), rtol=1e-3)


def test_less_than_the_largest_is_no_evidence() -> None:
    estimate = fit(panel([[0.0, change] for change in [1.5, -2.0, 2.0, *[0.0] * 18]], start=2))
    found = rearrangement(estimate)
    assert found.p_value.tolist() == [1.0]
    assert [note.code for note in found.notes] == ["rearrangement"]


def test_few_untreated_clusters_leave_the_whole_line() -> None:
    found = rearrangement(fit(synthetic(8, effect=90.0)))
    assert found.conf_set == (((-np.inf, np.inf),),)
    assert found.p_value[0] >= float(found.notes[0].numbers["smallest_p"]) > 0.05


@pytest.mark.parametrize("treated_sd", [1.0, 2.0, 3.0])
def test_a_true_null_is_rejected_no_more_often_than_said(treated_sd: float) -> None:
    """40 untreated clusters, rho 2, 2,000 changes: at most 5 % up to twice the deviation (three MC errors).

    With three times the deviation the assumption is wrong; p at rho 3 holds the level again.
    """
    bounds = [_bounds(40, rho) for rho in (2.0, 3.0)]
    d = np.random.default_rng(8).normal(size=(2000, 41)) * np.r_[treated_sd, np.ones(40)]
    d -= d[:, 1:].mean(axis=1, keepdims=True)
    share = [np.mean([_Test(row[0], row[1:], each).p_value(0.0) <= 0.05 for row in d]) for each in bounds]
    border = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert share[1] <= border
    assert share[0] <= border or treated_sd > 2
    assert share[0] > 0 or treated_sd < 2


@pytest.mark.parametrize("noise", [1.0, 4.0])
def test_conformal_keeps_its_level_whatever_the_variance_of_the_treated(noise: float) -> None:
    """Independent errors, three of twelve periods: 15 % at most at p <= 2/12 (three MC errors of 300)."""
    rng = np.random.default_rng(3)
    p_values = []
    for _ in range(300):
        table = rng.normal(size=(20, 12)) * np.r_[noise, np.ones(19)][:, None]
        p_values.append(conformal(fit(panel(table.tolist(), start=10)), conf_level=0.5).p_value[0])
    share = float(np.mean(np.array(p_values) <= 2 / 12 + 1e-9))
    assert abs(share - 2 / 12) <= 3 * np.sqrt(2 / 12 * 10 / 12 / 300)


@every_method
def test_the_set_holds_the_effects_that_are_not_rejected(method: Method) -> None:
    """Taking an effect off the data and testing zero is testing that effect."""
    frame = synthetic(24)
    level = 0.7
    found = method(fit(frame), conf_level=level)
    assert np.isfinite([found.conf_low, found.conf_high]).all()
    treated = (frame.cohort > 0) & (frame.period >= frame.cohort)
    low, high = found.conf_low[0], found.conf_high[0]
    step = 1e-2 * (high - low)  # the weights of the rearrangement test lie on a grid
    for end, inwards in ((low, step), (high, -step)):
        p_values = [
            method(fit(frame.assign(outcome=frame.outcome - null * treated)), conf_level=level).p_value[0]
            for null in (end + inwards, end - inwards)
        ]
        assert p_values[0] > 1 - level >= p_values[1]


@every_method
def test_what_must_not_matter(method: Method) -> None:
    frame = synthetic(24, effect=2.0)
    whole = method(fit(frame)).p_value
    shifted = frame.assign(outcome=7 - 3 * frame.outcome + frame.unit.rank() + frame.period**2)
    np.testing.assert_allclose(method(fit(shifted)).p_value, whole, rtol=1e-9)
    np.testing.assert_allclose(method(fit(frame.sample(frac=1, random_state=1))).p_value, whole, rtol=1e-9)


@every_method
def test_units_of_the_treated_cluster_are_taken_together(method: Method) -> None:
    """Pairs of equal units are as many single ones."""
    frame = synthetic(24, effect=2.0)
    twice = pd.concat([frame.assign(pair=frame.unit, unit=frame.unit.astype(str) + half) for half in "ab"])
    found = method(fit(twice, groups=["pair"]), cluster="pair")
    np.testing.assert_allclose(found.p_value, method(fit(frame)).p_value, rtol=1e-9)


@every_method
def test_what_is_wrong_is_said(method: Method) -> None:
    name = method.__name__
    several = did_panel(n_units=12, n_treated=3, n_periods=5, seed=1)
    with pytest.raises(InferenceError, match=rf"{name} is for one treated cluster; those treated .*: 3"):
        method(fit(several))
    with pytest.raises(InferenceError, match=rf"(?s){name} tests one effect.* has 11"):
        method(event_study(StudyDesign.from_frame(synthetic(), **COLUMNS)))


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        (conformal, {"permutations": "all"}, "moving_block"),
        (conformal, {"norm": 0}, "norm=0 is no positive number"),
        (conformal, {"draws": 0}, "draws=0"),
        (rearrangement, {"rho": -1}, "rho=-1 is no positive number"),
    ],
)
def test_an_option_that_is_wrong_is_named(method: Method, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InferenceError, match=said):
        method(fit(synthetic()), **options)
