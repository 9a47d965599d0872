"""The rule by which treatment was, or could have been, assigned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design.grouping import Grouping


@dataclass(frozen=True, eq=False)
class Assignment:
    """Who could have been treated instead: read by randomisation, placebo and power.

    Attributes
    ----------
    unit : Grouping
        Unit of assignment: all admissible units of one group are treated together.
    strata : Grouping
        Treatment paths are exchanged within a stratum only. Every unit of assignment lies in one stratum.
    admissible : ndarray of bool, shape (n_units,)
        Units that could have been treated. The others keep their path in every assignment.
    """

    unit: Grouping
    strata: Grouping
    admissible: NDArray[np.bool_]

    def take(self, units: NDArray[np.int64]) -> Assignment:
        """Return the rule for some units."""
        return Assignment(self.unit.take(units), self.strata.take(units), self.admissible[units])
