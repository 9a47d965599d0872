"""Group-time effects without covariates under many assignments at once: differences of group means.

With groups of units by first treated period, an effect is a difference of four means: of the treated and of
their controls, in the period and in its base period. The sums behind them are products of indicators of the
assignments, (B, n_units) for each group, with the outcomes, (n_units, n_periods).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.estimate import Term
from evaluation.estimators._cells import Cell, controls_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NUMBERS = 2_000_000  # sums of groups and periods held at once


@dataclass(frozen=True, eq=False, repr=False)
class GroupMeans:
    """Effects under assignments.

    Attributes
    ----------
    starts : ndarray, shape (n_groups,)
        First treated periods, also those after the last period and inf, sorted.
    group : ndarray of int, shape (n_units,)
        Which of them each unit has.
    weights : ndarray, shape (n_units, n_periods), or (n_units, 1) on a balanced panel
    weighted : ndarray, shape (n_units, n_periods)
        Weights times outcomes, these less what cancels out (that keeps the digits).
    cells : mapping of Term to Cell
    """

    starts: Floats
    group: Integers
    weights: Floats
    weighted: Floats
    cells: dict[Term, Cell]

    def values(self, sources: Integers, terms: Sequence[Term]) -> Floats:
        """Return the effects, (B, n_units) -> (B, len(terms)), NaN where one is not identified."""
        rows = max(1, _NUMBERS // (len(self.starts) * self.weighted.shape[1]))
        parts = [self._chunk(sources[i : i + rows], terms) for i in range(0, len(sources), rows)]
        return np.concatenate(parts)

    def _chunk(self, sources: Integers, terms: Sequence[Term]) -> Floats:
        means = _Means(*self._sums(self.group[sources]))
        values = np.full((len(terms), len(sources)), np.nan)
        for value, term in zip(values, terms, strict=True):
            cell = self.cells[term]
            treated = self.starts == cell.cohort
            controls = controls_of(self.starts, cell)
            if cell.is_reference:
                known = means.present(treated) & (means.present(controls) | np.isfinite(cell.horizon))
                value[known] = 0.0
            else:
                value[:] = means.change(treated, cell) - means.change(controls, cell)
        return values.T

    def _sums(self, groups: Integers) -> tuple[Floats, Floats]:
        """Sum outcomes and weights by group and period under assignments: (n_groups, n_periods, B)."""
        n_periods = self.weighted.shape[1]
        outcomes = np.empty((len(self.starts), n_periods, len(groups)))
        weights = np.empty((len(self.starts), self.weights.shape[1], len(groups)))
        for g in range(len(self.starts)):
            members = (groups == g).astype(np.float64).T
            outcomes[g] = self.weighted.T @ members
            weights[g] = self.weights.T @ members
        return outcomes, np.broadcast_to(weights, outcomes.shape)


@dataclass(frozen=True, eq=False, repr=False)
class _Means:
    outcomes: Floats
    weights: Floats

    def present(self, groups: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether some unit is in these groups, shape (B,)."""
        return np.asarray((self.weights[groups] > 0).any(axis=(0, 1)))

    def change(self, groups: NDArray[np.bool_], cell: Cell) -> Floats:
        """Mean of some groups in the period of a cell less that in its base period, shape (B,)."""
        return self._of(groups, cell.period) - self._of(groups, cell.base)

    def _of(self, groups: NDArray[np.bool_], period: int) -> Floats:
        size = self.weights[groups, period].sum(axis=0)
        total = self.outcomes[groups, period].sum(axis=0)
        mean: Floats = np.divide(total, size, out=np.full(size.shape, np.nan), where=size > 0)
        return mean


def group_means(design: StudyDesign, cohort: Floats, cells: dict[Term, Cell]) -> GroupMeans:
    """Lay out the sums.

    On a balanced panel changes are averaged with the weights of the first period, so that the mean of a unit
    cancels out; with gaps the means of either period, so that only the mean of all cancels out.
    """
    starts, group = np.unique(cohort, return_inverse=True)
    seen = design.observed
    outcome = np.where(seen, design.outcome, 0.0)
    if design.is_balanced:
        weights = design.weights[:, :1]
        outcome = outcome - outcome.mean(axis=1, keepdims=True)
    else:
        weights = np.where(seen, design.weights, 0.0)
        outcome = outcome - outcome.sum() / seen.sum()
    return GroupMeans(starts, group.ravel(), weights, weights * outcome, cells)
