"""Group-time average treatment effects (Callaway and Sant'Anna 2021)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators import _repeated, _two_by_two
from evaluation.estimators._cells import Cell, cells_of, cohorts_of, control_key, controls_of
from evaluation.estimators._nuisance import NuisanceError

Floats = NDArray[np.float64]

CHOICES = {
    "control_group": ("never_treated", "not_yet_treated"),
    "method": tuple(_two_by_two.METHODS),
    "base_period": ("varying", "universal"),
    "unbalanced": ("pool", "drop"),
}


@estimator(
    variants=(
        Variant({}),
        Variant({"control_group": "not_yet_treated", "method": "reg"}),
        Variant({"base_period": "universal", "method": "ipw"}),
    )
)
def att_gt(
    design: StudyDesign,
    *,
    control_group: str = "never_treated",
    method: str = "dr",
    base_period: str = "varying",
    unbalanced: str = "pool",
) -> Estimate:
    """Estimate ATT(g, t), the average effect in period t on the units first treated in period g.

    Without covariates, with base period b and controls C,
    ``ATT(g, t) = mean(Y_t - Y_b | G = g) - mean(Y_t - Y_b | C)``; with covariates the second mean is
    adjusted by a regression among controls (``reg``), by propensity weights (``ipw``,
    ``ipw_unnormalised``), or by both (``dr``, ``dr_improved``). Parallel trends are assumed given the
    covariates of the base period; effects may differ between cohorts and change with time.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. `anticipation` moves the base period back; `weights` are sampling weights.
    control_group : {"never_treated", "not_yet_treated"}
    method : {"dr", "dr_improved", "ipw", "ipw_unnormalised", "reg"}
    base_period : {"varying", "universal"}
        Before treatment the previous period, or always the last period before treatment (and anticipation).
    unbalanced : {"pool", "drop"}
        With missing cells: compare all observations of the two periods (unbiased if they are missing at
        random), or drop the units that are not observed throughout.

    Returns
    -------
    Estimate
        One term per cohort and period; contracts influence and refit. NaN with a note where a cell has no
        controls, no overlap, or collinear covariates.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, an option is unknown, or no unit is left to compare with.

    References
    ----------
    Callaway and Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001.
    Sant'Anna and Zhao (2020), doi:10.1016/j.jeconom.2020.06.003.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "g": [2, 2, 0, 0, 0, 0],
    ...                       "y": [1.0, 4.0, 2.0, 3.0, 0.0, 2.0]})
    >>> att_gt(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")).value
    array([1.5])
    """
    given = {"control_group": control_group, "method": method, "base_period": base_period,
             "unbalanced": unbalanced}  # fmt: skip
    _check_options(given)
    design, notes = _usable(design, unbalanced)
    cohort = _cohort(design)
    if control_group == "never_treated" and not np.isinf(cohort).any():
        raise DesignError("no-never-treated", cohorts=len(np.unique(cohort)))
    source = _Panel(design, cohort, method) if design.is_balanced else _Pool(design, cohort, method)
    values, columns, terms, failures = [], [], [], []
    for g, cells in cells_of(design, cohort, control_group=control_group, base_period=base_period):
        for cell, fit in source.fits(cells):
            values.append(fit.value)
            columns.append(fit.column)
            failures += [(fit.problem, _label(design, cell))] if fit.problem else []
            terms.append(_term(design, g, cell))
    if not terms:
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    order = sorted(range(len(terms)), key=lambda i: (terms[i][0], terms[i][1]))
    return Estimate(
        estimator="att_gt",
        estimand="att",
        terms=tuple(terms[i][2] for i in order),
        value=np.array([values[i] for i in order]),
        design=design,
        influence=_stack([columns[i] for i in order], design.n_units),
        notes=notes + _failure_notes(failures),
    )


def _check_options(given: dict[str, str]) -> None:
    for option, value in given.items():
        require_option(DesignError, "att_gt", option, value, CHOICES[option])


def _usable(design: StudyDesign, unbalanced: str) -> tuple[StudyDesign, tuple[Note, ...]]:
    """Drop what the method cannot use: units treated from the start and, if asked, incomplete ones."""
    cohort = _cohort(design)
    first = design.period_numbers[0] + design.anticipation
    keep = (cohort > first) & design.observed.any(axis=1)
    notes: tuple[Note, ...] = ()
    early = np.flatnonzero(cohort <= first)
    if len(early):
        names = tuple(str(design.units[i]) for i in early)
        notes += (Note("no_untreated_period", {"units": len(names), "names": names}),)
    if unbalanced == "drop" and not design.is_balanced:
        complete = design.observed.all(axis=1)
        notes += (Note("incomplete_units_dropped", {"units": int((keep & ~complete).sum())}),)
        keep &= complete
    elif not design.observed[keep].all():
        notes += (Note("unbalanced_pooled", {"units": int((~design.observed.all(axis=1) & keep).sum())}),)
    if not keep.any():
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    return (design if keep.all() else design.take(np.flatnonzero(keep))), notes


def _cohort(design: StudyDesign) -> Floats:
    if design.cohort is None:
        raise DesignError("not-absorbing", what="att_gt")
    return design.cohort


def _term(design: StudyDesign, g: float, cell: Cell) -> tuple[float, int, Term]:
    number = float(design.period_numbers[cell.period])
    term = Term("att", design.period_of(g), design.periods[cell.period], number - g)
    return g, cell.period, term


def _label(design: StudyDesign, cell: Cell) -> str:
    return f"{design.period_of(cell.cohort)}/{design.periods[cell.period]}"


def _failure_notes(failures: list[tuple[str, str]]) -> tuple[Note, ...]:
    kinds = sorted({kind for kind, _ in failures})
    return tuple(
        Note(f"cells_{kind}", {"cells": len(names), "names": names})
        for kind in kinds
        if (names := tuple(name for found, name in failures if found == kind))
    )


@dataclass(frozen=True, eq=False)
class _Column:
    """Influence values of some units: the others' are zero."""

    rows: NDArray[np.int64]
    values: Floats


@dataclass(frozen=True, eq=False)
class _Fit:
    value: float
    column: _Column | None
    problem: str = ""


def _stack(columns: list[_Column | None], n: int) -> Floats:
    influence = np.zeros((n, len(columns)))
    for j, column in enumerate(columns):
        if column is None:
            influence[:, j] = np.nan
        else:
            influence[column.rows, j] = column.values
    return influence


_NOTHING = _Column(np.empty(0, dtype=np.int64), np.empty(0))


def _failed(problem: str) -> _Fit:
    return _Fit(np.nan, None, problem)


@dataclass(frozen=True, eq=False)
class _Panel:
    """Balanced panel: all periods that share controls and covariates are fitted at once."""

    design: StudyDesign
    cohort: Floats
    method: str

    def fits(self, cells: list[Cell]) -> Iterator[tuple[Cell, _Fit]]:
        """Yield the fit of each cell of one cohort."""
        cohorts = cohorts_of(self.design, self.cohort)
        constant = bool((self.design.covariates == self.design.covariates[:, :1]).all())

        def key(cell: Cell) -> tuple[bool, float, int]:
            return cell.is_reference, control_key(cohorts, cell), 0 if constant else cell.base

        for (reference, *_), group in groupby(sorted(cells, key=key), key=key):
            together = list(group)
            if reference:
                yield from ((cell, _Fit(0.0, _NOTHING)) for cell in together)
            else:
                yield from zip(together, self._fit(together), strict=True)

    def _fit(self, cells: list[Cell]) -> list[_Fit]:
        design, cell = self.design, cells[0]
        controls = controls_of(self.cohort, cell)
        if not controls.any():
            return [_failed("without_controls")] * len(cells)
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
            return [_failed(f"without_{error}")] * len(cells)
        scale = design.n_units / len(rows)
        return [
            _Fit(float(a), _Column(rows, scale * i))
            for a, i in zip(found.att, found.influence.T, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class _Pool:
    """Unbalanced panel: all observations of a period and its base period, linked by unit for inference."""

    design: StudyDesign
    cohort: Floats
    method: str

    def fits(self, cells: list[Cell]) -> Iterator[tuple[Cell, _Fit]]:
        """Yield the fit of each cell of one cohort."""
        for cell in cells:
            yield cell, _Fit(0.0, _NOTHING) if cell.is_reference else self._fit(cell)

    def _fit(self, cell: Cell) -> _Fit:
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
        if len({(p, d) for p, d in zip(pooled.post, pooled.treated, strict=True)}) < 4:
            return _failed("without_controls")
        plain = pooled.x.shape[1] == 1
        method = _repeated.unconditional if plain else _repeated.METHODS[self.method]
        try:
            found = method(pooled)
        except NuisanceError as error:
            return _failed(f"without_{error}")
        scale = design.n_units / len(units)
        total = np.zeros(design.n_units)
        np.add.at(total, units, scale * found.influence[:, 0])
        return _Fit(float(found.att[0]), _Column(np.arange(design.n_units), total))


def _with_constant(x: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), x])
