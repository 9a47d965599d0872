"""fixest::fepois with unit and period effects.

Left out: iid, which there takes the variance for the mean; here it is estimated (`homoskedastic`).
"""

from __future__ import annotations

import re

import numpy as np
from scipy import stats

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import clustered, robust
from tests.golden.case import Case

COVERED = {"nobs", "cluster_unit", "hetero"}


def not_covered(case: Case) -> list[str]:
    return [name for name in case.results if name not in COVERED]


def check(case: Case) -> None:
    left, effects = case.options["formula"].split("|")
    outcome, regressors = left.split("~")
    treatment, *covariates = regressors.split("+")
    exposure = re.search(r"log\((\w+)\)", case.options["offset"] or "")
    unit, time = effects.split("+")
    design = StudyDesign.from_frame(
        case.data(),
        outcome=outcome,
        unit=unit,
        time=time,
        treatment=treatment,
        covariates=covariates,
        exposure=exposure[1] if exposure else None,
    )
    estimate = twfe(design, family="poisson")
    wanted = case.results["cluster_unit"]
    assert design.n_obs == case.results["nobs"]
    case.close("estimate", estimate.value, np.atleast_1d(wanted["estimate"])[:1])
    result = clustered(estimate)
    case.close("se", result.std_error, np.atleast_1d(wanted["se"])[:1])
    case.close("vcov", _covariance(estimate, result), wanted["vcov"], "se")
    found = robust(estimate, kind="heteroskedastic")
    case.close("se", found.std_error, np.atleast_1d(case.results["hetero"]["se"])[:1])
    assert (found.df == case.results["hetero"]["t_df"]).all()
    # fixest takes p-values of Poisson models from the normal distribution although it reports G - 1 degrees
    # of freedom; ours are from t(G - 1), as for the gaussian family. Both are checked.
    assert (result.df == wanted["t_df"]).all()
    ratio = np.abs(estimate.value / result.std_error)
    np.testing.assert_allclose(2 * stats.norm.sf(ratio), np.atleast_1d(wanted["p"])[:1], rtol=1e-5)
    np.testing.assert_allclose(result.p_value, 2 * stats.t.sf(ratio, wanted["t_df"]), rtol=1e-12)
    assert (result.p_value > np.atleast_1d(wanted["p"])[:1]).all()


def _covariance(estimate, result) -> np.ndarray:
    """The covariance matrix of treatment and covariates, from the moments."""
    sums = estimate.design.cluster.sums(estimate.moments.scores) @ estimate.moments.bread
    whole = sums.T @ sums
    return whole * result.std_error[0] ** 2 / whole[0, 0]
