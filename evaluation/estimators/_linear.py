"""Weighted least squares on projected columns: which are identified, coefficients, moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, StudyDesign
from evaluation.estimate import Absorbed, Cells, Moments
from evaluation.estimators._within import n_levels

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COLLINEAR = 1e-9
"""Share of its own variation that must be left of a regressor once the effects and the regressors before it
are taken out; less counts as collinear."""


def own_variation(columns: Floats, weights: Floats) -> Floats:
    """Weighted sum of squares of each column about its mean: the scale against which it is judged.

    Parameters
    ----------
    columns : ndarray, shape (q, n_units, n_periods)
    weights : ndarray, shape (n_units, n_periods)
    """
    total = weights.sum()
    means = np.einsum("it,qit->q", weights, columns) / total
    scale: Floats = np.empty(len(columns))
    for j, column in enumerate(columns):
        centred = column - means[j]
        scale[j] = np.einsum("it,it,it->", weights, centred, centred)
    return np.asarray(scale + 1e-15 * total * means**2)


def sweep(gram: Floats, cross: Floats, scale: Floats) -> tuple[Floats, Flags]:
    """Solve many small normal equations, leaving out regressors that those before them explain.

    Parameters
    ----------
    gram : ndarray, shape (B, q, q)
    cross : ndarray, shape (B, q)
    scale : ndarray, shape (B, q)
        Own variation of each regressor.

    Returns
    -------
    values : ndarray, shape (B, q)
        NaN for a regressor that was left out.
    kept : ndarray of bool, shape (B, q)
    """
    table = np.concatenate([gram, cross[:, :, None]], axis=2)
    kept = np.empty(cross.shape, dtype=bool)
    for j in range(cross.shape[1]):
        pivot = table[:, j, j]
        kept[:, j] = (scale[:, j] > 0) & (pivot > COLLINEAR * scale[:, j])
        safe = np.where(kept[:, j], pivot, 1.0)
        row = np.where(kept[:, j, None], table[:, j] / safe[:, None], 0.0)
        factor = table[:, :, j].copy()
        factor[:, j] = 0.0
        table -= factor[:, :, None] * row[:, None, :]
        table[:, j] = row
    return np.where(kept, table[:, :, -1], np.nan), kept


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A weighted regression on projected columns.

    Attributes
    ----------
    value : ndarray, shape (q,)
    columns : ndarray, shape (q, n_units, n_periods)
        Projected regressors.
    outcome, error : ndarray, shape (n_units, n_periods)
        Projected (working) outcome and residual.
    weights : ndarray, shape (n_units, n_periods)
    bread : ndarray, shape (q, q)
    """

    value: Floats
    columns: Floats
    outcome: Floats
    error: Floats
    weights: Floats
    bread: Floats


def identified(columns: Floats, scale: Floats, weights: Floats, n_terms: int) -> Flags:
    """Tell which regressors are identified; covariates go before the treatments, the first n_terms.

    Parameters
    ----------
    columns : ndarray, shape (q, n_units, n_periods)
        Projected.
    scale : ndarray, shape (q,)
    """
    return identified_by(_gram(columns, weights), scale, n_terms)


def identified_by(gram: Floats, scale: Floats, n_terms: int) -> Flags:
    """Tell the same from the cross products of the projected regressors, shape (q, q)."""
    order = np.roll(np.arange(len(gram)), -n_terms)
    flags = np.empty(len(gram), dtype=bool)
    found = sweep(gram[np.ix_(order, order)][None], np.zeros((1, len(order))), scale[order][None])
    flags[order] = found[1][0]
    return flags


def least_squares(columns: Floats, outcome: Floats, weights: Floats) -> Fit:
    """Regress a projected outcome on projected columns, with one step of iterative refinement."""
    bread = inverse(_gram(columns, weights))
    value = bread @ np.einsum("qit,it,it->q", columns, weights, outcome)
    error = outcome - np.tensordot(value, columns, 1)
    step = bread @ np.einsum("qit,it,it->q", columns, weights, error)
    error -= np.tensordot(step, columns, 1)
    return Fit(value + step, columns, outcome, error, weights, bread)


def inverse(gram: Floats) -> Floats:
    """Invert a positive definite matrix, scaled to a unit diagonal."""
    size = np.sqrt(np.diag(gram))
    whole = np.linalg.inv(gram / size / size[:, None]) / size / size[:, None]
    return np.asarray((whole + whole.T) / 2)


def _gram(columns: Floats, weights: Floats) -> Floats:
    shape = len(columns), weights.size
    return np.asarray((columns * weights).reshape(shape) @ columns.reshape(shape).T)


def unit_moments(fit: Fit, design: StudyDesign, groups: Grouping) -> Moments:
    """Gram, cross product and score of each unit."""

    def lay_out() -> Cells:
        return Cells(fit.columns, fit.outcome, fit.error, fit.weights, groups)

    scores: Floats = np.einsum("qit,it->iq", fit.columns, fit.weights * fit.error)
    return moments_of(design, groups, fit.weights > 0, scores=scores, bread=fit.bread, lay_out=lay_out)


def moments_of(
    design: StudyDesign,
    groups: Grouping,
    used: Flags,
    *,
    scores: Floats,
    bread: Floats,
    lay_out: Callable[[], Cells],
) -> Moments:
    """Moments of a regression that absorbs unit effects and the period effects of groups of units.

    Parameters
    ----------
    used : ndarray of bool, shape (n_units, n_periods)
        Cells that enter.
    """
    units, periods = n_levels(used, groups)
    names = design.names
    own = Grouping(names.unit, np.arange(design.n_units), design.units)
    by = names.time if groups.n_groups == 1 else f"{names.time}^{groups.name}"
    return Moments(
        lay_out=lay_out,
        scores=scores,
        bread=bread,
        n_obs=int(used.sum()),
        n_regressors=len(bread),
        absorbed=(Absorbed(names.unit, units, own), Absorbed(by, periods, groups)),
        used=np.asarray(used.any(axis=1)),
    )
