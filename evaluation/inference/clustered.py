"""Cluster-robust standard errors with the small-sample rule of fixest."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from evaluation.design import Grouping, Note
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Moments, require
from evaluation.inference.methods import METHODS
from evaluation.inference.size_study import few_treated

Floats = NDArray[np.float64]


def clustered(
    estimate: Estimate,
    *,
    cluster: str | None = None,
    correction: Literal["CR1", "CR0"] = "CR1",
    count_effects: Literal["nonnested", "all", "none"] = "nonnested",
    conf_level: float = 0.95,
) -> Inference:
    """Make standard errors that allow for any correlation within clusters.

    With scores s_g summed over the units of cluster g and bread B = (X'WX)^-1, effects projected out,

        V = c B (sum_g s_g s_g') B,  c = G / (G - 1) x (N - 1) / (N - K)

    and t(G - 1) for p-values and intervals. Liang and Zeger (1986), doi:10.1093/biomet/73.1.13; on c and on
    few clusters Cameron and Miller (2015), doi:10.3368/jhr.50.2.317. K counts the regressors and the absorbed
    effects, less those nested in the clusters (each such set still counts as one), as fixest does. Estimates
    with influence values psi only have V = G / (G - 1) sum_g psi_g psi_g' / n^2.

    Parameters
    ----------
    estimate : Estimate
        With moments or influence values.
    cluster : str, optional
        A grouping of the design; by default the design's cluster.
    correction : {"CR1", "CR0"}
        CR0 leaves out c.
    count_effects : {"nonnested", "all", "none"}
        Which absorbed effects K counts; "all" is the textbook's rule with dummies.
    conf_level : float

    Returns
    -------
    Inference
        std_error, df, p_value, conf_low, conf_high, each of shape (k,). Note ``few_treated_clusters`` where
        fewer than ten clusters are treated: the standard error is then too small.

    Raises
    ------
    InferenceError
        If there is one cluster only, an option is unknown, or the estimate carries neither contract.

    Examples
    --------
    >>> import evaluation as ev
    >>> from evaluation.simulate import did_panel
    >>> panel = did_panel(n_units=40, n_treated=15, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> ev.twfe(design).infer(clustered).tidy().df.tolist()
    [39.0]
    """
    covariance = cluster_covariance(
        estimate, cluster=cluster, correction=correction, count_effects=count_effects
    )
    group, used = _clusters(estimate, cluster)
    df = group.count(used) - 1
    error = np.sqrt(np.diag(covariance))
    return _t(estimate, error, df, conf_level, _notes(estimate, group, used))


def cluster_covariance(
    estimate: Estimate,
    *,
    cluster: str | None = None,
    correction: Literal["CR1", "CR0"] = "CR1",
    count_effects: Literal["nonnested", "all", "none"] = "nonnested",
) -> Floats:
    """Return the covariance of all terms, shape (k, k), and by its diagonal the variances of `clustered`.

    Raises
    ------
    InferenceError
        As `clustered`.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=20, n_treated=9, n_periods=5, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> cluster_covariance(ev.event_study(ev.StudyDesign.from_frame(panel, **columns))).shape
    (4, 4)
    """
    require_option(InferenceError, "clustered", "correction", correction, ("CR1", "CR0"))
    require_option(InferenceError, "clustered", "count_effects", count_effects, ("nonnested", "all", "none"))
    group, used = _clusters(estimate, cluster)
    n_clusters, moments = group.count(used), estimate.moments
    if n_clusters < 2:
        raise InferenceError("one-cluster", clusters=n_clusters, column=group.name)
    sums = _sums(estimate, group)
    covariance: Floats = sums.T @ sums
    if correction == "CR1":
        covariance = covariance * n_clusters / (n_clusters - 1)
        if moments is not None:
            counted = _parameters(moments, group, count_effects)
            covariance = covariance * (moments.n_obs - 1) / (moments.n_obs - counted)
    return covariance


def _clusters(estimate: Estimate, cluster: str | None) -> tuple[Grouping, NDArray[np.bool_]]:
    """Return the clusters, and the units that enter the estimate."""
    group = estimate.design.group(cluster) if cluster else estimate.design.cluster
    if estimate.moments is None:
        require(estimate, "influence", "clustered", METHODS)
        return group, np.ones(estimate.design.n_units, dtype=bool)
    return group, estimate.moments.used


def _sums(estimate: Estimate, group: Grouping) -> Floats:
    """Contribution of each cluster to the estimate's error, shape (n_clusters, k)."""
    if estimate.moments is not None:
        return group.sums(estimate.moments.scores) @ estimate.moments.loadings(len(estimate.terms))
    assert estimate.influence is not None
    return group.sums(estimate.influence) / estimate.design.n_units


def _parameters(moments: Moments, group: Grouping, count_effects: str) -> int:
    """K: regressors, and the absorbed effects that count."""
    levels = [effects.n_levels for effects in moments.absorbed]
    if count_effects == "none" or not levels:
        return moments.n_regressors
    every = moments.n_regressors + sum(levels) - (len(levels) - 1)
    if count_effects == "all":
        return every
    nested = [effects.n_levels for effects in moments.absorbed if effects.groups.nested_in(group)]
    return every - sum(nested) + len(nested)


def _t(estimate: Estimate, error: Floats, df: int, conf_level: float, notes: tuple[Note, ...]) -> Inference:
    error = np.where(error > 0, error, np.nan)
    reach = float(stdtrit(df, (1 + conf_level) / 2)) * error
    return Inference.of(
        "clustered",
        len(error),
        conf_level=conf_level,
        std_error=error,
        df=np.full(len(error), float(df)),
        p_value=2 * stdtr(df, -np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
        notes=notes,
    )


def _notes(estimate: Estimate, group: Grouping, used: NDArray[np.bool_]) -> tuple[Note, ...]:
    treated = group.count(estimate.design.treated_units & used)
    return few_treated("clustered", clusters=group.count(used), treated=treated)
