"""`StudyDesign`: a unit x period panel with its treatment, ready to be estimated."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design.assignment import Assignment
from evaluation.design.base import Design
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.errors import DesignError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StudyDesign(Design):
    """A panel of units and periods in which some units are treated from some period on.

    Make it with `from_frame`, which checks the data; the constructor trusts its arguments.

    Attributes
    ----------
    outcome : ndarray, shape (n_units, n_periods)
        NaN where nothing was observed.
    treatment : ndarray, shape (n_units, n_periods, m)
        One or more treatments, binary or continuous, possibly reversible.
    cohort : ndarray, shape (n_units,), or None
        First treated period on the scale of `period_numbers`, inf for never treated;
        None where there are several treatments or one that switches off again.
    covariates : ndarray, shape (n_units, n_periods, p)
    weights : ndarray, shape (n_units, n_periods)
        Zero where nothing was observed.
    exposure : ndarray, shape (n_units, n_periods), or None
        Size of the population at risk, for count models.
    units, periods : tuple
        Labels in sorted order.
    period_numbers : ndarray, shape (n_periods,)
        Periods on a scale with equal steps (quarters, months, years).
    cluster : Grouping
        Level at which errors may be correlated; the unit unless named.
    assignment : Assignment
        The rule by which treatment was or could have been assigned.
    groups : Mapping[str, Grouping]
        Further groupings of units, by column name.
    anticipation : int
        Periods before the start in which an effect is allowed for.
    notes : tuple of Note
        What was noticed while the design was made.
    """

    outcome: Floats
    treatment: Floats
    covariates: Floats
    weights: Floats
    assignment: Assignment
    exposure: Floats | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        n, t = self.outcome.shape
        shapes = {
            "treatment": (n, t, len(self.names.treatment)),
            "covariates": (n, t, len(self.names.covariates)),
            "weights": (n, t),
        }
        wrong = {k: getattr(self, k).shape for k, s in shapes.items() if getattr(self, k).shape != s}
        if wrong or len(self.units) != n or len(self.periods) != t:
            raise ValueError(f"shapes do not fit outcome {(n, t)}: {wrong or 'labels'}")

    @classmethod
    def from_frame(  # noqa: PLR0913 -- the columns of the data, all by keyword
        cls,
        frame: Any,
        *,
        outcome: str,
        unit: str,
        time: str,
        cohort: str | None = None,
        treatment: str | Sequence[str] | None = None,
        covariates: Sequence[str] = (),
        weights: str | None = None,
        exposure: str | None = None,
        cluster: str | None = None,
        strata: str | None = None,
        assignment_unit: str | None = None,
        admissible: str | None = None,
        groups: Sequence[str] = (),
        anticipation: int = 0,
        notes: Sequence[Note] = (),
    ) -> StudyDesign:
        """Make a design from a table with one row per unit and period.

        Parameters
        ----------
        frame : pandas, polars or Arrow table
        outcome, unit, time : str
            Columns. Empty outcomes are allowed, empty units and periods are not.
        cohort : str, optional
            Column with the first treated period of the unit; empty or 0 for never treated.
        treatment : str or sequence of str, optional
            Instead of `cohort`: columns with the treatment in each period.
        covariates, groups : sequence of str
        weights, exposure, cluster, strata, assignment_unit, admissible : str, optional
            Columns. `cluster`, `strata`, `assignment_unit`, `admissible` and `groups` must not change
            within a unit; `admissible` says (true/false or 1/0) which units could have been treated.
        anticipation : int
            Periods before the start in which an effect is allowed for.
        notes : sequence of Note
            What is already known of the data (synthetic, outcome produced by the tool itself).

        Returns
        -------
        StudyDesign

        Raises
        ------
        DataError
            If a column is missing or not numeric, a key is empty or doubled, a period cannot be read.
        DesignError
            If no unit or every unit is treated, or the assignment rule contradicts the treatment.

        Examples
        --------
        >>> import pandas as pd
        >>> panel = pd.DataFrame({"district": [1, 1, 2, 2], "quarter": ["2020Q1", "2020Q2"] * 2,
        ...                       "evictions": [4.0, 2.0, 5.0, 5.0], "start": ["2020Q2"] * 2 + [None] * 2})
        >>> columns = {"outcome": "evictions", "unit": "district", "time": "quarter", "cohort": "start"}
        >>> StudyDesign.from_frame(panel, **columns)
        StudyDesign(2 units x 2 periods 2020Q1-2020Q2, 1 treated, 4 observations, outcome 'evictions')
        """
        from evaluation.design.frame import build  # noqa: PLC0415 -- frame imports this module

        columns = {
            "outcome": outcome, "unit": unit, "time": time, "cohort": cohort, "weights": weights,
            "exposure": exposure, "cluster": cluster, "strata": strata,
            "assignment_unit": assignment_unit, "admissible": admissible,
        }  # fmt: skip
        treatments = (treatment,) if isinstance(treatment, str) else tuple(treatment or ())
        return build(
            frame,
            columns=columns,
            treatments=treatments,
            covariates=(covariates,) if isinstance(covariates, str) else tuple(covariates),
            groups=(groups,) if isinstance(groups, str) else tuple(groups),
            anticipation=anticipation,
            notes=tuple(notes),
        )

    def __repr__(self) -> str:
        treated = int(self.treated_units.sum())
        return (
            f"StudyDesign({self.n_units} units x {self.n_periods} periods "
            f"{self.periods[0]}-{self.periods[-1]}, {treated} treated, {self.n_obs} observations, "
            f"outcome {self.names.outcome!r})"
        )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.outcome.shape[0])

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Cells that carry an observation, shape (n_units, n_periods)."""
        return self.weights > 0

    @property
    def n_obs(self) -> int:
        """Number of observed cells."""
        return int(self.observed.sum())

    @property
    def is_balanced(self) -> bool:
        """Whether every unit is observed in every period."""
        return bool(self.observed.all())

    @property
    def treated_units(self) -> NDArray[np.bool_]:
        """Units with any treatment in an observed period, shape (n_units,)."""
        treated: NDArray[np.bool_] = ((self.treatment != 0).any(axis=2) & self.observed).any(axis=1)
        return treated

    @property
    def unit_weights(self) -> Floats:
        """Weight of a unit: that of the first period, with gaps the mean of what was observed."""
        if self.is_balanced:
            return self.weights[:, 0]
        return np.asarray(self.weights.sum(axis=1) / np.maximum(self.observed.sum(axis=1), 1))

    def _groupings(self) -> dict[str, Grouping]:
        return {self.assignment.strata.name: self.assignment.strata} | super()._groupings()

    def with_treatment_of(self, source: NDArray[np.int64]) -> StudyDesign:
        """Return the design in which unit i has the treatment path of unit source[i].

        Parameters
        ----------
        source : ndarray of int, shape (n_units,)
        """
        cohort = None if self.cohort is None else self.cohort[source]
        return dataclasses.replace(self, treatment=self.treatment[source], cohort=cohort)

    def with_cohort(self, cohort: Floats) -> StudyDesign:
        """Return the design in which treatment starts in these periods and stays.

        Parameters
        ----------
        cohort : ndarray, shape (n_units,)
            On the scale of `period_numbers`, inf for never treated.
        """
        treatment = (self.period_numbers >= cohort[:, None]).astype(np.float64)[..., None]
        names = dataclasses.replace(self.names, treatment=self.names.treatment[:1])
        return dataclasses.replace(self, cohort=cohort, treatment=treatment, names=names)

    def before(self, number: float) -> StudyDesign:
        """Return the design with the periods before a period number only."""
        return self.take_periods(np.flatnonzero(self.period_numbers < number))

    def take_periods(self, positions: NDArray[np.int64]) -> StudyDesign:
        """Return the design with some periods only, by position."""
        cut = {
            name: getattr(self, name)[:, positions]
            for name in ("outcome", "treatment", "covariates", "weights", "exposure")
            if getattr(self, name) is not None
        }
        periods = tuple(self.periods[t] for t in positions)
        return dataclasses.replace(
            self, periods=periods, period_numbers=self.period_numbers[positions], **cut
        )

    def take(self, units: NDArray[np.int64]) -> StudyDesign:
        """Return the design of some units (by position), for example without one cluster."""
        rows = {
            name: getattr(self, name)[units]
            for name in ("outcome", "treatment", "covariates", "weights", "cohort", "exposure")
            if getattr(self, name) is not None
        }
        return dataclasses.replace(
            self,
            **rows,
            units=tuple(self.units[i] for i in units),
            cluster=self.cluster.take(units),
            assignment=self.assignment.take(units),
            groups={name: group.take(units) for name, group in self.groups.items()},
        )


def require_panel(design: Design, what: str) -> StudyDesign:
    """Return the design if it is a panel.

    Raises
    ------
    DesignError
        If it is a sibling that `what` cannot work with.
    """
    if not isinstance(design, StudyDesign):
        raise DesignError("needs-panel", what=what, design=type(design).__name__)
    return design
