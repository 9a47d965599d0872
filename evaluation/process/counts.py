"""`Counts`: numerators and denominators by unit and period, the design of an indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Design, Grouping, Note
from evaluation.design.base import Names
from evaluation.design.columns import Data, coded, numeric, read_columns, refuse_empty, refuse_rows
from evaluation.design.periods import period_label, read_periods

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Counts(Design):
    """What units reported, period by period.

    Attributes
    ----------
    numerator, denominator : ndarray, shape (n_units, n_periods)
        NaN where nothing was reported, which is not zero. Without a denominator all its values are NaN.
    has_denominator : bool
    persons : bool
        Whether persons are counted: then small numbers are hidden when the indicator is published.
    """

    numerator: Floats
    denominator: Floats
    has_denominator: bool
    persons: bool = False

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        numerator: str,
        denominator: str | None = None,
        unit: str,
        time: str,
        groups: Sequence[str] = (),
        persons: bool = False,
        notes: Sequence[Note] = (),
    ) -> Counts:
        """Lay out a table with one or more rows per unit and period; rows of one cell are added up.

        A cell in which every value is empty was not reported. Where a cell has several rows, its empty
        values are left out of the sum.

        Parameters
        ----------
        frame : pandas, polars or Arrow table
        numerator, denominator, unit, time : str
            Columns.
        groups : sequence of str
            Columns by which the indicator may be disaggregated (region, sex). Each combination of unit and
            groups is a unit of the design, and the unit is their cluster, so that parts add up to the total.
        persons : bool
            Whether persons (or households) are counted, not districts or tools.
        notes : sequence of Note
            What is already known of the data, such as that they are synthetic.

        Returns
        -------
        Counts

        Raises
        ------
        DataError
            If a column is missing, a value is no number or negative, a unit or a period is empty.

        Examples
        --------
        >>> reports = pd.DataFrame({"district": ["A", "A", "B"], "quarter": ["2020Q1", "2020Q2", "2020Q1"],
        ...                         "housed": [3, 4, 1], "asked": [10, 8, 2]})
        >>> columns = {"unit": "district", "time": "quarter"}
        >>> Counts.from_frame(reports, numerator="housed", denominator="asked", **columns)
        Counts(2 units in 2 periods 2020Q1-2020Q2, housed / asked)
        """
        columns = {"numerator": numerator, "denominator": denominator, "unit": unit, "time": time}
        groups = (groups,) if isinstance(groups, str) else tuple(groups)
        data = read_columns(frame, columns, groups)
        number_of_row, kind = read_periods(data[time], time)
        refuse_empty(np.isnan(number_of_row), time, "period")
        period_of_row, numbers = pd.factorize(number_of_row, sort=True)
        row, first, units = _units(data, unit, groups)
        cells, shape = row * len(numbers) + period_of_row, (len(units), len(numbers))
        bottom = _sums(_counted(data, denominator), cells, shape) if denominator else np.full(shape, np.nan)
        return cls(
            numerator=_sums(_counted(data, numerator), cells, shape),
            denominator=bottom,
            has_denominator=denominator is not None,
            persons=persons,
            units=units,
            cohort=None,
            periods=tuple(period_label(number, kind) for number in numbers),
            period_numbers=np.asarray(numbers),
            period_kind=kind,
            cluster=Grouping.of(unit, data[unit][first]),
            groups={name: Grouping.of(name, _text(data, name)[first]) for name in groups},
            names=Names(numerator, unit, time, (), (denominator,) if denominator else ()),
            notes=tuple(notes),
        )

    def __repr__(self) -> str:
        what = " / ".join((self.names.outcome, *self.names.covariates))
        return (
            f"Counts({self.n_units} units in {self.n_periods} periods "
            f"{self.periods[0]}-{self.periods[-1]}, {what})"
        )

    @property
    def n_units(self) -> int:
        """Number of units, or of combinations of unit and groups, that ever reported."""
        return len(self.units)

    @property
    def n_obs(self) -> int:
        """Number of cells with a numerator."""
        return int(np.isfinite(self.numerator).sum())

    @property
    def treated_units(self) -> NDArray[np.bool_]:
        """No unit is treated: an indicator compares nothing, shape (n_units,)."""
        return np.zeros(self.n_units, dtype=np.bool_)

    @property
    def unit_weights(self) -> Floats:
        """One for each unit, shape (n_units,)."""
        return np.ones(self.n_units)


def _counted(data: Data, name: str) -> Floats:
    values = numeric(data, name)
    with np.errstate(invalid="ignore"):
        refuse_rows(values < 0, data[name], name, "negative-count")
    return values


def _sums(values: Floats, cells: NDArray[np.int64], shape: tuple[int, int]) -> Floats:
    known = np.isfinite(values)
    size = shape[0] * shape[1]
    total = np.bincount(cells[known], weights=values[known], minlength=size).astype(np.float64)
    total[np.bincount(cells[known], minlength=size) == 0] = np.nan
    return total.reshape(shape)


def _text(data: Data, name: str) -> NDArray[Any]:
    """Return groups as text; a row without one is in the group with an empty name."""
    values = pd.Series(data[name], dtype=object)
    return values.where(values.notna(), "").astype(str).to_numpy(dtype=object)


def _units(
    data: Data, unit: str, groups: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[Any, ...]]:
    """Find the combinations of unit and groups: code of each row, first row of each, labels."""
    codes, labels = coded(data, unit, "unit", sort=True)
    if not groups:
        return codes, np.unique(codes, return_index=True)[1], tuple(labels.tolist())
    combined = pd.MultiIndex.from_arrays([labels[codes], *(_text(data, name) for name in groups)])
    row, distinct = pd.factorize(combined, sort=True)
    return row.astype(np.int64), np.unique(row, return_index=True)[1], tuple(distinct.tolist())
