"""From a table to a `StudyDesign`: every check that names rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.assignment import Assignment
from evaluation.design.columns import Columns, Data, coded, numeric, read_columns, refuse_empty, refuse_rows
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.design.periods import Kind, distinct, period_label, read_periods
from evaluation.design.study import Floats, Names, StudyDesign
from evaluation.errors import DataError, DesignError


@dataclass(frozen=True, eq=False)
class _Grid:
    """Where each row of the table lies in the panel."""

    unit: str
    unit_of_row: NDArray[np.int64]
    cell_of_row: NDArray[np.int64]
    first_row_of_unit: NDArray[np.int64]
    units: tuple[Any, ...]
    numbers: Floats
    kind: Kind

    @cached_property
    def is_sorted(self) -> bool:
        """Whether the rows already lie in the order of a full panel."""
        full = len(self.cell_of_row) == self.shape[0] * self.shape[1]
        return full and bool((np.diff(self.cell_of_row) == 1).all())

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.units), len(self.numbers)

    def scatter(self, values: Floats, fill: float = np.nan) -> Floats:
        """Put one value per row into the (n_units, n_periods) panel."""
        if self.is_sorted:
            return values.reshape(self.shape).copy()
        panel = np.full(self.shape[0] * self.shape[1], fill)
        panel[self.cell_of_row] = values
        return panel.reshape(self.shape)


def build(
    frame: Any,
    *,
    columns: Columns,
    treatments: tuple[str, ...],
    covariates: tuple[str, ...],
    groups: tuple[str, ...],
    anticipation: int,
    notes: tuple[Note, ...],
) -> StudyDesign:
    """Check the table and lay it out; see `StudyDesign.from_frame`."""
    if (columns["cohort"] is None) == (not treatments):
        raise DesignError("cohort-or-treatment")
    if anticipation < 0 or int(anticipation) != anticipation:
        raise DesignError("bad-anticipation", value=anticipation)
    data = read_columns(frame, columns, treatments + covariates + groups)
    grid = _grid(data, str(columns["unit"]), str(columns["time"]))
    outcome, weights, exposure, covariate, found = _measures(data, columns, covariates, grid)
    cohort: Floats | None
    if columns["cohort"]:
        cohort, treatment, more = _cohort_treatment(data, columns["cohort"], grid)
    else:
        cohort, treatment, more = _path_treatment(data, treatments, grid)
    unit_groups = {name: _per_unit(data, name, "grouping", grid) for name in groups}
    cluster = _per_unit(data, columns["cluster"] or str(columns["unit"]), "cluster", grid)
    names = Names(
        outcome=str(columns["outcome"]),
        unit=str(columns["unit"]),
        time=str(columns["time"]),
        treatment=treatments or (str(columns["cohort"]),),
        covariates=covariates,
        cohort=columns["cohort"],
    )
    design = StudyDesign(
        outcome=outcome,
        treatment=treatment,
        cohort=cohort,
        covariates=covariate,
        weights=weights,
        exposure=exposure,
        units=grid.units,
        periods=tuple(period_label(number, grid.kind) for number in grid.numbers),
        period_numbers=grid.numbers,
        period_kind=grid.kind,
        cluster=cluster,
        assignment=_assignment(data, columns, grid),
        groups=unit_groups,
        names=names,
        anticipation=anticipation,
        notes=notes + found + more,
    )
    _check_comparison(design)
    _check_assignment(design, columns["admissible"])
    return design


def _grid(data: Data, unit: str, time: str) -> _Grid:
    unit_of_row, units = coded(data, unit, "unit", sort=True)
    number_of_row, kind = read_periods(data[time], time)
    refuse_empty(np.isnan(number_of_row), time, "period")
    period_of_row, numbers = pd.factorize(number_of_row, sort=True)
    cell = unit_of_row * len(numbers) + period_of_row
    _refuse_duplicates(cell, data, unit, time)
    first = np.empty(len(units), dtype=np.int64)
    first[unit_of_row[::-1]] = np.arange(len(cell))[::-1]
    return _Grid(unit, unit_of_row, cell, first, tuple(units.tolist()), np.asarray(numbers), kind)


def _refuse_duplicates(cell: NDArray[np.int64], data: Data, unit: str, time: str) -> None:
    counts = np.bincount(cell)
    doubled = np.flatnonzero(counts > 1)
    if len(doubled):
        rows = np.flatnonzero(cell == doubled[0])[:2]
        key = f"{unit} {data[unit][rows[0]]!s}, {time} {data[time][rows[0]]!s}"
        raise DataError(
            "duplicate-unit-period",
            count=len(doubled),
            example=f"{key} in rows {rows[0] + 1} and {rows[1] + 1}",
        )


def _measures(
    data: Data, columns: Columns, covariates: tuple[str, ...], grid: _Grid
) -> tuple[Floats, Floats, Floats | None, Floats, tuple[Note, ...]]:
    outcome = grid.scatter(numeric(data, str(columns["outcome"])))
    weights = np.ones(grid.shape)
    if name := columns["weights"]:
        raw = numeric(data, name)
        refuse_rows(raw < 0, data[name], name, "negative-weight", role="weights")
        weights = np.nan_to_num(grid.scatter(raw))
    exposure = None
    if name := columns["exposure"]:
        raw = numeric(data, name)
        refuse_rows(raw <= 0, data[name], name, "negative-weight", role="exposure")
        exposure = grid.scatter(raw)
    covariate = np.stack([grid.scatter(numeric(data, name)) for name in covariates], axis=-1) if covariates \
        else np.empty((*grid.shape, 0))  # fmt: skip
    if np.isnan(outcome).all():
        raise DataError("outcome-all-missing", column=columns["outcome"])
    usable = np.isfinite(outcome) & (weights > 0)
    complete = usable & np.isfinite(covariate).all(axis=-1)
    if exposure is not None:
        complete &= np.isfinite(exposure)
    lost = int(usable.sum() - complete.sum())
    notes = (Note("rows_incomplete", {"rows": lost, "covariates": covariates}),) if lost else ()
    blank = ~complete
    outcome[blank] = np.nan
    weights[blank] = 0.0
    covariate[blank] = 0.0
    if exposure is not None:
        exposure[blank] = 1.0
    return outcome, weights, exposure, covariate, notes


def _cohort_treatment(data: Data, name: str, grid: _Grid) -> tuple[Floats, Floats, tuple[Note, ...]]:
    labels = data[name]
    if labels.dtype.kind == "f":
        labels = np.where(np.isfinite(labels), labels, np.nan)
    codes, unique = distinct(labels, name)
    row = np.zeros(len(unique) + 1, dtype=np.int64)
    row[codes[::-1]] = np.arange(len(codes))[::-1]
    numbers, _ = read_periods(_blank_never(np.asarray(unique)), name, kind=grid.kind, rows=row)
    table = np.append(np.where(np.isnan(numbers), np.inf, numbers), np.inf)
    number_of_row = table[codes]
    cohort = number_of_row[grid.first_row_of_unit]
    _refuse_varying(number_of_row != cohort[grid.unit_of_row], data, name, "cohort", grid)
    treatment = (grid.numbers[None, :] >= cohort[:, None]).astype(np.float64)[..., None]
    later = np.isfinite(cohort) & (cohort > grid.numbers[-1])
    notes = _unit_notes("treated_after_panel", later, grid)
    return cohort, treatment, notes + _unit_notes("always_treated", cohort <= grid.numbers[0], grid)


def _blank_never(labels: NDArray[Any]) -> NDArray[Any]:
    """Empty, blank and zero cohorts mean never treated."""
    series = pd.Series(labels, dtype=object)
    never = series.isna() | series.map(lambda value: value == 0 or str(value).strip() in {"", "0"})
    return series.where(~never, None).to_numpy(dtype=object)


def _unit_notes(code: str, which: NDArray[np.bool_], grid: _Grid) -> tuple[Note, ...]:
    names = tuple(str(grid.units[i]) for i in np.flatnonzero(which))
    return (Note(code, {"units": len(names), "names": names}),) if names else ()


def _path_treatment(
    data: Data, names: tuple[str, ...], grid: _Grid
) -> tuple[Floats | None, Floats, tuple[Note, ...]]:
    paths = np.stack([grid.scatter(numeric(data, name)) for name in names], axis=-1)
    for name in names:
        refuse_empty(np.isnan(numeric(data, name)), name, "treatment")
    paths = _carry(paths)
    cohort = _derived_cohort(paths, grid) if len(names) == 1 else None
    always = () if cohort is None else _unit_notes("always_treated", cohort <= grid.numbers[0], grid)
    return cohort, paths, always


def _carry(paths: Floats) -> Floats:
    """Fill cells without a row with the last known treatment of the unit (the next one at the start).

    Such cells carry weight zero; they only need a value that keeps an absorbing treatment absorbing.
    """
    filled = paths.copy()
    for t in range(1, filled.shape[1]):
        gap = np.isnan(filled[:, t])
        filled[:, t][gap] = filled[:, t - 1][gap]
    for t in range(filled.shape[1] - 2, -1, -1):
        gap = np.isnan(filled[:, t])
        filled[:, t][gap] = filled[:, t + 1][gap]
    return filled


def _derived_cohort(paths: Floats, grid: _Grid) -> Floats | None:
    path = paths[..., 0]
    if not np.isin(path, (0.0, 1.0)).all() or (np.diff(path, axis=1) < 0).any():
        return None
    started = path.any(axis=1)
    return np.where(started, grid.numbers[path.argmax(axis=1)], np.inf)


def _per_unit(data: Data, name: str, role: str, grid: _Grid) -> Grouping:
    if name == grid.unit:
        return Grouping(name, np.arange(len(grid.units)), grid.units)
    codes, _ = coded(data, name, role)
    _refuse_varying(codes != codes[grid.first_row_of_unit][grid.unit_of_row], data, name, role, grid)
    return Grouping.of(name, data[name][grid.first_row_of_unit], role)


def _refuse_varying(differs: NDArray[np.bool_], data: Data, name: str, role: str, grid: _Grid) -> None:
    if differs.any():
        row = int(np.flatnonzero(differs)[0])
        unit = grid.unit_of_row[row]
        values = f"{data[name][grid.first_row_of_unit[unit]]!s} and {data[name][row]!s}"
        raise DataError(
            "varies-within-unit",
            column=name,
            role=role,
            count=len(np.unique(grid.unit_of_row[differs])),
            example=f"{grid.units[unit]}: {values} (row {row + 1})",
        )


def _assignment(data: Data, columns: Columns, grid: _Grid) -> Assignment:
    unit = _per_unit(data, columns["assignment_unit"] or str(columns["unit"]), "unit of assignment", grid)
    one = Grouping("all", np.zeros(grid.shape[0], dtype=np.int64), ("all",))
    strata = _per_unit(data, columns["strata"], "strata", grid) if columns["strata"] else one
    admissible = np.ones(grid.shape[0], dtype=bool)
    if name := columns["admissible"]:
        flags = numeric(data, name)
        _per_unit(data, name, "admissible units", grid)
        admissible = flags[grid.first_row_of_unit] != 0
    return Assignment(unit, strata, admissible)


def _check_comparison(design: StudyDesign) -> None:
    treated = (design.treatment != 0).any(axis=2)
    if not (treated & design.observed).any():
        finite = design.cohort[np.isfinite(design.cohort)] if design.cohort is not None else np.empty(0)
        raise DesignError(
            "no-treated",
            periods=design.n_periods,
            first=design.periods[0],
            last=design.periods[-1],
            earliest=design.period_of(finite.min()) if len(finite) else "none is declared",
        )
    if treated[design.observed].all() and design.cohort is not None:
        raise DesignError("no-comparison", units=design.n_units)


def _check_assignment(design: StudyDesign, admissible: str | None) -> None:
    rule = design.assignment
    outside = design.treated_units & ~rule.admissible
    if outside.any():
        raise DesignError(
            "treated-not-admissible",
            count=int(outside.sum()),
            column=admissible,
            example=str(design.units[int(np.flatnonzero(outside)[0])]),
        )
    inside = np.flatnonzero(rule.admissible)
    order = np.unique(rule.unit.codes[inside], return_index=True)
    first = inside[order[1]][np.searchsorted(order[0], rule.unit.codes[inside])]
    both = design.observed[inside] & design.observed[first]
    split = ((design.treatment[inside] != design.treatment[first]) & both[..., None]).any(axis=(1, 2))
    if split.any():
        code = rule.unit.codes[inside[np.flatnonzero(split)[0]]]
        raise DesignError(
            "assignment-unit-split",
            count=len(np.unique(rule.unit.codes[inside[split]])),
            column=rule.unit.name,
            example=str(rule.unit.labels[code]),
        )
    across = rule.strata.codes[inside] != rule.strata.codes[first]
    if across.any():
        raise DesignError(
            "assignment-unit-strata",
            count=len(np.unique(rule.unit.codes[inside[across]])),
            column=rule.unit.name,
            strata=rule.strata.name,
            example=str(rule.unit.labels[rule.unit.codes[inside[np.flatnonzero(across)[0]]]]),
        )
