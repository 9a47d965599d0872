"""Nuisance models of the doubly robust estimators: propensity scores and outcome regressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_STEPS = 60
TOLERANCE = 1e-12
OVERLAP_LIMIT = 0.999  # a treated share fitted above this is a failure of overlap (as in R did)
TRIM = 0.995  # controls with a fitted propensity above this get weight zero (as in R DRDID)
SINGULAR = 1e-12  # reciprocal condition below which a regression is not identified


class NuisanceError(Exception):
    """A nuisance model that is not identified in one cell: ``overlap``, ``singular`` or ``folds``."""


@dataclass(frozen=True, eq=False)
class Propensity:
    """A fitted propensity score.

    Attributes
    ----------
    odds : ndarray, shape (n,)
        p / (1 - p): the weight that makes a control unit stand for the treated; zero where trimmed.
    influence : ndarray, shape (n, p), or None
        Influence values of the coefficients; None for inverse probability tilting, whose
        first-order contribution to the doubly robust estimate is zero.
    """

    odds: Floats
    influence: Floats | None


class Models(Protocol):
    """What the doubly robust estimators ask for: a propensity score and an outcome regression."""

    def propensity(self, x: Floats, treated: Floats, weights: Floats) -> Propensity:
        """Fit the probability of being treated; x has a constant in the first column."""

    def outcome(self, x: Floats, y: Floats, weights: Floats) -> Regression:
        """Fit the columns of y where weights are positive, and predict for all rows."""


def odds_of(p: Floats, treated: Floats) -> Floats:
    """Return p / (1 - p), zero for controls beyond the trimming limit.

    Raises
    ------
    NuisanceError
        If overlap fails.
    """
    if p.max() > OVERLAP_LIMIT:
        raise NuisanceError("overlap")
    kept = (p < TRIM) | (treated == 1)
    return np.where(kept, p / (1 - p), 0.0)


def probability(x: Floats, treated: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit a weighted logit by Newton steps; return coefficients (p,), probabilities (n,), influence (n, p).

    Raises
    ------
    NuisanceError
        If the covariates are collinear, or separate treated from control units.
    """
    n = len(x)
    _inverse((x * weights[:, None]).T @ x)  # collinear covariates are no failure of overlap
    beta = np.zeros(x.shape[1])
    for _ in range(MAX_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -500, 500)))
        information = _inverse((x * (weights * p * (1 - p))[:, None]).T @ x, otherwise="overlap")
        step = information @ (x.T @ (weights * (treated - p)))
        beta = beta + step
        if np.abs(step).max() <= TOLERANCE * (1 + np.abs(beta).max()):
            break
    else:
        raise NuisanceError("overlap")
    p = 1 / (1 + np.exp(-np.clip(x @ beta, -500, 500)))
    information = _inverse((x * (weights * p * (1 - p))[:, None]).T @ x, otherwise="overlap")
    return beta, p, (x * (weights * (treated - p))[:, None]) @ information * n


def logit(x: Floats, treated: Floats, weights: Floats) -> Propensity:
    """Fit a weighted logit; return the odds of being treated.

    Raises
    ------
    NuisanceError
        If the covariates are collinear, or separate treated from control units.
    """
    _, p, influence = probability(x, treated, weights)
    return Propensity(odds_of(p, treated), influence)


def tilting(x: Floats, treated: Floats, weights: Floats) -> Propensity:
    """Fit by inverse probability tilting: the reweighted controls have the covariate means of the treated.

    Graham, Pinto and Egel (2012), doi:10.1093/restud/rdr047, as used by Sant'Anna and Zhao (2020),
    doi:10.1016/j.jeconom.2020.06.003.

    Raises
    ------
    NuisanceError
        If the covariates are collinear, or no such weights exist.
    """
    _inverse((x * weights[:, None]).T @ x)  # as in `logit`
    beta = _logit_start(x, treated, weights)
    target = x.T @ (weights * treated)
    control = weights * (1 - treated)

    def loss(b: Floats) -> float:
        return float(control @ np.exp(np.clip(x @ b, -500, 500)) - target @ b)

    for _ in range(MAX_STEPS):
        odds = np.exp(np.clip(x @ beta, -500, 500))
        information = _inverse((x * (control * odds)[:, None]).T @ x, otherwise="overlap")
        step = information @ (target - x.T @ (control * odds))
        size = 1.0
        while loss(beta + size * step) > loss(beta) + 1e-12 * abs(loss(beta)) and size > 1e-6:
            size /= 2
        beta = beta + size * step
        if np.abs(step).max() <= TOLERANCE * (1 + np.abs(beta).max()):
            break
    else:
        raise NuisanceError("overlap")
    odds = np.exp(x @ beta)
    kept = (odds / (1 + odds) < TRIM) | (treated == 1)
    return Propensity(np.where(kept, odds, 0.0), None)


def _logit_start(x: Floats, treated: Floats, weights: Floats) -> Floats:
    share = float(np.clip(weights @ treated / weights.sum(), 1e-6, 1 - 1e-6))
    start, *_ = np.linalg.lstsq(x, np.full(len(x), np.log(share / (1 - share))), rcond=None)
    return np.asarray(start, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Regression:
    """A weighted least-squares fit of several outcomes on the same covariates.

    Attributes
    ----------
    fitted : ndarray, shape (n, m)
        Predictions for all units, also those outside the fit.
    inverse : ndarray, shape (p, p), or None
        n times the inverse of X'WX over the units of the fit; None for a learner without coefficients,
        whose first-order contribution to the doubly robust estimate is zero.
    scores : ndarray, shape (n, m)
        Weighted residuals: the influence of the coefficients of outcome j is (x * scores[:, j]) @ inverse.
    """

    fitted: Floats
    inverse: Floats | None
    scores: Floats

    def influence_along(self, x: Floats, direction: Floats) -> Floats:
        """Influence of direction' coefficients, one direction for all outcomes: shape (n, m)."""
        if self.inverse is None:
            return np.zeros_like(self.scores)
        return (x @ (self.inverse @ direction))[:, None] * self.scores


def regression(x: Floats, y: Floats, weights: Floats) -> Regression:
    """Regress the columns of y on x where weights are positive.

    Raises
    ------
    NuisanceError
        If the covariates are collinear among these units.
    """
    n = len(x)
    inverse = _inverse((x * weights[:, None]).T @ x)
    fitted = x @ (inverse @ (x.T @ (weights[:, None] * y)))
    return Regression(fitted, inverse * n, weights[:, None] * (y - fitted))


def _inverse(matrix: Floats, otherwise: str = "singular") -> Floats:
    scale = np.sqrt(np.diag(matrix))
    if not np.isfinite(matrix).all() or (scale <= 0).any():
        raise NuisanceError(otherwise)
    unit = matrix / np.outer(scale, scale)
    if 1 / np.linalg.cond(unit) < SINGULAR:
        raise NuisanceError(otherwise)
    return np.asarray(np.linalg.inv(unit) / np.outer(scale, scale))


class Parametric:
    """Logit and least squares, whose coefficients have influence values."""

    def propensity(self, x: Floats, treated: Floats, weights: Floats) -> Propensity:
        """See `logit`."""
        return logit(x, treated, weights)

    def outcome(self, x: Floats, y: Floats, weights: Floats) -> Regression:
        """See `regression`."""
        return regression(x, y, weights)


PARAMETRIC: Models = Parametric()
