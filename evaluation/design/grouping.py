"""A grouping of units: clusters, strata, regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design.columns import coded


@dataclass(frozen=True, eq=False)
class Grouping:
    """Units sorted into groups.

    Attributes
    ----------
    name : str
        The column it came from.
    codes : ndarray of int, shape (n_units,)
        Group number of each unit, 0 to n_groups - 1.
    labels : tuple, length n_groups
        Names of the groups, sorted.

    Examples
    --------
    >>> Grouping.of("region", ["b", "a", "b"]).codes.tolist()
    [1, 0, 1]
    """

    name: str
    codes: NDArray[np.int64]
    labels: tuple[Any, ...]

    @classmethod
    def of(cls, name: str, values: Sequence[Any] | NDArray[Any], role: str = "grouping") -> Grouping:
        """Make a grouping of one value per unit.

        Raises
        ------
        DataError
            If a value is missing, or the values cannot be put in order.
        """
        codes, labels = coded({name: np.asarray(values, dtype=object)}, name, role, sort=True)
        return cls(name, codes, tuple(labels.tolist()))

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.labels)

    def take(self, units: NDArray[Any]) -> Grouping:
        """Return the grouping of some units; groups that became empty are dropped."""
        used, codes = np.unique(self.codes[units], return_inverse=True)
        return Grouping(self.name, codes.astype(np.int64), tuple(self.labels[i] for i in used))

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up unit rows by group: (n_units, …) -> (n_groups, …)."""
        if self.n_groups == len(self.codes) and (np.diff(self.codes) == 1).all():
            return np.asarray(values)
        order = np.argsort(self.codes, kind="stable")
        starts = np.searchsorted(self.codes[order], np.arange(self.n_groups))
        return np.add.reduceat(values[order], starts, axis=0)

    def nested_in(self, other: Grouping) -> bool:
        """Whether each group lies within one group of `other`."""
        some = np.empty(self.n_groups, dtype=np.int64)
        some[self.codes] = other.codes
        return bool((some[self.codes] == other.codes).all())

    def count(self, units: NDArray[np.bool_]) -> int:
        """Count the groups that hold one of these units."""
        return int(np.count_nonzero(np.bincount(self.codes[units], minlength=self.n_groups)))
