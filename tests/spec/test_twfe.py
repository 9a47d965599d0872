"""Two-way fixed effects against regressions on dummies by other libraries, and what is refused or noted."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PanelOLS

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import clustered

FRAMES = ("full grid", "with gaps", "gaps and late entries")


def frame(kind: str) -> pd.DataFrame:
    """The synthetic panel, all of its rows, or without some."""
    rng = np.random.default_rng(5)
    whole = pd.MultiIndex.from_product([range(24), range(8)], names=["unit", "period"]).to_frame(index=False)
    i, t = whole.unit.to_numpy(), whole.period.to_numpy()
    start = np.where(i < 6, 3, np.where(i < 10, 5, 0))
    whole["start"], whole["region"] = start, i % 3
    whole["treated"] = ((start > 0) & (t >= start)).astype(float)
    whole["dose"] = whole.treated * (1 + i % 3) * 0.5 + (i % 7 == 6) * (t == 4) * 0.3
    whole["x"], whole["z"] = rng.normal(size=len(whole)), rng.normal(size=len(whole)) + 0.2 * t * (i % 4)
    whole["w"], whole["people"] = rng.uniform(0.5, 3, len(whole)), rng.uniform(200, 900, len(whole))
    mean = 1.2 * whole.treated - 0.4 * whole.x + 0.1 * i + 0.2 * t
    whole["y"] = mean + rng.normal(size=len(whole))
    whole["count"] = rng.poisson(whole.people / 60 * np.exp(0.2 * mean - 0.5)).astype(float)
    if kind == "with gaps":
        return whole[(3 * i + 5 * t) % 7 != 0]
    return whole[((3 * i + 5 * t) % 7 != 0) & (t >= i % 4)] if kind == "gaps and late entries" else whole


def made(data: pd.DataFrame, **options: Any) -> StudyDesign:
    given = {"outcome": "y", "unit": "unit", "time": "period", "treatment": "treated", "groups": ["region"]}
    return StudyDesign.from_frame(data, **(given | options))


def dummies(data: pd.DataFrame, regressors: list[str], by: str | None) -> pd.DataFrame:
    """Regressors, unit dummies, and period dummies (of each group), without those that are redundant."""
    periods = data.period.astype(str) + ("-" + data[by].astype(str) if by else "")
    columns = [pd.get_dummies(data.unit, prefix="u"), pd.get_dummies(periods, prefix="p")]
    whole = pd.concat([data[regressors], *columns], axis=1).astype(float)
    chosen: list[str] = []
    for name in whole.columns:
        if np.linalg.matrix_rank(whole[[*chosen, name]].to_numpy()) > len(chosen):
            chosen.append(name)
    return whole[chosen]


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("by", [None, "region"])
@pytest.mark.parametrize(("treatments", "covariates"), [(["treated"], []), (["treated", "dose"], ["x", "z"])])
def test_least_squares_on_dummies(
    kind: str, weights: str | None, by: str | None, treatments: list[str], covariates: list[str]
) -> None:
    data = frame(kind).reset_index(drop=True)
    effect = twfe(
        made(data, treatment=treatments, covariates=covariates, weights=weights), period_effects_by=by
    )
    design = dummies(data, treatments + covariates, by)
    fit = sm.WLS(data.y, design, weights=1.0 if weights is None else data[weights]).fit()
    robust = fit.get_robustcov_results("cluster", groups=data.unit, df_correction=False)
    robust_error = pd.Series(robust.bse, design.columns)[treatments]
    np.testing.assert_allclose(effect.value, fit.params[treatments], rtol=1e-10)
    # statsmodels counts every dummy: K is the rank, where fixest's count has one more for each further group
    scale = np.sqrt((len(data) - 1) / (len(data) - design.shape[1]) * 24 / 23)
    np.testing.assert_allclose(clustered(effect, correction="CR0").std_error * scale, robust_error, rtol=1e-9)
    if by is None:
        np.testing.assert_allclose(clustered(effect, count_effects="all").std_error, robust_error, rtol=1e-9)


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("weights", [None, "w"])
def test_linearmodels(kind: str, weights: str | None) -> None:
    """PanelOLS with the flags pinned: by default it counts effects that are nested in the clusters."""
    data = frame(kind)
    indexed = data.set_index(["unit", "period"])
    model = PanelOLS(
        indexed.y,
        indexed[["treated", "x"]],
        entity_effects=True,
        time_effects=True,
        weights=None if weights is None else indexed[weights],
    )
    pinned = {"cov_type": "clustered", "cluster_entity": True, "group_debias": False}
    fit = model.fit(**pinned, auto_df=False, count_effects=False, debiased=False)
    effect = twfe(made(data, covariates=["x"], weights=weights))
    np.testing.assert_allclose(effect.value, fit.params[["treated"]], rtol=1e-10)
    np.testing.assert_allclose(
        clustered(effect, correction="CR0").std_error, fit.std_errors[["treated"]], rtol=1e-9
    )


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("exposure", [None, "people"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("by", [None, "region"])
def test_poisson_on_dummies(kind: str, exposure: str | None, weights: str | None, by: str | None) -> None:
    data = frame(kind).reset_index(drop=True)
    plan = made(data, outcome="count", covariates=["x"], exposure=exposure, weights=weights)
    effect = twfe(plan, family="poisson", period_effects_by=by)
    regressors = dummies(data, ["treated", "x"], by)
    model = sm.GLM(
        data["count"],
        regressors,
        family=sm.families.Poisson(),
        exposure=None if exposure is None else data[exposure],
        var_weights=None if weights is None else data[weights],
    )
    fit = model.fit(tol=1e-14, maxiter=200)
    np.testing.assert_allclose(effect.value, fit.params[["treated"]], rtol=1e-8)
    weight = 1.0 if weights is None else data[weights].to_numpy()
    scores = (weight * (data["count"] - fit.mu)).to_numpy()[:, None] * regressors.to_numpy()
    bread = np.linalg.inv((regressors.to_numpy() * (weight * fit.mu)[:, None]).T @ regressors.to_numpy())
    summed = pd.DataFrame(scores).groupby(data.unit).sum().to_numpy()
    error = np.sqrt(np.diag(bread @ summed.T @ summed @ bread))[0]
    np.testing.assert_allclose(clustered(effect, correction="CR0").std_error, [error], rtol=1e-7)


def test_poisson_drops_what_has_no_event() -> None:
    data = frame("full grid")
    data.loc[data.unit.isin([20, 21]) | (data.period == 7), "count"] = 0.0
    without = data[~data.unit.isin([20, 21]) & (data.period < 7)]
    whole, part = (twfe(made(each, outcome="count"), family="poisson") for each in (data, without))
    np.testing.assert_allclose(whole.value, part.value, rtol=1e-11)
    (note,) = whole.notes
    assert (note.code, dict(note.numbers)) == (
        "separated_dropped",
        {"units": 2, "periods": 1, "observations": 2 * 8 + 22},
    )
    for method in ({}, {"correction": "CR0"}, {"count_effects": "all"}):
        one, other = (clustered(effect, **method) for effect in (whole, part))
        np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-9)
        assert one.df.tolist() == other.df.tolist() == [21.0]


def test_a_cell_alone_in_its_unit_or_period_changes_nothing() -> None:
    data = frame("with gaps")
    lonely = pd.concat([data, data.iloc[[0]].assign(unit=99), data.iloc[[0]].assign(period=50)])
    one, other = twfe(made(data)), twfe(made(lonely))
    np.testing.assert_allclose(other.value, one.value, rtol=1e-12)
    assert [dict(note.numbers) for note in other.notes] == [{"observations": 2}]
    np.testing.assert_allclose(clustered(other).std_error, clustered(one).std_error, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_collinear_regressors_are_judged_by_their_own_scale(scale: float) -> None:
    data = frame("with gaps")
    data = data.assign(
        small=data.x * scale,
        constant=data.unit * 3.0 * scale,
        twin=(2 * data.x + data.unit) * scale,
        far=1e6 * scale + data.z * scale,
    )
    effect = twfe(made(data, covariates=["small", "constant", "twin", "far"]))
    (note,) = effect.notes
    assert note.numbers["names"] == ("constant", "twin")
    np.testing.assert_allclose(effect.value, twfe(made(data, covariates=["x", "z"])).value, rtol=1e-8)


def test_a_treatment_that_covariates_explain_is_not_identified() -> None:
    data = frame("with gaps").assign(copy=lambda d: d.treated)
    with pytest.raises(DesignError) as caught:
        twfe(made(data, covariates=["copy"]))
    assert caught.value.code == "not-identified"
    assert "treated" in str(caught.value)
    both = twfe(made(data, treatment=["treated", "dose"], covariates=["copy"]))
    assert [term.name for term in both.terms] == ["dose"]
    assert both.notes[0].numbers["names"] == ("treated",)


def test_a_treatment_for_all_at_once_is_not_identified() -> None:
    data = frame("full grid").assign(treated=lambda d: (d.period >= 4) * 1.0)
    with pytest.raises(DesignError, match="cannot be told apart"):
        twfe(made(data))


@pytest.mark.parametrize(
    ("options", "design", "code", "said"),
    [
        ({"family": "gausian"}, {}, "unknown-option", "Did you mean 'gaussian'"),
        ({"period_effects_by": "regoin"}, {}, "unknown-group", "Did you mean 'region'"),
        ({}, {"exposure": "people"}, "exposure-not-used", "poisson"),
        ({"family": "poisson"}, {"outcome": "x"}, "negative-outcome", "negative"),
    ],
)
def test_refusals(options: dict[str, Any], design: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(DesignError, match=said) as caught:
        twfe(made(frame("with gaps"), **design), **options)
    assert caught.value.code == code


def test_a_poisson_effect_without_an_event_is_infinite() -> None:
    data = frame("full grid")
    data.loc[data.treated > 0, "count"] = 0.0
    with pytest.raises(DesignError) as caught:
        twfe(made(data, outcome="count"), family="poisson")
    assert caught.value.code == "no-finite-estimate"


def permutations(effect: Estimate, rows: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.array([rng.permutation(effect.design.n_units) for _ in range(rows)])


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("by", [None, "region"])
@pytest.mark.parametrize("treatments", [["treated"], ["treated", "dose"], ["dose"]])
@pytest.mark.parametrize("covariates", [[], ["x", "z", "region"]])
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_many_assignments_at_once(
    kind: str, weights: str | None, by: str | None, treatments: list[str], covariates: list[str], family: Any
) -> None:
    """The batch form equals fits one by one, also for assignments that are no permutations."""
    outcome = "y" if family == "gaussian" else "count"
    data = made(frame(kind), outcome=outcome, treatment=treatments, covariates=covariates, weights=weights)
    effect = twfe(data, family=family, period_effects_by=by)
    sources = permutations(effect, 5)
    sources[3] = np.random.default_rng(1).integers(0, 24, 24)
    sources[4] = 23  # nobody treated: nothing identified
    assert effect.refit is not None
    got = effect.refit.values(data, sources, effect.terms)
    wanted = np.full(got.shape, np.nan)
    for row, source in zip(wanted[:4], sources, strict=False):
        fitted = twfe(data.with_treatment_of(source), family=family, period_effects_by=by)
        row[[effect.terms.index(term) for term in fitted.terms]] = fitted.value
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)
    assert np.isnan(got[4]).all()


def test_where_the_table_is_too_large_assignments_are_fitted_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    effect = twfe(made(frame("with gaps"), treatment=["dose"]))
    assert effect.refit is not None
    sources = permutations(effect, 4)
    table = effect.refit.values(effect.design, sources, effect.terms)
    monkeypatch.setattr(sys.modules[twfe.__module__], "MOST_NUMBERS", 10)
    alone = effect.refit.values(effect.design, sources, effect.terms)
    np.testing.assert_allclose(alone, table, rtol=1e-10)


def test_two_panels_that_share_no_period_are_two_regressions() -> None:
    """Where units and periods fall apart into two parts the effects have a level to spare; nothing fails."""
    early = frame("full grid").query("unit < 12 and period < 4")
    late = frame("full grid").query("unit >= 12 and period >= 4")
    late = late.assign(treated=((late.unit < 18) & (late.period >= 6)).astype(float))
    data = pd.concat([early, late]).reset_index(drop=True)
    fit = sm.OLS(data.y, dummies(data, ["treated"], None)).fit()
    np.testing.assert_allclose(twfe(made(data)).value, fit.params[["treated"]], rtol=1e-10)
