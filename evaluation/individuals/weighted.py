"""`Weighted`: a sample with the weights that make its groups comparable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.errors import DesignError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Weighted:
    """A sample, and how much each unit counts in the comparison.

    Attributes
    ----------
    design : Sample
    weights : ndarray, shape (n_units,)
        Zero for those left out; their scale within a group does not matter.
    estimand : str
        For whom the difference is meant: "att" the treated, "atc" the others, "ate" all, "ato" those who
        could be either.
    score : ndarray, shape (n_units,), or None
        Propensity score.
    """

    design: Sample
    weights: Floats
    estimand: str
    score: Floats | None = None

    def __post_init__(self) -> None:
        if self.weights.shape != (self.design.n_units,):
            raise ValueError(f"weights have shape {self.weights.shape}, needed {(self.design.n_units,)}")
        self.weights.setflags(write=False)

    def __repr__(self) -> str:
        one, zero = self.effective_sizes
        return f"Weighted({self.estimand}: effective sizes {one:.1f} treated, {zero:.1f} comparison)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("Weighted holds unit data and is not pickled; make it again from its sample.")

    @property
    def effective_sizes(self) -> tuple[float, float]:
        """(sum w)^2 / sum w^2 of the treated and of the others (Kish 1965)."""
        treated = self.design.treated_units
        one, zero = (self.weights[group] for group in (treated, ~treated))
        return float(one.sum() ** 2 / (one**2).sum()), float(zero.sum() ** 2 / (zero**2).sum())


def mean_difference(y: Floats, treated: NDArray[np.bool_], weights: Floats) -> tuple[float, Floats]:
    """Return the difference of weighted means, and its influence values were the weights known: (n,).

    Raises
    ------
    DesignError
        If a group has no weight.
    """
    parts = [weights * group for group in (treated, ~treated)]
    totals = [float(part.sum()) for part in parts]
    if min(totals) <= 0:
        counts = [int((part > 0).sum()) for part in parts]
        raise DesignError("nobody-left", what="the weighting", treated=counts[0], comparison=counts[1])
    one, zero = (float(part @ y / total) for part, total in zip(parts, totals, strict=True))
    influence: Floats = len(y) * (parts[0] * (y - one) / totals[0] - parts[1] * (y - zero) / totals[1])
    return one - zero, influence
