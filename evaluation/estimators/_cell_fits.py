"""The effect of each cell: on a balanced panel many at once, on an unbalanced one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.estimators import _repeated, _two_by_two
from evaluation.estimators._cells import Cell, cohorts_of, control_key, controls_of
from evaluation.estimators._nuisance import NuisanceError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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
        ``controls``, ``overlap``, ``singular``, or empty.
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

    @cached_property
    def _cohorts(self) -> Floats:
        return cohorts_of(self.design, self.cohort)

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
        plain = comparison.x.shape[1] == 1
        method = _two_by_two.unconditional if plain else _two_by_two.METHODS[self.method]
        try:
            found = method(comparison)
        except NuisanceError as error:
            return [_failed(str(error))] * len(cells)
        scale = design.n_units / len(rows)
        return [CellFit(float(a), rows, scale * i) for a, i in zip(found.att, found.influence.T, strict=True)]


@dataclass(frozen=True, eq=False)
class PooledPeriods:
    """Unbalanced panel: all observations of a period and its base period, linked by unit for inference."""

    design: StudyDesign
    cohort: Floats
    method: str

    def fits(self, cells: list[Cell]) -> Iterator[tuple[Cell, CellFit]]:
        """Yield the fit of each cell of one cohort."""
        for cell in cells:
            yield cell, _reference() if cell.is_reference else self._fit(cell)

    def _fit(self, cell: Cell) -> CellFit:
        design = self.design
        used = controls_of(self.cohort, cell) | (self.cohort == cell.cohort)
        where = [(t, np.flatnonzero(used & design.observed[:, t])) for t in (cell.base, cell.period)]
        units = np.concatenate([rows for _, rows in where])
        times = np.concatenate([np.full(len(rows), t) for t, rows in where])
        weights = design.weights[units, times]
        pooled = _repeated.Pooled(
            outcome=design.outcome[units, times],
            post=(times == cell.period).astype(np.float64),
            treated=(self.cohort[units] == cell.cohort).astype(np.float64),
            x=_with_constant(design.covariates[units, times]),
            weights=weights / weights.mean() if len(weights) else weights,
        )
        if not np.bincount((2 * pooled.post + pooled.treated).astype(np.int64), minlength=4).all():
            return _failed("controls")
        plain = pooled.x.shape[1] == 1
        method = _repeated.unconditional if plain else _repeated.METHODS[self.method]
        try:
            found = method(pooled)
        except NuisanceError as error:
            return _failed(str(error))
        scale = design.n_units / len(units)
        rows = np.flatnonzero(used)
        total = np.zeros(design.n_units)
        for part in np.split(np.arange(len(units)), [len(where[0][1])]):
            total[units[part]] += scale * found.influence[part, 0]
        return CellFit(float(found.att[0]), rows, total[rows])


def _with_constant(x: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), x])
