"""Wald test of several effects at once, with few clusters: Hotelling's T squared with estimated degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, require
from evaluation.inference._blocks import blocks
from evaluation.inference._leverage import POWERS, Corrected, corrected
from evaluation.inference.clustered import CountEffects, cluster_covariance
from evaluation.inference.methods import METHODS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wald:
    """A joint test.

    Attributes
    ----------
    statistic : float
        F.
    df_num : int
        How many hypotheses.
    df_denom : float
    p_value : float
        NaN where one cluster determines an effect, or there are too few degrees of freedom.
    correction, df : str
        What was asked for.
    n_clusters : int
    """

    statistic: float
    df_num: int
    df_denom: float
    p_value: float
    correction: str
    df: str
    n_clusters: int


def wald(
    estimate: Estimate,
    *,
    contrast: ArrayLike | None = None,
    cluster: str | None = None,
    correction: Literal["CR0", "CR1", "CR2", "CR3"] = "CR2",
    count_effects: CountEffects = "nonnested",
    df: Literal["htz", "clusters"] = "htz",
) -> Wald:
    """Test that several effects, or combinations of effects, are all zero.

    With C the combinations, V their cluster-robust covariance and Q = (C b)' V^-1 (C b),

        F = (eta - r + 1) / (eta r) Q ~ F(r, eta - r + 1),  eta = r (r + 1) / sum_st Var(D_st),

    D the covariance V relative to its mean under independent errors of variance 1/w, and r its rows: V is
    taken as a Wishart matrix with eta degrees of freedom, for one combination Satterthwaite's. The usual
    F = Q / r ~ F(r, G - 1) rejects far too often with few clusters. Pustejovsky and Tipton (2018),
    doi:10.1080/07350015.2016.1247004 (AHZ); Zhang (2012).

    Parameters
    ----------
    estimate : Estimate
        With moments.
    contrast : array, shape (r, k), optional
        Weights of the terms; by default each term on its own. A vector is one combination.
    cluster : str, optional
        A grouping of the design; by default the design's cluster.
    correction : {"CR2", "CR0", "CR1", "CR3"}
    count_effects : {"nonnested", "all", "none"}
        Of CR1, see `clustered`.
    df : {"htz", "clusters"}
        eta, or G - 1.

    Returns
    -------
    Wald

    Raises
    ------
    InferenceError
        If the estimate has no moments, there is one cluster only, an option is unknown, or the rows of the
        contrast are no independent combinations of the terms.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=30, n_treated=12, n_periods=6, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> path = ev.event_study(ev.StudyDesign.from_frame(panel, **columns))
    >>> leads = [[float(term.event_time == when) for term in path.terms] for when in (-3, -2)]
    >>> test = wald(path, contrast=leads)
    >>> test.df_num, bool(test.df_denom < 29)
    (2, True)
    """
    require_option(InferenceError, "wald", "df", df, ("htz", "clusters"))
    require_option(InferenceError, "wald", "correction", correction, tuple(POWERS))
    require(estimate, "moments", "wald", METHODS)
    moments = estimate.moments
    assert moments is not None
    weights = _combinations(contrast, len(estimate.terms))
    whole = cluster_covariance(estimate, cluster=cluster, correction=correction, count_effects=count_effects)
    group = estimate.design.group(cluster) if cluster else estimate.design.cluster
    data = blocks(moments, group)
    combined = weights @ moments.weights_of(len(estimate.terms))
    parts = corrected(data, combined, POWERS[correction], cross=True)
    r, value = len(weights), weights @ estimate.value
    covariance: Floats = weights @ whole @ weights.T
    singular = np.linalg.matrix_rank(covariance, hermitian=True) < r
    square = np.nan if singular else float(value @ np.linalg.solve(covariance, value))
    eta = _eta(parts) if df == "htz" else data.n_clusters + r - 2.0
    statistic = square * ((eta - r + 1) / (eta * r) if df == "htz" else 1 / r)
    alone = correction in ("CR2", "CR3") and parts.alone.any()
    broken = singular or alone or not eta - r + 1 > 0
    return Wald(
        statistic=float("nan") if broken else statistic,
        df_num=r,
        df_denom=eta - r + 1,
        p_value=float("nan") if broken else float(fdtrc(r, eta - r + 1, statistic)),
        correction=correction,
        df=df,
        n_clusters=data.n_clusters,
    )


def _combinations(contrast: ArrayLike | None, k: int) -> Floats:
    weights = np.eye(k) if contrast is None else np.atleast_2d(np.asarray(contrast, dtype=np.float64))
    if weights.ndim != 2 or weights.shape[1] != k or np.linalg.matrix_rank(weights) < len(weights):
        raise InferenceError("bad-contrast", shape=str(weights.shape), terms=k)
    return weights


def _eta(parts: Corrected) -> float:
    """Degrees of freedom of the Wishart matrix that varies as the covariance does.

    The contributions x_gs of cluster g to combination s have the covariances own (within the cluster) less
    the products of shared; the variance of sum_g x_gs x_gt follows for normal errors.
    """
    assert parts.own is not None
    r = parts.shared.shape[1]
    mean = parts.own.sum(axis=0) - np.einsum("gsp,gtp->st", parts.shared, parts.shared)
    values, vectors = np.linalg.eigh(mean)
    if not values[0] > 0:
        return float("nan")
    scale = vectors / np.sqrt(values) @ vectors.T
    own = scale @ parts.own @ scale
    shared = np.einsum("st,gtp->gsp", scale, parts.shared)
    total = 0.0
    for s in range(r):
        for t in range(r):
            inner = np.einsum("gp,gp->g", shared[:, s], shared[:, t])
            squares = [np.einsum("gp,gp->g", shared[:, a], shared[:, a]) for a in (s, t)]
            both = shared[:, s].T @ shared[:, t]
            total += float(
                (own[:, s, s] * own[:, t, t] - own[:, s, s] * squares[1] - own[:, t, t] * squares[0]).sum()
                + (own[:, s, t] ** 2 - 2 * own[:, s, t] * inner).sum()
                + (both**2).sum()
                + (both * both.T).sum()
            )
    return float(r * (r + 1) / total)
