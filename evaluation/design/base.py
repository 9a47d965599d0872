"""What all designs share: periods, cohorts, groupings, and what inference asks of them."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.design.periods import Kind, period_label
from evaluation.errors import DesignError, did_you_mean, listed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Names:
    """Column names of the data behind a design.

    `cohort` is the column with the first treated period where the treatment was given by it, else None.
    """

    outcome: str
    unit: str
    time: str
    treatment: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    cohort: str | None = None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Design(ABC):
    """What a design of any kind tells inference, averages and reports.

    A unit is what influence values are keyed by: a row of the panel, or one observation of a cross-section.

    Attributes
    ----------
    units : tuple, length n_units
        Labels: rows of influence values are tied to units by them.
    cohort : ndarray, shape (n_units,), or None
        First treated period on the scale of `period_numbers`, inf for never treated;
        None where there are several treatments or one that switches off again.
    periods : tuple
        Labels in sorted order.
    period_numbers : ndarray, shape (n_periods,)
        Periods on a scale with equal steps (quarters, months, years).
    cluster : Grouping
        Level at which errors may be correlated; the unit unless named.
    groups : Mapping[str, Grouping]
        Further groupings of units, by column name.
    anticipation : int
        Periods before the start in which an effect is allowed for.
    notes : tuple of Note
        What was noticed while the design was made.
    """

    units: tuple[Any, ...]
    cohort: Floats | None
    periods: tuple[Any, ...]
    period_numbers: Floats
    cluster: Grouping
    names: Names
    period_kind: Kind = "number"
    groups: Mapping[str, Grouping] = field(default_factory=dict)
    anticipation: int = 0
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        kind = type(self).__name__
        raise TypeError(f"A {kind} holds unit data and is not pickled; build it again from its data.")

    @property
    @abstractmethod
    def n_units(self) -> int:
        """Number of units."""

    @property
    @abstractmethod
    def n_obs(self) -> int:
        """Number of observations."""

    @property
    @abstractmethod
    def treated_units(self) -> NDArray[np.bool_]:
        """Units with any treatment in an observed period, shape (n_units,)."""

    @property
    @abstractmethod
    def unit_weights(self) -> Floats:
        """Weight of a unit in the shares of cohorts, shape (n_units,)."""

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.periods)

    @property
    def n_treated_clusters(self) -> int:
        """Number of clusters that hold a treated unit."""
        return self.cluster.count(self.treated_units)

    def period_of(self, number: float) -> str | int:
        """Label of a period number (a cohort, say), also outside the data."""
        return period_label(number, self.period_kind)

    def group(self, name: str) -> Grouping:
        """Return a grouping by its column name.

        Raises
        ------
        DesignError
            If the design has no such grouping.
        """
        known = self._groupings()
        if name not in known:
            raise DesignError(
                "unknown-group", group=name, available=f"{listed(known)}. {did_you_mean(name, known)}".strip()
            )
        return known[name]

    def _groupings(self) -> dict[str, Grouping]:
        return {self.cluster.name: self.cluster} | dict(self.groups)
