"""clubSandwich: CR0 to CR3 with Satterthwaite's degrees of freedom, joint tests by HTZ and the naive F.

Left out: CR3 of regressions with dummies nested in the clusters, where the reference inverts a singular
matrix (on castle_state its result is 0.05 % off the jackknife, which ours equals); and, with weights, what
depends on the working variance: the reference takes 1, this package 1/w (see docs/methods/clustered.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import clustered, wald
from tests.golden.case import Case
from tests.golden.dense import pooled

KINDS = ("CR0", "CR1", "CR1S", "CR2", "CR3")


def not_covered(case: Case) -> list[str]:
    left = [kind for kind in KINDS if kind in case.results and not _compared(case, kind)]
    if _weighted(case):
        left += [f"{kind} df_satt, wald_HTZ" for kind in KINDS if _compared(case, kind)]
    return left


def _weighted(case: Case) -> bool:
    return bool(case.options.get("weights"))


def _compared(case: Case, kind: str) -> bool:
    if "se" not in case.results.get(kind, {}) or (kind == "CR3" and case.id.endswith("castle_state")):
        return False
    return not (_weighted(case) and kind in ("CR2", "CR3"))


def check(case: Case) -> None:
    estimate = _pooled(case) if "nofe" in case.id else _fit(case)
    at = [case.results["terms"].index(term.name) for term in estimate.terms]
    case.close("se", estimate.value, np.array(case.results["coef"])[at])
    group = case.options["cluster"]
    for kind in filter(lambda kind: _compared(case, kind), KINDS):
        _compare(case, estimate, case.results[kind], kind, group, at)
    if _weighted(case):
        error, df = _working_variance_of_one(case)
        case.close("se", error, case.results["CR2"]["se"][0])
        case.close("df", df, case.results["CR2"]["df_satt"][0])


def _working_variance_of_one(case: Case) -> tuple[float, float]:
    """CR2 of the treatment as the reference takes it with weights, in matrices as large as the data."""
    frame, w = case.data(), case.data()[case.options["weights"]].to_numpy(float)
    parts = [frame[case.options["coefs"]], *(pd.get_dummies(frame[name]) for name in ("district", "quarter"))]
    x = np.column_stack([part.to_numpy(float) for part in parts])
    inverse = np.linalg.pinv((x.T * w) @ x, rcond=1e-12)
    rest = np.eye(len(x)) - x @ inverse @ (x.T * w)
    error = rest @ frame["y"].to_numpy()
    total, vectors = 0.0, []
    for code in frame[case.options["cluster"]].unique():
        at = np.flatnonzero((frame[case.options["cluster"]] == code).to_numpy())
        values, axes = np.linalg.eigh(rest[at] @ rest[at].T)
        factor = np.divide(1.0, np.sqrt(np.abs(values)), out=np.zeros_like(values), where=values > 1e-10)
        row = axes @ (factor * (axes.T @ (w[at] * (x[at] @ inverse[:, 0]))))
        total += float(row @ error[at]) ** 2
        vectors.append(rest[at].T @ row)
    roots = np.linalg.eigvalsh(np.array(vectors) @ np.array(vectors).T)
    return total**0.5, float(roots.sum() ** 2 / (roots**2).sum())


def _compare(
    case: Case, estimate: Estimate, wanted: dict[str, Any], kind: str, group: str, at: list[int]
) -> None:
    correction = "CR1" if kind == "CR1S" else kind
    count = "all" if kind == "CR1S" else "none"
    cluster = None if group == estimate.design.names.unit else group
    options: dict[str, Any] = {"correction": correction, "count_effects": count, "cluster": cluster}
    result = clustered(estimate, df="satterthwaite", **options)
    error = result.std_error
    if kind == "CR1" and estimate.moments is not None:  # the reference's CR1 has the factor of G only
        moments = estimate.moments
        error = error * np.sqrt((moments.n_obs - moments.n_regressors) / (moments.n_obs - 1))
    if kind == "CR1S" and "plm" in case.id:  # there without the unit effects: 2 regressors and 23 periods
        moments = estimate.moments
        assert moments is not None
        every = moments.n_regressors + sum(part.n_levels for part in moments.absorbed) - 1
        error = error * np.sqrt((moments.n_obs - every) / (moments.n_obs - 25))
    case.close("se", error, np.array(wanted["se"])[at])
    tests = [df for df in ("HTZ", "Naive-F") if df == "Naive-F" or not _weighted(case)]
    for name in [name for name in tests if f"wald_{name}" in wanted]:
        joint = wald(estimate, df="htz" if name == "HTZ" else "clusters", **options)
        f = joint.statistic * (result.std_error[0] / error[0]) ** 2  # the same factors as above
        theirs = wanted[f"wald_{name}"]
        known = [theirs[key] for key in ("F", "df_num", "df_denom")]
        case.close("df", [f, joint.df_num, joint.df_denom], known)
        np.testing.assert_allclose(stats.f.sf(f, joint.df_num, joint.df_denom), theirs["p"], rtol=1e-4)
        if (error == result.std_error).all():
            np.testing.assert_allclose(joint.p_value, theirs["p"], rtol=1e-4)
    if not _weighted(case):
        case.close("df", result.df, np.array(wanted["df_satt"])[at])
        p_value = 2 * stats.t.sf(np.abs(estimate.value / error), result.df)
        np.testing.assert_allclose(p_value, np.array(wanted["p_satt"])[at], rtol=1e-4, err_msg=case.id)
        if (error == result.std_error).all():
            np.testing.assert_allclose(result.p_value, p_value, rtol=1e-10)


def _fit(case: Case) -> Estimate:
    """One estimate per coefficient would do; the treatments are all of those reported, in one."""
    options = case.options
    outcome, _ = options["formula"].split("~")
    unit = "sid" if "castle" in case.id else "district"
    design = StudyDesign.from_frame(
        case.data(),
        outcome=outcome,
        unit=unit,
        time="year" if "castle" in case.id else "quarter",
        treatment=options["coefs"],
        weights=options.get("weights"),
        groups=[options["cluster"]] if options["cluster"] != unit else [],
    )
    return twfe(design)


def _pooled(case: Case) -> Estimate:
    frame = case.data()
    return pooled(
        frame,
        outcome="y",
        terms=list(case.options["coefs"]),
        others=np.ones((len(frame), 1)),
        unit="district",
        time="quarter",
        group="region",
    )
