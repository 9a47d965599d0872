"""Corrections for the leverage of clusters: CR2, CR3 and Satterthwaite degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.inference._blocks import Blocks

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

POWERS = {"CR0": 0.0, "CR1": 0.0, "CR2": 0.5, "CR3": 1.0}
"""Power a of (I - H_gg)^-a by which the residuals of a cluster are corrected."""

ALONE = 1e-8
"""A cluster whose leverage is within this of one determines a coefficient alone."""


@dataclass(frozen=True, eq=False)
class Corrected:
    """Contributions of the clusters to the errors of k terms, and what is known of their variance.

    Attributes
    ----------
    sums : ndarray, shape (G, k)
        Corrected contributions: the variance is the sum of their squares.
    df : ndarray, shape (k,)
        Satterthwaite's degrees of freedom under independent errors of variance 1/w.
    alone : ndarray of bool, shape (k,)
        A single cluster determines the term: leaving it out leaves nothing to estimate.
    shared : ndarray, shape (G, k, p)
        Contributions of clusters g and h have, under such errors, minus the product of these as covariance;
        those of the same cluster own beside it.
    own : ndarray, shape (G, k, k), or None
        Where it was asked for.
    """

    sums: Floats
    df: Floats
    alone: Flags
    shared: Floats
    own: Floats | None


def corrected(data: Blocks, weights: Floats, power: float, *, cross: bool = False) -> Corrected:
    """Correct the contributions of the clusters for their leverage.

    With X scaled by the root of the weights, (X'X)^-1 = RR', U L U' the eigenvectors and eigenvalues of
    R'X_g'X_g R, and C the terms' weights times R: the contribution C U (I - L)^-a U'R's_g is that of
    (I - H_gg)^-a e_g, in matrices of the size of the regressors instead of the cluster.

    Parameters
    ----------
    data : Blocks
    weights : ndarray, shape (k, q)
        The terms as combinations of the coefficients.
    power : float
        a.
    cross : bool
        Whether to return `own`, which is large with many terms.
    """
    n, (k, q) = data.n_clusters, weights.shape
    sums, own = np.zeros((n, k)), np.zeros((n, k))
    shared = np.zeros((n, k, len(data.bread) + len(data.period_root)))
    alone = np.zeros(k, dtype=bool)
    crossed = np.zeros((n, k, k)) if cross else None
    for clusters, levels in data.parts():
        root = data.root(levels)
        gram = root.T @ data.cross_products(clusters, levels) @ root
        values, vectors = np.linalg.eigh(gram)
        free = 1.0 - values > ALONE
        factor = np.where(free, np.where(free, 1.0 - values, 1.0) ** -power, 0.0)
        terms = (weights @ root[:q]) @ vectors  # C U, (c, k, p)
        scores = np.concatenate([data.scores[clusters], data.period_scores[clusters][:, levels]], axis=1)
        seen = np.einsum("cpr,cp->cr", root @ vectors, scores)
        sums[clusters] = np.einsum("ckr,cr,cr->ck", terms, factor, seen)
        own[clusters] = np.einsum("ckr,cr->ck", terms**2, values * factor**2)
        if crossed is not None:
            crossed[clusters] = np.einsum("ckr,clr,cr->ckl", terms, terms, values * factor**2)
        columns = np.concatenate([np.arange(q), q + levels])
        shared[np.ix_(clusters, np.arange(k), columns)] = np.einsum(
            "ckr,cr,cpr->ckp", terms, values * factor, vectors
        )
        alone |= ((np.abs(terms) > ALONE * np.abs(terms).max()) & ~free[:, None, :]).any(axis=(0, 2))
    return Corrected(sums, _satterthwaite(own, shared), alone, shared, crossed)


def _satterthwaite(own: Floats, shared: Floats) -> Floats:
    """tr(P)^2 / tr(P^2), P = diag(own) - shared shared' for each term."""
    squares = np.einsum("gkp,gkp->gk", shared, shared)
    trace = (own - squares).sum(axis=0)
    products = np.einsum("gkp,gkr->kpr", shared, shared)
    square = (own**2 - 2 * own * squares).sum(axis=0) + np.einsum("kpr,kpr->k", products, products)
    return np.asarray(np.divide(trace**2, square, out=np.full_like(trace, np.nan), where=square > 0))
