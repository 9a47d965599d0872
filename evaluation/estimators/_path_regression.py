"""A two-way fixed effects regression on regressors by path: what event studies and their kin share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import DesignError, listed
from evaluation.estimate import Cells, Moments
from evaluation.estimators._columns import cells_that_enter
from evaluation.estimators._linear import moments_of
from evaluation.estimators._paths import PathFit, Paths, fit_paths
from evaluation.estimators._within import Within, within

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Regression:
    """What is left of a regression for an estimate.

    Attributes
    ----------
    kept : ndarray of bool, shape (q,)
        Which regressors by path are identified.
    value : ndarray, shape (k,)
        Their coefficients.
    influence : ndarray, shape (n_units, k)
    moments : Moments
    notes : tuple of Note
        About cells and covariates that were left out.
    """

    kept: NDArray[np.bool_]
    value: Floats
    influence: Floats
    moments: Moments
    notes: tuple[Note, ...]


def regress(design: StudyDesign, paths: Paths, groups: Grouping, names: Sequence[str]) -> Regression:
    """Regress the outcome on regressors by path, the covariates, unit effects and period effects.

    Parameters
    ----------
    paths : Paths
        q regressors.
    groups : Grouping
        Units that share period effects.
    names : sequence of str, length q
        Of the regressors, for messages.

    Raises
    ------
    DesignError
        If none of the q is identified.
    """
    weights, notes = cells_that_enter(design, groups, names)
    projection = within(weights, groups)
    covariates = np.ascontiguousarray(design.covariates.transpose(2, 0, 1))
    outcome = projection.residual(np.where(weights > 0, design.outcome, 0.0))
    fit = fit_paths(paths, covariates, outcome, projection)
    kept, others = np.split(fit.kept, [len(names)])
    if not kept.any():
        raise DesignError("not-identified", term=listed(names))
    lost = tuple(name for name, stays in zip(design.names.covariates, others, strict=True) if not stays)
    if lost:
        notes += (Note("collinear_dropped", {"names": lost}),)
    k = int(kept.sum())
    influence = design.n_units * fit.scores @ fit.bread[:, :k]
    moments = _moments(design, groups, paths, outcome=outcome, fit=fit, projection=projection)
    return Regression(kept, fit.value[:k].copy(), influence, moments, notes)


def _moments(
    design: StudyDesign, groups: Grouping, paths: Paths, *, outcome: Floats, fit: PathFit, projection: Within
) -> Moments:
    weights = projection.weights

    def lay_out() -> Cells:
        raw = np.concatenate([paths.columns(), design.covariates.transpose(2, 0, 1)])[fit.kept]
        columns = projection.residual(raw)
        return Cells(columns, outcome, outcome - np.tensordot(fit.value, columns, 1), weights, groups)

    return moments_of(design, groups, weights > 0, scores=fit.scores, bread=fit.bread, lay_out=lay_out)
