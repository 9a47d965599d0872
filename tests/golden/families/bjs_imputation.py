"""didimputation::did_imputation: effects imputed from untreated observations."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import imputation
from evaluation.inference import clustered
from tests.golden.case import Case

WRONG_WEIGHTS = "bjs_imputation/castle_weighted"
"""didimputation 0.5.0 multiplies all regressors by the weight and then forms v = -Z (Z0'Z0)^-1 Z1'w, so that
the weight enters squared: its v are not the weights that the outcomes have in its own estimate."""


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    design = _design(case)
    _compare(case, imputation(design), case.results["static"])
    path = imputation(design, by="event_time")
    _compare(case, path, case.results["event"])
    wanted = case.results["event_with_pretrends"]
    if wanted is not None:
        leads = case.options["pretrends"]
        assert leads == list(range(-len(leads), 0))
        whole = imputation(design, by="event_time", pretrends=len(leads))
        _compare(case, whole, wanted, len(leads))
        np.testing.assert_array_equal(whole.value[len(leads) :], path.value)


def _design(case: Case) -> StudyDesign:
    names = dict(re.findall(r"(yname|gname|tname|idname)='([\w.]+)'", case.expected["r_call"]))
    first_stage = case.options["first_stage"] or "~0|"
    covariates = [name for name in re.findall(r"\w+", first_stage.split("|")[0]) if name != "0"]
    return StudyDesign.from_frame(
        case.data(),
        outcome=names["yname"],
        unit=names["idname"],
        time=names["tname"],
        cohort=names["gname"],
        covariates=covariates,
        weights=case.options["weights"],
        cluster=case.options["cluster_var"],
    )


def _compare(case: Case, estimate: Estimate, wanted: dict[str, Any], leads: int = 0) -> None:
    terms, values, errors = (np.atleast_1d(wanted[key]) for key in ("term", "estimate", "se"))
    times = [term.event_time for term in estimate.terms]
    assert times == [None if term == "treat" else float(term) for term in terms]
    case.close("estimate", estimate.value, values)
    found = clustered(estimate, correction="CR0").std_error
    if case.id == WRONG_WEIGHTS:
        right, theirs = _by_matrices(estimate)
        np.testing.assert_allclose(found, right, rtol=1e-9)
        case.close("se", theirs, errors)
        return
    found[:leads] *= np.sqrt(_small_sample(estimate.design, leads)) if leads else 1.0
    case.close("se", found, errors)


def _small_sample(design: StudyDesign, leads: int) -> float:
    """fixest's factor for the regression of the untreated cells, unit effects nested in the clusters."""
    assert design.cohort is not None
    clean = (design.period_numbers < design.cohort[:, None]) & design.observed
    counted = leads + design.covariates.shape[2] + int(clean.any(axis=0).sum())
    clusters = design.cluster.count(clean.any(axis=1))
    return clusters / (clusters - 1) * (clean.sum() - 1) / (clean.sum() - counted)


def _by_matrices(estimate: Estimate) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors with a column for each effect: by the estimate's own weights, and by didimputation's.

    The estimate's own weights, and only they, give the estimate back when the outcomes are weighted by them.
    """
    design = estimate.design
    assert design.cohort is not None
    i, t = np.nonzero(design.observed)
    y, w, start = design.outcome[i, t], design.weights[i, t], design.cohort[i]
    number = design.period_numbers[t]
    treated = number >= start
    regressors = np.hstack([np.eye(design.n_units)[i], np.eye(design.n_periods)[t][:, 1:]])
    errors = []
    for power in (1, 2):
        before = regressors[~treated] * w[~treated, None] ** (power / 2)
        inverse = np.linalg.inv(before.T @ before)
        beta = np.linalg.lstsq(regressors[~treated] * w[~treated, None] ** 0.5, (y * w**0.5)[~treated])[0]
        gap = y - regressors @ beta
        found = []
        for term, value in zip(estimate.terms, estimate.value, strict=True):
            chosen = treated if term.event_time is None else number - start == term.event_time
            v = np.where(chosen, w, 0.0) / w[chosen].sum()
            load = (regressors[treated] * w[treated, None] ** (power - 1)).T @ v[treated]
            v[~treated] = -w[~treated] * (regressors[~treated] @ inverse @ load)
            assert (abs(v @ y - value) < 1e-9) == (power == 1)
            left = gap.copy()
            for g, s in {*zip(start[chosen], number[chosen], strict=True)}:
                cell = chosen & (start == g) & (number == s)
                left[cell] -= v[cell] ** 2 @ gap[cell] / (v[cell] @ v[cell])
            found.append(np.sqrt((np.bincount(i, v * left) ** 2).sum()))
        errors.append(np.array(found))
    return errors[0], errors[1]
