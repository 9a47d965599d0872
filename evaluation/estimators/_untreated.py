"""Outcomes without treatment: fitted in the untreated cells, imputed in the treated ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError
from evaluation.estimators._cohorts import Cohorts, cohorts_of
from evaluation.estimators._columns import period_groups
from evaluation.estimators._linear import identified, least_squares, own_variation
from evaluation.estimators._within import Within, group_sums, within

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STRAY = 1e-6
"""Share of its largest value by which a null vector of the effects may miss its fit in a cell: the rounding
of an eigenvector is 1e-10 or less, a cell whose effects are not determined misses by a share of order one."""


@dataclass(frozen=True, eq=False, repr=False)
class Untreated:
    """The regression of the untreated cells, and what it leaves of the outcome of every cell.

    Attributes
    ----------
    design : StudyDesign
    cohorts : Cohorts
    projection : Within
        Its weights are zero in treated cells.
    outcome : ndarray, shape (n_units, n_periods)
        Less what unit and period effects alone predict.
    gap : ndarray, shape (n_units, n_periods)
        Outcome less its fitted value (untreated cells) or its imputed value (treated cells: the effect).
    covariates : ndarray, shape (p, n_units, n_periods)
        Less what unit and period effects predict.
    bread : ndarray, shape (p, p)
    imputed : ndarray of bool, shape (n_units, n_periods)
        Treated cells that were observed and whose outcome without treatment is determined.
    notes : tuple of Note
    """

    design: StudyDesign
    cohorts: Cohorts
    projection: Within
    outcome: Floats
    gap: Floats
    covariates: Floats
    bread: Floats
    imputed: Flags
    notes: tuple[Note, ...]

    def first_stage(self, table: Floats, weights: Floats) -> Floats:
        r"""Influence of the estimated regression on weighted sums of gaps.

        The sums are :math:`\sum_{it} w_{it} c_{g(i),t} \hat u_{it}`. Their derivative by the coefficients is
        minus the same sum of the regressors; unit effects drop out, since residuals are orthogonal to them.

        Parameters
        ----------
        table : ndarray, shape (n_cohorts, n_periods, k)
            c: what a unit of weight adds to each sum.
        weights : ndarray, shape (n_units, n_periods)

        Returns
        -------
        ndarray, shape (n_units, k)
        """
        projection = self.projection
        scores = projection.weights * self.gap
        effects = self._period_effects(table, weights)
        if len(effects) == 1:
            found = scores @ effects[0]
        else:
            found = np.einsum("it,itk->ik", scores, effects[projection.groups.codes])
        if len(self.covariates):
            sums = [self.cohorts.sums(weights * column) for column in self.covariates]
            slopes = self.bread @ np.einsum("jct,ctk->jk", np.stack(sums), table)
            found += np.einsum("it,jit->ij", scores, self.covariates) @ slopes
        return np.asarray(-found)

    def _period_effects(self, table: Floats, weights: Floats) -> Floats:
        """Period coefficients of the projection of the weighted regressors: (n_groups, n_periods, k)."""
        projection, codes = self.projection, self.projection.groups.codes
        per_unit = self.cohorts.spread(weights, table)
        slope = None if projection.trend is None else self.cohorts.spread(weights * projection.trend, table)
        shares = projection.weights / projection.totals[:, None]
        effects = np.empty((projection.groups.n_groups, table.shape[1], table.shape[2]))
        for group in range(len(effects)):
            rows = codes == group
            own = weights if len(effects) == 1 else weights * rows[:, None]
            sums = np.einsum("ct,ctk->tk", self.cohorts.sums(own), table)
            sums -= shares[rows].T @ per_unit[rows]
            if projection.trend is not None and slope is not None:
                sums -= (projection.weights * projection.trend)[rows].T @ slope[rows]
            effects[group] = projection.inverse[group] @ sums
        return effects


def untreated(
    design: StudyDesign, *, what: str, unit_trends: bool, period_effects_by: str | None
) -> Untreated:
    """Fit unit effects, period effects and covariates in the untreated cells.

    Parameters
    ----------
    design : StudyDesign
    what : str
        The estimator, named in errors.
    unit_trends : bool
        Each unit has a linear trend of its own.
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, or no treated cell can be imputed.
    """
    if design.cohort is None:
        raise DesignError("not-absorbing", what=what)
    clean = design.period_numbers < design.cohort[:, None] - design.anticipation
    treated = design.observed & ~clean
    if not treated.any():
        raise _nothing(design, treated, what)
    times = design.period_numbers if unit_trends else None
    projection = within(np.where(clean, design.weights, 0.0), period_groups(design, period_effects_by), times)
    outcome = projection.residual(np.where(design.observed, design.outcome, 0.0))
    columns, lost, stray = _covariates(design, projection)
    gap, bread = outcome, np.empty((0, 0))
    if len(columns):
        fit = least_squares(columns, outcome, projection.weights)
        gap, bread = fit.error, fit.bread
    imputed = treated & _determined(projection) & ~stray
    if not imputed.any():
        raise _nothing(design, treated, what)
    notes = (Note("collinear_dropped", {"names": lost}),) if lost else ()
    return Untreated(
        design=design,
        cohorts=cohorts_of(design),
        projection=projection,
        outcome=outcome,
        gap=np.where(clean | imputed, gap, 0.0) * design.observed,
        covariates=columns,
        bread=bread,
        imputed=imputed,
        notes=notes + _not_imputed(design, treated & ~imputed),
    )


def _covariates(design: StudyDesign, projection: Within) -> tuple[Floats, tuple[str, ...], Flags]:
    """Return the identified covariates less effects, the names of others, the cells that those would move."""
    raw = np.ascontiguousarray(design.covariates.transpose(2, 0, 1))
    stray = np.zeros(design.outcome.shape, dtype=bool)
    if not len(raw):
        return raw, (), stray
    weights = projection.weights
    projected = projection.residual(raw)
    flags = identified(projected, own_variation(raw, weights), weights, 0)
    kept = projected[flags]
    for j in np.flatnonzero(~flags):
        left = least_squares(kept, projected[j], weights).error if len(kept) else projected[j]
        stray |= np.abs(left) > _STRAY * np.abs(raw[j]).max()
    lost = tuple(name for name, found in zip(design.names.covariates, flags, strict=True) if not found)
    return kept, lost, stray


def _determined(projection: Within) -> Flags:
    """Tell in which cells the sum of unit and period effects is determined, shape (n_units, n_periods).

    A vector of period effects that the unit effects (and trends) can undo in every untreated cell may be
    added to a solution. The fitted value of a cell is determined where they undo it there too.
    """
    stray = np.zeros(projection.weights.shape, dtype=bool)
    for vector in _null_vectors(projection).swapaxes(0, 1):
        field = (
            np.broadcast_to(vector[0], stray.shape) if len(vector) == 1 else vector[projection.groups.codes]
        )
        stray |= np.abs(field - projection.unit_fit(field)) > _STRAY
    return ~stray


def _null_vectors(projection: Within) -> Floats:
    """Null vectors of the period effects, each with largest value 1: (n_groups, most vectors, n_periods)."""
    root = np.sqrt(group_sums(projection.groups, projection.weights))
    scale = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    found = []
    for inverse, up, down in zip(projection.inverse, root, scale, strict=True):
        # the normalised Laplacian is at most 1, so its inverse is 0 (null space) or at least 1
        values, vectors = np.linalg.eigh(inverse * up * up[:, None])
        null = (vectors[:, values < 0.5] * down[:, None]).T
        largest = np.abs(null).max(axis=1)
        found.append(null[largest > 0] / largest[largest > 0, None])
    padded = np.zeros((len(found), max(len(null) for null in found), root.shape[1]))
    for group, null in enumerate(found):
        padded[group, : len(null)] = null
    return padded


def _nothing(design: StudyDesign, treated: Flags, what: str) -> DesignError:
    """Name the first treated cell, if there is one: a part of a design may hold none."""
    found = [f"{design.units[i]}, {design.periods[t]}" for i, t in np.argwhere(treated)[:1]]
    return DesignError("nothing-imputed", cells=int(treated.sum()), what=what, example="".join(found))


def _not_imputed(design: StudyDesign, cells: Flags) -> tuple[Note, ...]:
    if not cells.any():
        return ()
    names = tuple(str(design.units[i]) for i in np.flatnonzero(cells.any(axis=1)))
    return (Note("not_imputed", {"observations": int(cells.sum()), "names": names}),)
