"""From the rows of a table to arrays: what panels and cross-sections read and check alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.base import Design, Floats
from evaluation.design.columns import Columns, Data, coded, numeric, refuse_rows
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.design.periods import Kind, distinct, read_periods
from evaluation.errors import DataError, DesignError


@dataclass(frozen=True, eq=False)
class Grid:
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
        """Number of units and of periods."""
        return len(self.units), len(self.numbers)

    def scatter(self, values: Floats, fill: float = np.nan) -> Floats:
        """Put one value per row into the (n_units, n_periods) panel."""
        if self.is_sorted:
            return values.reshape(self.shape).copy()
        panel = np.full(self.shape[0] * self.shape[1], fill)
        panel[self.cell_of_row] = values
        return panel.reshape(self.shape)


def measures(
    data: Data, columns: Columns, covariates: tuple[str, ...], grid: Grid
) -> tuple[Floats, Floats, Floats | None, Floats, tuple[Note, ...]]:
    """Return outcome, weights, exposure and covariates by unit and period, and what was left out.

    Raises
    ------
    DataError
        If a value is no number, a weight is negative, or every outcome is missing.
    """
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


def cohort_numbers(data: Data, name: str, kind: Kind) -> Floats:
    """Return the first treated period of each row, inf where empty, blank or zero: never treated.

    Raises
    ------
    DataError
        If a label is no period of this kind.
    """
    labels = data[name]
    if labels.dtype.kind == "f":
        labels = np.where(np.isfinite(labels), labels, np.nan)
    codes, unique = distinct(labels, name)
    row = np.zeros(len(unique) + 1, dtype=np.int64)
    row[codes[::-1]] = np.arange(len(codes))[::-1]
    numbers, _ = read_periods(_blank_never(np.asarray(unique)), name, kind=kind, rows=row)
    table = np.append(np.where(np.isnan(numbers), np.inf, numbers), np.inf)
    return np.asarray(table[codes], dtype=np.float64)


def _blank_never(labels: NDArray[Any]) -> NDArray[Any]:
    """Empty, blank and zero cohorts mean never treated."""
    series = pd.Series(labels, dtype=object)
    never = series.isna() | series.map(lambda value: value == 0 or str(value).strip() in {"", "0"})
    return series.where(~never, None).to_numpy(dtype=object)


def per_unit(data: Data, name: str, role: str, grid: Grid) -> Grouping:
    """Read a grouping that must not change within a unit.

    Raises
    ------
    DataError
        If it changes, or a row has no value.
    """
    if name == grid.unit:
        return Grouping(name, np.arange(len(grid.units)), grid.units)
    codes, _ = coded(data, name, role)
    refuse_varying(codes != codes[grid.first_row_of_unit][grid.unit_of_row], data, name, role, grid)
    return Grouping.of(name, data[name][grid.first_row_of_unit], role)


def refuse_varying(differs: NDArray[np.bool_], data: Data, name: str, role: str, grid: Grid) -> None:
    """Refuse a column that differs from the first row of its unit.

    Raises
    ------
    DataError
    """
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


def check_comparison(design: Design, treated: NDArray[np.bool_]) -> None:
    """Refuse a design in which no observation is treated, or every one.

    Parameters
    ----------
    treated : ndarray of bool
        Of the observations.

    Raises
    ------
    DesignError
    """
    if not treated.any():
        finite = design.cohort[np.isfinite(design.cohort)] if design.cohort is not None else np.empty(0)
        raise DesignError(
            "no-treated",
            periods=design.n_periods,
            first=design.periods[0],
            last=design.periods[-1],
            earliest=design.period_of(finite.min()) if len(finite) else "none is declared",
        )
    if treated.all() and design.cohort is not None:
        raise DesignError("no-comparison", units=design.n_units)


def check_anticipation(value: float) -> None:
    """Refuse an anticipation that is no whole number of periods.

    Raises
    ------
    DesignError
    """
    if value < 0 or int(value) != value:
        raise DesignError("bad-anticipation", value=value)
