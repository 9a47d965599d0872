"""Weighted polynomials on one side of a cutoff, and the variance of their coefficients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Positions = NDArray[np.int64]

NEIGHBOURS = 3
"""How many nearest observations estimate the variance of one (Calonico, Cattaneo and Titiunik 2014)."""

KERNELS: dict[str, Callable[[Floats], Floats]] = {
    "triangular": lambda u: 1 - np.abs(u),
    "epanechnikov": lambda u: 0.75 * (1 - u**2),
    "uniform": lambda u: np.full(len(u), 0.5),
}
ERRORS = ("nn", "hc0", "hc1", "hc2", "hc3")


@dataclass(frozen=True, eq=False)
class Side:
    """The observations on one side of the cutoff.

    Attributes
    ----------
    x : ndarray, shape (n,)
        Running variable less the cutoff.
    columns : ndarray, shape (n, k)
        Outcome, then treatment received where the design is fuzzy, then covariates.
    weights : ndarray, shape (n,)
    clusters : ndarray of int, shape (n,), or None
    fuzzy : bool
    """

    x: Floats
    columns: Floats
    weights: Floats
    clusters: Positions | None
    fuzzy: bool

    @property
    def n_main(self) -> int:
        """How many of the columns come before the covariates."""
        return 2 if self.fuzzy else 1


@dataclass(frozen=True, eq=False)
class Fit:
    """A polynomial of one order within one bandwidth.

    Attributes
    ----------
    side : Side
    bandwidth : float
    rows : ndarray of bool, shape (n,)
        Observations with a positive kernel weight.
    basis : ndarray, shape (m, order + 1)
        Powers of x.
    weights : ndarray, shape (m,)
    bread : ndarray, shape (order + 1, order + 1)
        Inverse of basis' W basis.
    beta : ndarray, shape (order + 1, k)
    """

    side: Side
    bandwidth: float
    rows: Bools
    basis: Floats
    weights: Floats
    bread: Floats
    beta: Floats

    @property
    def scores(self) -> Floats:
        """Rows of the basis times their weights, shape (m, order + 1)."""
        return self.basis * self.weights[:, None]

    @property
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix, shape (m,)."""
        leverage: Floats = np.einsum("ij,jk,ik->i", self.basis, self.bread, self.scores)
        return leverage


def fit(side: Side, order: int, bandwidth: float, kernel: str) -> Fit:
    """Fit a polynomial with kernel weights to all columns."""
    weights = kernel_weights(side, bandwidth, kernel)
    rows = weights > 0
    basis, w = np.vander(side.x[rows], order + 1, increasing=True), weights[rows]
    root = np.linalg.qr(basis * np.sqrt(w)[:, None], mode="r")
    half = np.linalg.inv(root)
    bread = half @ half.T
    beta = bread @ ((basis * w[:, None]).T @ side.columns[rows])
    return Fit(side, bandwidth, rows, basis, w, bread, beta)


def kernel_weights(side: Side, bandwidth: float, kernel: str) -> Floats:
    """Return the kernel's weight of each observation, times its own; zero beyond the bandwidth."""
    u = side.x / bandwidth
    weights: Floats = np.where(np.abs(u) <= 1, KERNELS[kernel](u), 0.0) / bandwidth * side.weights
    return weights


def residuals(of: Fit, errors: str, within: Bools) -> Floats:
    """Return one residual for each value, whose squares estimate variances, shape (n, k).

    Parameters
    ----------
    of : Fit
    errors : {"nn", "hc0", "hc1", "hc2", "hc3"}
        Difference from the nearest observations, or from the polynomial.
    within : ndarray of bool, shape (n,)
        Observations that the estimate uses: neighbours are looked for among them, and "hc1" counts them.
    """
    found = np.zeros_like(of.side.columns)
    if errors == "nn":
        found[within] = _from_neighbours(of.side.x[within], of.side.columns[within])
        return found
    left = of.side.columns[of.rows] - of.basis @ of.beta
    if errors == "hc1":
        m = int(within.sum())
        left *= np.sqrt(m / (m - of.basis.shape[1]))
    if errors in ("hc2", "hc3"):
        left /= (1 - of.leverage)[:, None] ** (0.5 if errors == "hc2" else 1.0)
    found[of.rows] = left
    return found


