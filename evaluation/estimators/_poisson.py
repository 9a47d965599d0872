"""Poisson pseudo-maximum likelihood with absorbed effects, by iteratively reweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import DesignError
from evaluation.estimators._linear import Fit, least_squares
from evaluation.estimators._within import group_sums, within, without_singletons

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_STEPS = 100
CONVERGED = 1e-12  # change of the deviance, relative
_STILL = 1e-5  # change of the linear predictor; the step after it is smaller than its square


@dataclass(frozen=True, eq=False, repr=False)
class Counts:
    """What is explained: outcome, logarithm of the exposure and weights of the cells that enter.

    All arrays have shape (n_units, n_periods); outcome and offset are zero where the weight is.
    """

    outcome: Floats
    offset: Floats
    weights: Floats
    groups: Grouping

    def start(self) -> Floats:
        """Linear predictor half way between the outcome and its overall rate."""
        exposure = np.exp(self.offset)
        rate = np.vdot(self.weights, self.outcome) / np.vdot(self.weights, exposure)
        return np.asarray(np.log((self.outcome + rate * exposure) / 2))

    def deviance(self, predictor: Floats) -> float:
        """2 sum w (y log(y / mu) - (y - mu))."""
        mean = np.exp(predictor)
        distance = xlogy(self.outcome, self.outcome) - self.outcome * predictor - (self.outcome - mean)
        return float(2 * np.vdot(self.weights, distance))


def counts(design: StudyDesign, groups: Grouping) -> tuple[Counts, tuple[Note, ...]]:
    """Choose the cells: units and periods whose outcome is zero throughout say nothing, their effect is -inf.

    Raises
    ------
    DesignError
        If an outcome is negative.
    """
    observed = design.observed
    outcome = np.where(observed, design.outcome, 0.0)
    negative = outcome < 0
    if negative.any():
        i, t = np.argwhere(negative)[0]
        where = f"{design.units[i]}, {design.periods[t]}: {outcome[i, t]:g}"
        raise DesignError("negative-outcome", count=int(negative.sum()), example=where)
    kept, units, periods = _without_zeros(outcome, observed, groups)
    alone = without_singletons(kept, groups)
    while (alone != kept).any():
        kept, more_units, more_periods = _without_zeros(outcome, alone, groups)
        units, periods = units + more_units, periods + more_periods
        alone = without_singletons(kept, groups)
    lost = design.n_obs - int(kept.sum())
    note = Note("separated_dropped", {"units": units, "periods": periods, "observations": lost})
    exposure = np.ones(kept.shape) if design.exposure is None else design.exposure
    offset = np.where(kept, np.log(exposure), 0.0)
    weights = np.where(kept, design.weights, 0.0)
    return Counts(np.where(kept, outcome, 0.0), offset, weights, groups), (note,) if lost else ()


def _without_zeros(outcome: Floats, observed: Flags, groups: Grouping) -> tuple[Flags, int, int]:
    kept, units, periods = observed, 0, 0
    while True:
        events = np.where(kept, outcome, 0.0)
        empty_unit = kept.any(axis=1) & (events.sum(axis=1) == 0)
        seen = group_sums(groups, kept.astype(np.float64)) > 0
        empty_period = seen & (group_sums(groups, events) == 0)
        if not empty_unit.any() and not empty_period.any():
            return kept, units, periods
        units, periods = units + int(empty_unit.sum()), periods + int(empty_period.sum())
        kept = kept & ~empty_unit[:, None] & ~empty_period[groups.codes]


def poisson_fit(data: Counts, columns: Floats, names: str, start: Floats | None = None) -> tuple[Fit, Floats]:
    """Fit by iteratively reweighted least squares; every step is an exact weighted within-projection.

    Parameters
    ----------
    data : Counts
    columns : ndarray, shape (q, n_units, n_periods)
        Regressors, not projected.
    names : str
        For messages.
    start : ndarray, shape (n_units, n_periods), optional
        Linear predictor.

    Returns
    -------
    fit : Fit
        Of the last working regression.
    predictor : ndarray, shape (n_units, n_periods)
        Logarithm of the fitted mean.

    Raises
    ------
    DesignError
        If there is no finite estimate, or the iterations do not converge.
    """
    observed = data.weights > 0
    predictor = np.where(observed, data.start() if start is None else start, 0.0)
    deviance = np.inf  # the start lies outside the model and may fit better than any of its members
    for _ in range(MOST_STEPS):
        _, proposed = _step(data, columns, predictor)
        moved, proposed, change = _halved(data, predictor, proposed, deviance)
        predictor, last, deviance = proposed, deviance, moved
        if abs(last - deviance) <= CONVERGED * (abs(deviance) + 0.1):
            if change <= _STILL:
                return _step(data, columns, predictor)
            if change > 0.1:
                raise DesignError("no-finite-estimate", term=names)
    raise DesignError("no-convergence", what=f"twfe(family='poisson') of {names}", iterations=MOST_STEPS)


def _step(data: Counts, columns: Floats, predictor: Floats) -> tuple[Fit, Floats]:
    mean = np.exp(predictor)
    working = predictor - data.offset + (data.outcome - mean) / mean
    working[data.weights == 0] = 0.0
    weights = data.weights * mean
    projected = within(weights, data.groups).residual(np.concatenate([working[None], columns]))
    fit = least_squares(projected[1:], projected[0], weights)
    return fit, np.where(data.weights > 0, data.offset + working - fit.error, 0.0)


def _halved(
    data: Counts, predictor: Floats, proposed: Floats, deviance: float
) -> tuple[float, Floats, float]:
    """Go back half way while the step makes the deviance worse."""
    with np.errstate(over="ignore", invalid="ignore"):
        moved = data.deviance(proposed)
        for _ in range(30):
            if moved <= deviance + 1e-9 * (abs(deviance) + 0.1):
                break
            proposed = (predictor + proposed) / 2
            moved = data.deviance(proposed)
    return moved, proposed, float(np.abs(proposed - predictor).max())
