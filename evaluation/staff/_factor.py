"""One common factor by maximum likelihood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
SMALLEST = 1e-3
"""Smallest unique variance, as a share of the item's variance: below it the fit is a Heywood case."""


def one_factor(covariance: Floats, start: Floats | None = None) -> tuple[Floats, Floats]:
    r"""Fit one common factor to a covariance matrix.

    .. math:: \Sigma = \lambda \lambda' + \mathrm{diag}(\psi),\quad
              F = \log|\Sigma| + \mathrm{tr}(S \Sigma^{-1}) - \log|S| - p

    Jöreskog (1967), doi:10.1007/BF02289658. Unique variances are at least `SMALLEST` of the item's.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
    start : ndarray, shape (2 p,), optional
        Loadings and logarithms of unique variances of the items in units of their standard deviations.

    Returns
    -------
    tuple of ndarray, each of shape (p,)
        Loadings (the sum is not negative) and unique variances.

    Examples
    --------
    >>> loading = np.array([0.9, 0.8, 0.7, 0.6])
    >>> found, unique = one_factor(np.outer(loading, loading) + np.diag(1 - loading**2))
    >>> found.round(4).tolist()
    [0.9, 0.8, 0.7, 0.6]
    """
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    p = len(scale)
    if start is None:
        start = np.concatenate([np.full(p, 0.6), np.log(np.full(p, 0.64))])
    bounds = [(-2.0, 2.0)] * p + [(np.log(SMALLEST), np.log(2.0))] * p
    found = minimize(
        _discrepancy, start, args=(correlation,), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 1000},
    )  # fmt: skip
    loading, unique = found.x[:p], np.exp(found.x[p:])
    sign = 1.0 if loading.sum() >= 0 else -1.0
    return sign * loading * scale, unique * scale**2


def _discrepancy(values: Floats, correlation: Floats) -> tuple[float, Floats]:
    """Return the discrepancy without its constant, and its gradient."""
    p = len(correlation)
    loading, unique = values[:p], np.exp(values[p:])
    inverse = _inverse(loading, unique)
    log_det = np.log(unique).sum() + np.log1p((loading**2 / unique).sum())
    slope = inverse - inverse @ correlation @ inverse
    gradient = np.concatenate([2 * slope @ loading, np.diag(slope) * unique])
    return float(log_det + (correlation * inverse).sum()), gradient


def _inverse(loading: Floats, unique: Floats) -> Floats:
    """Invert loading loading' + diag(unique)."""
    weighted = loading / unique
    return np.asarray(np.diag(1 / unique) - np.outer(weighted, weighted) / (1 + weighted @ loading))