def _from_neighbours(x: Floats, values: Floats) -> Floats:
    """Return sqrt(J / (J + 1)) times the distance from the mean of the J nearest; all ties count."""
    order = np.argsort(x, kind="stable")
    low, high = _reach(x[order], min(NEIGHBOURS, len(x) - 1))
    sums = np.vstack([np.zeros(values.shape[1]), values[order].cumsum(axis=0)])
    others = (high - low - 1)[:, None]
    mean = (sums[high] - sums[low] - values[order]) / others
    found = np.empty_like(values)
    found[order] = np.sqrt(others / (others + 1)) * (values[order] - mean)
    return found


def _reach(x: Floats, nearest: int) -> tuple[Positions, Positions]:
    """Return for each of the sorted x the slice of those as near to it as its J-th nearest other."""
    offsets = np.arange(len(x))[:, None] + np.arange(2 * nearest + 1)
    around = np.concatenate([np.full(nearest, -np.inf), x, np.full(nearest, np.inf)])[offsets]
    distance = np.abs(around - x[:, None])
    inside = distance <= np.sort(distance, axis=1)[:, [nearest]]
    first, last = inside.argmax(axis=1), 2 * nearest - inside[:, ::-1].argmax(axis=1)
    each = np.arange(len(x))
    low = np.searchsorted(x, around[each, first], side="left")
    return low, np.searchsorted(x, around[each, last], side="right")


def covariance(of: Fit, weights: Floats, errors: str) -> Floats:
    """Return the covariance of the coefficients of one combination of the values."""
    clusters = None if of.side.clusters is None else of.side.clusters[of.rows]
    residual = residuals(of, errors, of.rows)[of.rows] @ weights
    moments = by_cluster(of.scores * residual[:, None], clusters) @ of.bread
    return np.asarray(finite_sample(clusters, of.basis.shape[1]) * moments.T @ moments)


def by_cluster(moments: Floats, clusters: Positions | None) -> Floats:
    """Return the sums within clusters; the rows themselves without clusters."""
    if clusters is None:
        return moments
    labels, codes = np.unique(clusters, return_inverse=True)
    sums = np.zeros((len(labels), moments.shape[1]))
    np.add.at(sums, codes, moments)
    return sums


def finite_sample(clusters: Positions | None, parameters: int) -> float:
    """Return the factor of the variance for a finite number of clusters; one without clusters."""
    if clusters is None:
        return 1.0
    n, g = len(clusters), len(np.unique(clusters))
    return (n - 1) / (n - parameters) * g / (g - 1)


def coefficients(fits: tuple[Fit, ...]) -> Floats:
    r"""Return what to take of each covariate from the outcomes, shape (n_main, k - n_main).

    Least squares of outcome and treatment on the covariates within the kernel's weights, polynomials of all
    the fits projected out: one common coefficient on both sides, as in Calonico and others (2019).
    """
    k = fits[0].side.n_main
    p = fits[0].side.columns.shape[1] - k
    gram, cross = np.zeros((p, p)), np.zeros((p, k))
    for one in fits:
        values = one.side.columns[one.rows]
        projected = one.scores.T @ values
        inner = values.T @ (values * one.weights[:, None]) - projected.T @ one.bread @ projected
        gram, cross = gram + inner[k:, k:], cross + inner[k:, :k]
    return np.asarray(np.linalg.pinv(gram) @ cross)


def combination(jump: Floats, gamma: Floats | None, *, fuzzy: bool) -> Floats:
    """Return the derivative of the estimate by each jump, shape (k,).

    One for a sharp design; of the ratio of two jumps for a fuzzy one; adjusted for covariates.
    """
    k = 2 if fuzzy else 1
    adjust = np.eye(k) if gamma is None else np.column_stack([np.eye(k), -gamma.T])
    if not fuzzy:
        return np.asarray(adjust[0])
    outcome, treatment = adjust @ jump
    return np.asarray(np.array([1 / treatment, -outcome / treatment**2]) @ adjust)
