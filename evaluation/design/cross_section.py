"""`RepeatedCrossSection`: other units in every period, each observed once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.base import Design, Floats, Names
from evaluation.design.columns import Columns, Data, read_columns, refuse_empty
from evaluation.design.layout import (
    Grid,
    check_anticipation,
    check_comparison,
    cohort_numbers,
    measures,
    per_unit,
)
from evaluation.design.note import Note
from evaluation.design.periods import Kind, period_label, read_periods

Integers = NDArray[np.int64]

OBSERVATION = "observation"
"""Name of the grouping in which each observation is on its own."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RepeatedCrossSection(Design):
    """Observations of several periods that are not linked: surveys, applications, cases.

    Make it with `from_frame`, which checks the data; the constructor trusts its arguments. Each observation
    is a unit of its own: influence values are keyed by it.

    Attributes
    ----------
    outcome, weights : ndarray, shape (n_units,)
    cohort : ndarray, shape (n_units,)
        First treated period of the group that the observation belongs to, inf for never treated.
    period : ndarray of int, shape (n_units,)
        Position of its period.
    covariates : ndarray, shape (n_units, p)
    units : tuple of int, length n_units
        Row of the table that holds the observation, from zero.
    """

    outcome: Floats
    period: Integers
    covariates: Floats
    weights: Floats
    cohort: Floats

    def __post_init__(self) -> None:
        super().__post_init__()
        n = len(self.outcome)
        shapes = {
            "period": (n,),
            "cohort": (n,),
            "weights": (n,),
            "covariates": (n, len(self.names.covariates)),
        }
        wrong = {k: getattr(self, k).shape for k, s in shapes.items() if getattr(self, k).shape != s}
        if wrong or len(self.units) != n:
            raise ValueError(f"shapes do not fit {n} outcomes: {wrong or 'units'}")

    @classmethod
    def from_frame(  # noqa: PLR0913 -- the columns of the data, all by keyword
        cls,
        frame: Any,
        *,
        outcome: str,
        time: str,
        cohort: str,
        covariates: Sequence[str] = (),
        weights: str | None = None,
        cluster: str | None = None,
        groups: Sequence[str] = (),
        anticipation: int = 0,
        notes: Sequence[Note] = (),
    ) -> RepeatedCrossSection:
        """Make a design from a table with one row per observation.

        Parameters
        ----------
        frame : pandas, polars or Arrow table
        outcome, time : str
            Columns. Rows without an outcome or a covariate are left out.
        cohort : str
            Column with the first treated period of the group of the observation (its district, say); empty
            or 0 for never treated. Observations from before that period carry it too.
        covariates, groups : sequence of str
        weights, cluster : str, optional
            Columns. Without `cluster` the observations count as independent; where treatment was given to
            districts, name the district.
        anticipation : int
            Periods before the start in which an effect is allowed for.
        notes : sequence of Note
            What is already known of the data.

        Returns
        -------
        RepeatedCrossSection

        Raises
        ------
        DataError
            If a column is missing or not numeric, a key is empty, a period cannot be read.
        DesignError
            If no observation or every one is treated.

        Examples
        --------
        >>> import pandas as pd
        >>> cases = pd.DataFrame({"year": [1, 1, 2, 2], "days": [4.0, 5.0, 2.0, 5.0], "start": [2, 0, 2, 0]})
        >>> RepeatedCrossSection.from_frame(cases, outcome="days", time="year", cohort="start")
        RepeatedCrossSection(4 observations in 2 periods 1-2, 1 treated, outcome 'days')
        """
        check_anticipation(anticipation)
        columns = {"outcome": outcome, "time": time, "cohort": cohort, "weights": weights,
                   "exposure": None, "cluster": cluster}  # fmt: skip
        wanted = _tuple(covariates), _tuple(groups)
        data = read_columns(frame, columns, wanted[0] + wanted[1])
        design = _lay_out(data, columns, *wanted)
        design = dataclasses.replace(
            design, anticipation=int(anticipation), notes=(*notes, *design.notes, *_cohort_notes(design))
        )
        check_comparison(design, design.is_treated)
        return design

    def __repr__(self) -> str:
        return (
            f"RepeatedCrossSection({self.n_units} observations in {self.n_periods} periods "
            f"{self.periods[0]}-{self.periods[-1]}, {int(self.is_treated.sum())} treated, "
            f"outcome {self.names.outcome!r})"
        )

    @property
    def n_units(self) -> int:
        """Number of observations: each is a unit of its own."""
        return len(self.outcome)

    @property
    def n_obs(self) -> int:
        """Number of observations."""
        return len(self.outcome)

    @property
    def is_treated(self) -> NDArray[np.bool_]:
        """Observations from after the start of their group, shape (n_units,)."""
        treated: NDArray[np.bool_] = self.period_numbers[self.period] >= self.cohort
        return treated

    @property
    def treated_units(self) -> NDArray[np.bool_]:
        """Observations of groups that start within the data, before and after, shape (n_units,)."""
        treated: NDArray[np.bool_] = self.cohort <= self.period_numbers[-1]
        return treated

    @property
    def unit_weights(self) -> Floats:
        """Weight of an observation in the shares of cohorts."""
        return self.weights

    def take(self, units: Integers) -> RepeatedCrossSection:
        """Return the design of some observations, by position."""
        rows = {name: getattr(self, name)[units] for name in _BY_ROW}
        groups = {name: group.take(units) for name, group in self.groups.items()}
        return dataclasses.replace(
            self,
            **rows,
            units=tuple(self.units[i] for i in units),
            cluster=self.cluster.take(units),
            groups=groups,
        )


_BY_ROW = ("outcome", "period", "covariates", "weights", "cohort")


def _tuple(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _rows(n: int, kind: Kind) -> Grid:
    """Each row is a unit with one period."""
    every = np.arange(n)
    return Grid(OBSERVATION, every, every, every, tuple(range(n)), np.zeros(1), kind)


def _lay_out(
    data: Data, columns: Columns, covariates: tuple[str, ...], groups: tuple[str, ...]
) -> RepeatedCrossSection:
    time, cohort = str(columns["time"]), str(columns["cohort"])
    number_of_row, kind = read_periods(data[time], time)
    refuse_empty(np.isnan(number_of_row), time, "period")
    grid = _rows(len(number_of_row), kind)
    outcome, weights, _, covariate, notes = measures(data, columns, covariates, grid)
    kept = np.flatnonzero(weights[:, 0] > 0)
    period, numbers = pd.factorize(number_of_row[kept], sort=True)
    cluster = per_unit(data, columns["cluster"] or OBSERVATION, "cluster", grid)
    return RepeatedCrossSection(
        outcome=outcome[kept, 0],
        weights=weights[kept, 0],
        covariates=covariate[kept, 0],
        cohort=cohort_numbers(data, cohort, kind)[kept],
        period=period.astype(np.int64),
        units=tuple(kept.tolist()),
        periods=tuple(period_label(number, kind) for number in numbers),
        period_numbers=np.asarray(numbers),
        period_kind=kind,
        cluster=cluster.take(kept),
        groups={name: per_unit(data, name, "grouping", grid).take(kept) for name in groups},
        names=Names(str(columns["outcome"]), OBSERVATION, time, (cohort,), covariates, cohort),
        notes=notes,
    )


def _cohort_notes(design: RepeatedCrossSection) -> tuple[Note, ...]:
    later = np.isfinite(design.cohort) & ~design.treated_units
    if not later.any():
        return ()
    names = tuple(str(design.period_of(g)) for g in np.unique(design.cohort[later]))
    return (Note("cohorts_after_data", {"observations": int(later.sum()), "names": names}),)
