"""Linear, Poisson and logit fits of a saturated regression, with unit effects concentrated out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlog1py, xlogy

from evaluation.errors import DesignError
from evaluation.estimators._linear import sweep
from evaluation.estimators._saturated import Saturated

Floats = NDArray[np.float64]

MOST_STEPS = 60
STILL = 1e-9
"""Change of the linear predictor, relative to its size, after which one more Newton step is exact."""

NO_EVENTS = -60.0
"""Predictor of a unit without any event: its Poisson mean of 1e-26 is zero beside those of the others."""


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """What is explained; all arrays (n_units, n_periods), zero where nothing was observed."""

    outcome: Floats
    offset: Floats
    weights: Floats
    family: str
    unit_effects: bool

    def mean(self, predictor: Floats) -> Floats:
        """Return the mean at a linear predictor."""
        if self.family == "gaussian":
            return predictor
        if self.family == "logit":
            return np.asarray(expit(predictor))
        return np.asarray(np.exp(predictor + self.offset))

    def slope(self, mean: Floats) -> Floats:
        """Return the derivative of the mean by the predictor: the variance, since links are canonical."""
        if self.family == "gaussian":
            return np.ones_like(mean)
        return mean * (1 - mean) if self.family == "logit" else mean

    def loss(self, mean: Floats) -> float:
        """Return half the deviance, up to a constant of the data."""
        y = self.outcome
        if self.family == "gaussian":
            return float(np.vdot(self.weights, (y - mean) ** 2) / 2)
        if self.family == "logit":
            return float(-np.vdot(self.weights, xlogy(y, mean) + xlog1py(1 - y, -mean)))
        return float(np.vdot(self.weights, mean - xlogy(y, mean)))

    def start(self) -> float:
        """Return the predictor of the overall mean."""
        average = np.vdot(self.weights, self.outcome) / np.vdot(self.weights, np.exp(self.offset))
        if self.family == "gaussian" or self.unit_effects:
            return 0.0
        return float(np.log(average / (1 - average)) if self.family == "logit" else np.log(average))

    def with_unit_effects(self, predictor: Floats) -> Floats:
        """Add the unit effects that fit best: residuals of each unit then sum to zero."""
        if not self.unit_effects:
            return predictor
        total = np.where(self.weights.any(axis=1), self.weights.sum(axis=1), 1.0)
        if self.family == "gaussian":
            best = (self.weights * (self.outcome - predictor)).sum(axis=1) / total
        else:
            events = (self.weights * self.outcome).sum(axis=1)
            expected = (self.weights * self.mean(predictor)).sum(axis=1)
            best = np.log(np.where(events > 0, events, 1.0) / np.where(expected > 0, expected, 1.0))
            return np.where((events > 0)[:, None], predictor + best[:, None], NO_EVENTS)
        return np.asarray(predictor + best[:, None])


@dataclass(frozen=True, eq=False, repr=False)
class SaturatedFit:
    """A fit and what the delta method needs.

    Attributes
    ----------
    theta : ndarray, shape (K,)
        Zero for what is not identified.
    kept : ndarray of bool, shape (K,)
    predictor : ndarray, shape (n_units, n_periods)
        With unit effects, without offset.
    scores : ndarray, shape (n_units, K)
    bread : ndarray, shape (K, K)
        Inverse information; zero rows for what is not identified.
    unit_slopes : ndarray, shape (n_units, K)
        Derivative of the unit effects with respect to theta.
    """

    theta: Floats
    kept: NDArray[np.bool_]
    predictor: Floats
    scores: Floats
    bread: Floats
    unit_slopes: Floats


def fit_saturated(data: Data, layout: Saturated) -> SaturatedFit:
    """Maximise the (pseudo-)likelihood by Newton steps on the profile of the unit effects.

    Raises
    ------
    DesignError
        If there is no finite estimate.
    """
    theta = np.zeros(layout.n_parameters)
    theta[: layout.z.shape[1]] = data.start()
    kept, still = _identified(data, layout), False
    for _ in range(MOST_STEPS):
        predictor = data.with_unit_effects(layout.predictor(theta))
        mean = data.mean(predictor)
        information, slopes = _information(data, layout, mean)
        bread = _inverse(information, kept, data.family)
        scores = layout.scores(data.weights * (data.outcome - mean))
        if still:
            return SaturatedFit(theta, kept, predictor, scores, bread, slopes)
        theta, change = _line_search(data, layout, theta, bread @ scores.sum(axis=0), predictor)
        still = change <= STILL * (1 + np.abs(predictor).max())
    raise DesignError("no-convergence", what=f"etwfe(family={data.family!r})", iterations=MOST_STEPS)


def _information(data: Data, layout: Saturated, mean: Floats) -> tuple[Floats, Floats]:
    """Information about theta, and the slopes of the unit effects."""
    weights = data.weights * data.slope(mean)
    gram = layout.gram(weights)
    if not data.unit_effects:
        return gram, np.zeros((len(weights), 0))
    sums = layout.scores(weights)
    total = weights.sum(axis=1)[:, None]
    slopes = -np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    return gram + sums.T @ slopes, slopes


def _identified(data: Data, layout: Saturated) -> NDArray[np.bool_]:
    """Parameters that those before them do not explain, at equal variances."""
    scale = np.diag(layout.gram(data.weights))
    gram, _ = _information(data, layout, np.full(data.weights.shape, 0.5))
    factor = 0.25 if data.family == "logit" else 0.5 if data.family == "poisson" else 1.0
    return np.asarray(sweep(gram[None], np.zeros((1, len(gram))), factor * scale[None])[1][0])


def _inverse(information: Floats, kept: NDArray[np.bool_], family: str) -> Floats:
    inner = information[np.ix_(kept, kept)]
    size = np.sqrt(np.maximum(np.diag(inner), 1e-300))
    unit = inner / np.outer(size, size)
    if not np.isfinite(unit).all() or np.linalg.cond(unit) > 1e14:
        raise DesignError("no-convergence", what=f"etwfe(family={family!r})", iterations=MOST_STEPS)
    bread = np.zeros_like(information)
    bread[np.ix_(kept, kept)] = np.linalg.inv(unit) / np.outer(size, size)
    return (bread + bread.T) / 2


def _line_search(
    data: Data, layout: Saturated, theta: Floats, step: Floats, predictor: Floats
) -> tuple[Floats, float]:
    """Halve the step while it makes the fit worse; return the point and how far the predictor moved."""
    before = data.loss(data.mean(predictor))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(40):
            moved = data.with_unit_effects(layout.predictor(theta + step))
            if data.loss(data.mean(moved)) <= before + 1e-12 * abs(before):
                break
            step = step / 2
    return theta + step, float(np.abs(np.where(data.weights > 0, moved - predictor, 0.0)).max())
