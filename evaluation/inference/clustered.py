"""Cluster-robust standard errors: CR0, CR1 with the small-sample rule of fixest, CR2 and CR3."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from evaluation.design import Grouping, Note
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Moments, require
from evaluation.inference._blocks import blocks
from evaluation.inference._leverage import POWERS, Corrected, corrected
from evaluation.inference.methods import METHODS
from evaluation.inference.size_study import few_treated

Floats = NDArray[np.float64]
Correction = Literal["CR0", "CR1", "CR2", "CR3"]
CountEffects = Literal["nonnested", "all", "none"]
Degrees = Literal["auto", "clusters", "satterthwaite"]

_NAMES = {"CR0": "clustered", "CR1": "clustered", "CR2": "clustered_cr2", "CR3": "clustered_cr3"}


def clustered(
    estimate: Estimate,
    *,
    cluster: str | None = None,
    correction: Correction = "CR1",
    count_effects: CountEffects = "nonnested",
    df: Degrees = "auto",
    conf_level: float = 0.95,
) -> Inference:
    """Make standard errors that allow for any correlation within clusters.

    With scores s_g summed over the units of cluster g and bread B = (X'WX)^-1, effects projected out,

        V = c B (sum_g s_g s_g') B,  c = G / (G - 1) x (N - 1) / (N - K)

    and t(G - 1) for p-values and intervals. Liang and Zeger (1986), doi:10.1093/biomet/73.1.13; on c and on
    few clusters Cameron and Miller (2015), doi:10.3368/jhr.50.2.317. K counts the regressors and the absorbed
    effects, less those nested in the clusters (each such set still counts as one), as fixest does. Estimates
    with influence values psi only have V = G / (G - 1) sum_g psi_g psi_g' / n^2.

    CR2 and CR3 correct the residuals of a cluster for its leverage H_gg = X_g B X_g', by (I - H_gg)^-1/2 and
    (I - H_gg)^-1; c is one. CR2 is unbiased under independent errors, CR3 is the jackknife that leaves out a
    cluster, without its factor (G - 1) / G. Both count period effects among the regressors. With weights the
    working variance of an error is 1/w. Bell and McCaffrey (2002), Survey Methodology 28, 169-181;
    Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004; on CR3 MacKinnon, Nielsen and Webb
    (2023), doi:10.1016/j.jeconom.2022.04.001.

    Parameters
    ----------
    estimate : Estimate
        With moments or influence values.
    cluster : str, optional
        A grouping of the design; by default the design's cluster.
    correction : {"CR1", "CR0", "CR2", "CR3"}
        CR0 leaves out c.
    count_effects : {"nonnested", "all", "none"}
        Of CR1: which absorbed effects K counts; "all" is the textbook's rule with dummies.
    df : {"auto", "clusters", "satterthwaite"}
        G - 1, or Satterthwaite's degrees of freedom of each term; by default these for CR2 and CR3.
    conf_level : float

    Returns
    -------
    Inference
        std_error, df, p_value, conf_low, conf_high, each of shape (k,). Note ``few_treated_clusters`` where
        fewer than ten clusters are treated: CR0 and CR1 are then too small. Note ``cluster_alone`` counts the
        terms that one cluster determines: CR2 and CR3 do not exist for them and are NaN.

    Raises
    ------
    InferenceError
        If there is one cluster only, an option is unknown, or the estimate carries neither contract; CR2,
        CR3 and Satterthwaite's degrees of freedom need moments.

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
    require_option(InferenceError, "clustered", "df", df, ("auto", "clusters", "satterthwaite"))
    group, used = _clusters(estimate, cluster)
    satterthwaite = df == "satterthwaite" or (df == "auto" and correction in ("CR2", "CR3"))
    covariance, parts = _covariance(estimate, group, correction, count_effects, satterthwaite=satterthwaite)
    degrees = np.full(len(estimate.terms), group.count(used) - 1.0)
    if parts is not None and satterthwaite:
        degrees = parts.df
    error = np.sqrt(np.diag(covariance))
    notes = _notes(estimate, group, used, correction)
    if parts is not None and correction in ("CR2", "CR3") and parts.alone.any():
        error = np.where(parts.alone, np.nan, error)
        notes += (Note("cluster_alone", {"terms": int(parts.alone.sum()), "of": len(error)}),)
    return _t(_NAMES[correction], estimate, error, degrees, conf_level, notes)


def cluster_covariance(
    estimate: Estimate,
    *,
    cluster: str | None = None,
    correction: Correction = "CR1",
    count_effects: CountEffects = "nonnested",
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
    return _covariance(estimate, _clusters(estimate, cluster)[0], correction, count_effects)[0]


def _covariance(
    estimate: Estimate,
    group: Grouping,
    correction: str,
    count_effects: str,
    *,
    satterthwaite: bool = False,
) -> tuple[Floats, Corrected | None]:
    """Return the covariance, and the leverage of the clusters where something needs it."""
    require_option(InferenceError, "clustered", "correction", correction, tuple(POWERS))
    require_option(InferenceError, "clustered", "count_effects", count_effects, ("nonnested", "all", "none"))
    moments = estimate.moments
    used = np.ones(estimate.design.n_units, dtype=bool) if moments is None else moments.used
    n_clusters = group.count(used)
    if n_clusters < 2:
        raise InferenceError("one-cluster", clusters=n_clusters, column=group.name)
    parts = None
    if satterthwaite or correction in ("CR2", "CR3"):
        require(estimate, "moments", f"clustered with {correction}", METHODS)
        assert moments is not None
        parts = corrected(blocks(moments, group), moments.weights_of(len(estimate.terms)), POWERS[correction])
        sums = parts.sums
    else:
        sums = _sums(estimate, group)
    covariance: Floats = sums.T @ sums
    if correction == "CR1":
        covariance = covariance * n_clusters / (n_clusters - 1)
        if moments is not None:
            counted = parameters(moments, group, count_effects)
            covariance = covariance * (moments.n_obs - 1) / (moments.n_obs - counted)
    return covariance, parts


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


def parameters(moments: Moments, group: Grouping, count_effects: str) -> int:
    """K: regressors, and the absorbed effects that count."""
    levels = [effects.n_levels for effects in moments.absorbed]
    if count_effects == "none" or not levels:
        return moments.n_regressors
    every = moments.n_regressors + sum(levels) - (len(levels) - 1)
    if count_effects == "all":
        return every
    nested = [effects.n_levels for effects in moments.absorbed if effects.groups.nested_in(group)]
    return every - sum(nested) + len(nested)


def _t(
    method: str, estimate: Estimate, error: Floats, df: Floats, conf_level: float, notes: tuple[Note, ...]
) -> Inference:
    error = np.where(error > 0, error, np.nan)
    reach = stdtrit(df, (1 + conf_level) / 2) * error
    return Inference.of(
        method,
        len(error),
        conf_level=conf_level,
        std_error=error,
        df=df,
        p_value=2 * stdtr(df, -np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
        notes=notes,
    )


def _notes(estimate: Estimate, group: Grouping, used: NDArray[np.bool_], correction: str) -> tuple[Note, ...]:
    if correction in ("CR2", "CR3"):
        return ()
    treated = group.count(estimate.design.treated_units & used)
    method = "clustered_cr0" if correction == "CR0" else "clustered"
    return few_treated(method, clusters=group.count(used), treated=treated)
