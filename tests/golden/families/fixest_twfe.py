"""fixest::feols with unit and period effects."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from scipy import stats

from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import clustered, robust
from tests.golden.case import Case

# the variant of the standard error -> options of `clustered`, and the factors that the variant leaves out
VARIANTS: dict[str, tuple[dict[str, Any], str]] = {
    "cluster_unit": ({}, "KG"),
    "cluster_region": ({"cluster": "region"}, "KG"),
    "cluster_unit_Kfixef_full": ({"count_effects": "all"}, "KG"),
    "cluster_unit_Kfixef_none": ({"count_effects": "none"}, "KG"),
    "cluster_unit_noKadj": ({"correction": "CR0"}, "G"),
    "cluster_unit_noGadj": ({"correction": "CR0"}, "K"),
    "cluster_unit_noadj": ({"correction": "CR0"}, ""),
}


ROBUST: dict[str, dict[str, Any]] = {
    "twoway_unit_time": {"kind": "two_way"},
    "driscoll_kraay_lag2": {"kind": "driscoll_kraay", "lags": 2},
    "newey_west_lag2": {"kind": "newey_west", "lags": 2},
    "hetero": {"kind": "heteroskedastic"},
    "iid": {"kind": "homoskedastic"},
}


def not_covered(case: Case) -> list[str]:
    return [name for name in case.results["vcov"] if name not in VARIANTS and name not in ROBUST]


def check(case: Case) -> None:
    estimate = _fit(case)
    assert estimate.design.n_obs == case.results["nobs"]
    moments = estimate.moments
    assert moments is not None
    counted = moments.n_regressors + sum(part.n_levels for part in moments.absorbed) - 1
    assert counted == case.results["nparams"], "K of the textbook, here reached with count_effects='all'"
    for variant, (options, factors) in VARIANTS.items():
        _compare(case, estimate, case.results["vcov"][variant], options, factors)
    for variant, options in ROBUST.items():
        found, wanted = robust(estimate, **options), case.results["vcov"][variant]
        k = len(estimate.terms)
        case.close("se", found.std_error, np.atleast_1d(wanted["se"])[:k])
        np.testing.assert_allclose(found.p_value, np.atleast_1d(wanted["p"])[:k], rtol=1e-5)
        assert (found.df == wanted["t_df"]).all(), variant


def _fit(case: Case) -> Estimate:
    options = case.options
    left, effects = options["formula"].split("|")
    outcome, regressors = left.split("~")
    treatment, *covariates = regressors.split("+")
    reported = case.results["vcov"]["cluster_unit"]["term"]
    if treatment not in np.atleast_1d(reported):  # base_stagg: fixest drops `treated`, constant within units
        treatment, covariates = [treatment, *covariates], []
    by = re.search(r"(\w+)\^", effects)
    design = StudyDesign.from_frame(
        case.data().rename(columns={options["region"]: "region"}),
        outcome=outcome,
        unit=options["unit"],
        time=options["time"],
        treatment=treatment,
        covariates=covariates,
        weights=options["weights"],
        groups=["region"],
    )
    return twfe(design, period_effects_by="region" if by else None)


def _compare(
    case: Case, estimate: Estimate, wanted: dict[str, Any], options: dict[str, Any], factors: str
) -> None:
    result = clustered(estimate, **options)
    k = len(estimate.terms)
    assert [term.name for term in estimate.terms] == list(np.atleast_1d(wanted["term"])[:k])
    case.close("estimate", estimate.value, np.atleast_1d(wanted["estimate"])[:k])
    error = (
        result.std_error * np.sqrt(_factor(estimate, factors))
        if options.get("correction")
        else result.std_error
    )
    case.close("se", error, np.atleast_1d(wanted["se"])[:k])
    assert (result.df == wanted["t_df"]).all()
    p_value = 2 * stats.t.sf(np.abs(estimate.value / error), result.df)
    np.testing.assert_allclose(p_value, np.atleast_1d(wanted["p"])[:k], rtol=1e-5)
    if not options.get("correction"):
        np.testing.assert_allclose(result.p_value, p_value, rtol=1e-12)
    if "vcov" in wanted:
        np.testing.assert_allclose(_full(estimate, result.std_error, options), wanted["vcov"], rtol=2e-7)


def _full(estimate: Estimate, error: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """The covariance matrix of all regressors, also of covariates, from the moments."""
    moments = estimate.moments
    assert moments is not None
    group = estimate.design.group(options["cluster"]) if options.get("cluster") else estimate.design.cluster
    sums = group.sums(moments.scores) @ moments.bread
    whole = sums.T @ sums
    return whole * error[0] ** 2 / whole[0, 0]


def _factor(estimate: Estimate, factors: str) -> float:
    """(N - 1) / (N - K), effects nested in units not counted, and G / (G - 1)."""
    moments, clusters = estimate.moments, estimate.design.cluster.n_groups
    assert moments is not None
    counted = moments.n_regressors + moments.absorbed[1].n_levels  # unit effects: 57 levels count as one
    k_factor = (moments.n_obs - 1) / (moments.n_obs - counted)
    return (k_factor if "K" in factors else 1.0) * (clusters / (clusters - 1) if "G" in factors else 1.0)
