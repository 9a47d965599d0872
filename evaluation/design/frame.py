"""From a table to a `StudyDesign`: every check that names rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.assignment import Assignment
from evaluation.design.base import Floats, Names
from evaluation.design.columns import Columns, Data, coded, numeric, read_columns, refuse_empty
from evaluation.design.grouping import Grouping
from evaluation.design.layout import (
    Grid,
    check_anticipation,
    check_comparison,
    cohort_numbers,
    measures,
    per_unit,
    refuse_varying,
)
from evaluation.design.note import Note
from evaluation.design.periods import period_label, read_periods
from evaluation.design.study import StudyDesign
from evaluation.errors import DataError, DesignError


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
    check_anticipation(anticipation)
    data = read_columns(frame, columns, treatments + covariates + groups)
    grid = _grid(data, str(columns["unit"]), str(columns["time"]))
    outcome, weights, exposure, covariate, found = measures(data, columns, covariates, grid)
    cohort: Floats | None
    if columns["cohort"]:
        cohort, treatment, more = _cohort_treatment(data, columns["cohort"], grid)
    else:
        cohort, treatment, more = _path_treatment(data, treatments, grid)
    unit_groups = {name: per_unit(data, name, "grouping", grid) for name in groups}
    cluster = per_unit(data, columns["cluster"] or str(columns["unit"]), "cluster", grid)
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
    treated = (design.treatment != 0).any(axis=2)
    check_comparison(design, treated[design.observed])
    _check_assignment(design, columns["admissible"])
    return design


def _grid(data: Data, unit: str, time: str) -> Grid:
    unit_of_row, units = coded(data, unit, "unit", sort=True)
    number_of_row, kind = read_periods(data[time], time)
    refuse_empty(np.isnan(number_of_row), time, "period")
    period_of_row, numbers = pd.factorize(number_of_row, sort=True)
    cell = unit_of_row * len(numbers) + period_of_row
    _refuse_duplicates(cell, data, unit, time)
    first = np.empty(len(units), dtype=np.int64)
    first[unit_of_row[::-1]] = np.arange(len(cell))[::-1]
    return Grid(unit, unit_of_row, cell, first, tuple(units.tolist()), np.asarray(numbers), kind)


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


def _cohort_treatment(data: Data, name: str, grid: Grid) -> tuple[Floats, Floats, tuple[Note, ...]]:
    number_of_row = cohort_numbers(data, name, grid.kind)
    cohort = number_of_row[grid.first_row_of_unit]
    refuse_varying(number_of_row != cohort[grid.unit_of_row], data, name, "cohort", grid)
    treatment = (grid.numbers[None, :] >= cohort[:, None]).astype(np.float64)[..., None]
    later = np.isfinite(cohort) & (cohort > grid.numbers[-1])
    notes = _unit_notes("treated_after_panel", later, grid)
    return cohort, treatment, notes + _unit_notes("always_treated", cohort <= grid.numbers[0], grid)


def _unit_notes(code: str, which: NDArray[np.bool_], grid: Grid) -> tuple[Note, ...]:
    names = tuple(str(grid.units[i]) for i in np.flatnonzero(which))
    return (Note(code, {"units": len(names), "names": names}),) if names else ()


def _path_treatment(
    data: Data, names: tuple[str, ...], grid: Grid
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


def _derived_cohort(paths: Floats, grid: Grid) -> Floats | None:
    path = paths[..., 0]
    if not np.isin(path, (0.0, 1.0)).all() or (np.diff(path, axis=1) < 0).any():
        return None
    started = path.any(axis=1)
    return np.where(started, grid.numbers[path.argmax(axis=1)], np.inf)


def _assignment(data: Data, columns: Columns, grid: Grid) -> Assignment:
    unit = per_unit(data, columns["assignment_unit"] or str(columns["unit"]), "unit of assignment", grid)
    one = Grouping("all", np.zeros(grid.shape[0], dtype=np.int64), ("all",))
    strata = per_unit(data, columns["strata"], "strata", grid) if columns["strata"] else one
    admissible = np.ones(grid.shape[0], dtype=bool)
    if name := columns["admissible"]:
        flags = numeric(data, name)
        per_unit(data, name, "admissible units", grid)
        admissible = flags[grid.first_row_of_unit] != 0
    return Assignment(unit, strata, admissible)


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
