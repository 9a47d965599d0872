"""The effect of each cell: on a balanced panel many at once, on an unbalanced one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import RepeatedCrossSection, StudyDesign
from evaluation.estimate.nuisance import Models, NuisanceError
from evaluation.estimators import _repeated, _two_by_two
from evaluation.estimators._cells import Cell, control_key, controls_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Learned = Callable[[Integers], Models]


@dataclass(frozen=True, eq=False)
class CellFit:
    """The effect of one cell.

    Attributes
    ----------
    value : float
        NaN where there is a problem.
    rows : ndarray of int, shape (m,)
        Units that make up the cell; the influence of all others is zero.
    influence : ndarray, shape (m,)
    problem : str
        ``controls``, ``overlap``, ``singular``, ``folds``, or empty.
    """

    value: float
    rows: Integers
    influence: Floats
    problem: str = ""


_NO_ROWS = np.empty(0, dtype=np.int64)


def _reference() -> CellFit:
    return CellFit(0.0, _NO_ROWS, np.empty(0))


def _failed(problem: str) -> CellFit:
    return CellFit(np.nan, _NO_ROWS, np.empty(0), problem)


@dataclass(frozen=True, eq=False)
class BalancedPanel:
    """Balanced panel: all periods that share controls and covariates are fitted at once."""

    design: StudyDesign
    cohort: Floats
    method: str
    learned: Learned | None = None

    @cached_property
    def _cohorts(self) -> Floats:
        """All cohorts, also those that start after the last period: they may anticipate it."""
        return np.unique(self.cohort)

    @cached_property
    def _constant(self) -> bool:
        """Whether covariates do not change, so that all base periods have the same."""
        return bool((self.design.covariates == self.design.covariates[:, :1]).all())

    def fits(self, cells: list[Cell]) -> Iterator[tuple[Cell, CellFit]]:
        """Yield the fit of each cell of one cohort."""

        def key(cell: Cell) -> tuple[bool, float, int]:
            base = 0 if self._constant else cell.base
            return cell.is_reference, control_key(self._cohorts, cell), base

        for (reference, *_), group in groupby(sorted(cells, key=key), key=key):
            together = list(group)
            if reference:
                yield from ((cell, _reference()) for cell in together)
            else:
                yield from zip(together, self._fit(together), strict=True)

    def _fit(self, cells: list[Cell]) -> list[CellFit]:
        design, cell = self.design, cells[0]
        controls = controls_of(self.cohort, cell)
        if not controls.any():
            return [_failed("controls")] * len(cells)
        rows = np.flatnonzero(controls | (self.cohort == cell.cohort))
        outcome = design.outcome[rows]
        weights = design.weights[rows, 0]
        comparison = _two_by_two.Comparison(
            change=outcome[:, [c.period for c in cells]] - outcome[:, [c.base for c in cells]],
            treated=(self.cohort[rows] == cell.cohort).astype(np.float64),
            x=_with_constant(design.covariates[rows, cell.base]),
            weights=weights / weights.mean(),
        )
        try:
            found = self._estimate(comparison, rows)
        except NuisanceError as error:
            return [_failed(str(error))] * len(cells)
        scale = design.n_units / len(rows)
        return [CellFit(float(a), rows, scale * i) for a, i in zip(found.att, found.influence.T, strict=True)]

    def _estimate(self, comparison: _two_by_two.Comparison, units: Integers) -> _two_by_two.Difference:
        if comparison.x.shape[1] == 1:
            return _two_by_two.unconditional(comparison)
        if self.learned is not None:
            return _two_by_two.doubly_robust(comparison, self.learned(units))
        return _two_by_two.METHODS[self.method](comparison)


@dataclass(frozen=True, eq=False)
class Observations:
    """Observations in rows, period after period, and the unit that the influence of each belongs to.

    Attributes
    ----------
    unit, period : ndarray of int, shape (n,)
    outcome, cohort, weights : ndarray, shape (n,)
    covariates : ndarray, shape (n, p)
    n_units, n_periods : int
    """

    unit: Integers
    period: Integers
    outcome: Floats
    cohort: Floats
    weights: Floats
    covariates: Floats
    n_units: int
    n_periods: int

    @classmethod
    def of(cls, design: StudyDesign | RepeatedCrossSection) -> Observations:
        """Take the observed cells of a panel, or the observations of cross-sections."""
        assert design.cohort is not None
        at: Any
        if isinstance(design, RepeatedCrossSection):
            unit = at = np.argsort(design.period, kind="stable")
            period = design.period[at]
        else:
            period, unit = np.nonzero(design.observed.T)
            at = unit, period
        return cls(
            unit=unit,
            period=period,
            outcome=design.outcome[at],
            cohort=design.cohort[unit],
            weights=design.weights[at],
            covariates=design.covariates[at],
            n_units=design.n_units,
            n_periods=design.n_periods,
        )

    def pooled(self, at: Integers, cell: Cell) -> _repeated.Pooled:
        """Lay out the observations of one cell."""
        weights = self.weights[at]
        return _repeated.Pooled(
            outcome=self.outcome[at],
            post=(self.period[at] == cell.period).astype(np.float64),
            treated=(self.cohort[at] == cell.cohort).astype(np.float64),
            x=_with_constant(self.covariates[at]),
            weights=weights / weights.mean() if len(weights) else weights,
        )


@dataclass(frozen=True, eq=False)
class PooledPeriods:
    """Observations of a period and its base period pooled: unbalanced panels and repeated cross-sections.

    Attributes
    ----------
    rows : Observations
    method : str
    learned : Callable, optional
        Units of the observations -> models in the place of logit and least squares.
    """

    rows: Observations
    method: str
    learned: Learned | None = None

    @cached_property
    def _starts(self) -> Integers:
        """Where each period begins among the rows, shape (n_periods + 1,)."""
        return np.asarray(np.searchsorted(self.rows.period, np.arange(self.rows.n_periods + 1)))

    def _of(self, cell: Cell, period: int) -> Integers:
        """Rows of a period that enter a cell."""
        first, end = self._starts[period : period + 2]
        cohort = self.rows.cohort[first:end]
        used: Integers = first + np.flatnonzero(controls_of(cohort, cell) | (cohort == cell.cohort))
        return used

    def fits(self, cells: list[Cell]) -> Iterator[tuple[Cell, CellFit]]:
        """Yield the fit of each cell of one cohort."""
        for cell in cells:
            yield cell, _reference() if cell.is_reference else self._fit(cell)

    def _fit(self, cell: Cell) -> CellFit:
        rows = self.rows
        at = np.concatenate([self._of(cell, t) for t in (cell.base, cell.period)])
        pooled = rows.pooled(at, cell)
        if not np.bincount((2 * pooled.post + pooled.treated).astype(np.int64), minlength=4).all():
            return _failed("controls")
        try:
            found = self._estimate(pooled, rows.unit[at])
        except NuisanceError as error:
            return _failed(str(error))
        total = np.bincount(rows.unit[at], weights=found.influence[:, 0], minlength=rows.n_units)
        units = np.flatnonzero(total)
        influence = total[units].astype(np.float64) * (rows.n_units / len(at))
        return CellFit(float(found.att[0]), units, influence)

    def _estimate(self, pooled: _repeated.Pooled, units: Integers) -> _two_by_two.Difference:
        if pooled.x.shape[1] == 1:
            return _repeated.unconditional(pooled)
        if self.learned is not None:
            return _repeated.doubly_robust(pooled, self.learned(units))
        return _repeated.METHODS[self.method](pooled)


def _with_constant(x: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), x])
