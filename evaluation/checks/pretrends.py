"""Whether the effects before treatment are jointly zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from evaluation.design import Note
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimate.check import CheckResult
from evaluation.inference.clustered import cluster_covariance
from evaluation.inference.size_study import FEW_TREATED

Floats = NDArray[np.float64]

SINGULAR = 1e-12  # reciprocal condition of the correlation matrix below which the test means nothing


def pretrends(estimate: Estimate, *, level: float = 0.05) -> CheckResult:
    r"""Test jointly that all q effects before treatment (and its anticipation) are zero.

    .. math:: W = \hat\theta' \hat V^{-1} \hat\theta

    with the cluster-robust covariance. Regressions (estimates with moments) have the small-sample factor in
    V, and W / q is compared with F(q, G - 1); estimates with influence values only have none, and W is
    compared with chi-squared(q). Not passing is a warning; passing is no proof of parallel
    trends, since the test has little power in short panels (Roth 2022, doi:10.1257/aeri.20210236).

    Parameters
    ----------
    estimate : Estimate
        With influence and terms that have an event time.
    level : float
        The check passes where the p-value is at least this.

    Returns
    -------
    CheckResult
        Table: event_time, cohort, estimate, std_error. Numbers: statistic (W / q with F, else W), df,
        df_second (G - 1, with F only), p_value, clusters, level. Not judged (`passed` is None) with a note
        where the covariance is singular, as with more terms than clusters, and with fewer than ten treated
        clusters, where cluster-robust tests reject too often.

    Raises
    ------
    DesignError
        If no term lies before treatment.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=60, n_treated=20, n_periods=8, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> pretrends(ev.aggregate(ev.att_gt(design), by="event_time")).numbers["df"] > 0
    True
    """
    lead = estimate.design.anticipation
    before = [i for i, term in enumerate(estimate.terms) if _is_before(term.event_time, lead)]
    if estimate.influence is None or not before:
        raise DesignError("no-pre-period-terms")
    influence = estimate.influence[:, before]
    usable = np.isfinite(influence).all(axis=0) & (influence != 0).any(axis=0)
    chosen = np.array(before)[usable]
    if not len(chosen):
        raise DesignError("no-pre-period-terms")
    group, small_sample = estimate.design.cluster, estimate.moments is not None
    every = cluster_covariance(estimate, correction="CR1" if small_sample else "CR0")
    covariance = every[np.ix_(chosen, chosen)]
    value = estimate.value[chosen]
    table = pd.DataFrame(
        {
            "event_time": [estimate.terms[i].event_time for i in chosen],
            "cohort": pd.Series([estimate.terms[i].cohort for i in chosen], dtype=object),
            "estimate": value,
            "std_error": np.sqrt(np.diag(covariance)),
        }
    )
    numbers: dict[str, float | int] = {"df": len(chosen), "clusters": group.n_groups}
    if _is_singular(covariance, group.n_groups):
        return CheckResult("pretrends", None, table, numbers, (Note("pretrends_singular", numbers),))
    statistic = float(value @ np.linalg.solve(covariance, value))
    p_value = float(chdtrc(len(chosen), statistic))
    if small_sample:
        statistic, second = statistic / len(chosen), group.n_groups - 1
        p_value = float(fdtrc(len(chosen), second, statistic))
        numbers["df_second"] = second
    treated = estimate.design.n_treated_clusters
    numbers |= {"statistic": statistic, "p_value": p_value, "level": level, "treated_clusters": treated}
    if treated < FEW_TREATED:
        note = Note("pretrends_few_treated", {"treated_clusters": treated, "clusters": group.n_groups})
        return CheckResult("pretrends", None, table, numbers, (note,))
    return CheckResult("pretrends", p_value >= level, table, numbers)


def _is_before(event_time: float | None, lead: int) -> bool:
    return event_time is not None and event_time < -lead


def _is_singular(covariance: Floats, clusters: int) -> bool:
    size = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(size, size)
    return len(covariance) >= clusters or bool(1 / np.linalg.cond(correlation) < SINGULAR)
