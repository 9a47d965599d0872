"""`Matched`: whom each treated unit is compared with, and the difference that follows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, Sample
from evaluation.design.cross_section import OBSERVATION
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Term
from evaluation.individuals.ipw import weighing_notes
from evaluation.individuals.weighted import Weighted, mean_difference

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SET = "matched_set"


@dataclass(frozen=True, eq=False, repr=False)
class Matched(Weighted):
    """A sample whose treated units stand beside comparison units that are like them.

    Attributes
    ----------
    sets : ndarray of int, shape (n_units,), or None
        Number of the matched set or class, -1 for those left out; None where a comparison unit may stand
        beside several treated ones.
    pairs : ndarray of int, shape (m, 2)
        Positions of a treated unit and of one of its matches; empty for classes.
    coordinates : ndarray, shape (n_units, q), or None
        Points whose Euclidean distance was made small.
    """

    sets: Integers | None = None
    pairs: Integers = dataclasses.field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    coordinates: Floats | None = None

    def __repr__(self) -> str:
        treated, kept = self.design.treated_units, self.weights > 0
        return (
            f"Matched({int((kept & treated).sum())} of {int(treated.sum())} treated, "
            f"{int((kept & ~treated).sum())} comparison units)"
        )


def of_classes(design: Sample, codes: Integers, what: str, score: Floats | None = None) -> Matched:
    """Compare within classes: the others weigh as many as are treated in their class.

    Raises
    ------
    DesignError
        If no class holds both.
    """
    w, treated = design.weights, design.treated_units
    n = int(codes.max()) + 1
    one, zero = (np.bincount(codes[g], w[g], n) for g in (treated, ~treated))
    both = (one > 0) & (zero > 0)
    inside = both[codes]
    weights = (
        np.where(treated, w, w * np.where(both, one, 0)[codes] / np.where(both, zero, 1)[codes]) * inside
    )
    return Matched(design, scaled(design, weights, what), "att", score, np.where(inside, codes, -1))


def scaled(design: Sample, weights: Floats, what: str) -> Floats:
    """Let the comparison weights add up to the number of comparison units that are kept.

    Raises
    ------
    DesignError
        If nobody is.
    """
    control = ~design.treated_units
    kept = int((weights[control] > 0).sum())
    if not kept:
        raise DesignError("nobody-left", what=what, treated=0, comparison=0)
    return np.where(control, weights * kept / weights[control].sum(), weights)


def matched_difference(matched: Matched) -> Estimate:
    r"""Difference of weighted means after matching: the effect on the treated who found a match.

    Influence values take the matching as given; those of a matched set belong together (Abadie and Spiess
    2022, doi:10.1080/01621459.2020.1840383), so matched sets are the clusters of the estimate unless the
    sample names others. With replacement use `abadie_imbens`.

    Parameters
    ----------
    matched : Matched
        Of `match`, `cem` or `subclassification`.

    Returns
    -------
    Estimate
        Estimand "att", with those only who are compared; influence values (n_units, 1); grouping
        ``matched_set``. Notes ``unconfounded``, ``few_effective``, ``treated_unmatched``.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation.individuals import match
    >>> people = pd.DataFrame({"y": [3.0, 1, 2, 2, 4, 3], "d": [1, 1, 0, 0, 0, 0], "x": [1, 5, 2, 4, 8, 9]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> matched_difference(match(sample, distance="mahalanobis")).value.tolist()
    [0.0]
    """
    kept = matched.weights > 0
    design = matched.design.take(kept)
    value, influence = mean_difference(design.outcome, design.treated_units, matched.weights[kept])
    if matched.sets is not None:
        group = Grouping.of(SET, matched.sets[kept].tolist())
        alone = design.cluster.name == OBSERVATION
        design = dataclasses.replace(
            design, groups={**design.groups, SET: group}, cluster=group if alone else design.cluster
        )
    return Estimate(
        estimator="matched_difference",
        estimand="att",
        terms=(Term("att"),),
        value=np.array([value]),
        design=design,
        influence=influence[:, None],
        notes=(*weighing_notes(matched), *_unmatched(matched)),
    )


def _unmatched(matched: Matched) -> tuple[Note, ...]:
    treated = matched.design.treated_units
    lost = int((treated & (matched.weights == 0)).sum())
    return (Note("treated_unmatched", {"unmatched": lost, "of": int(treated.sum())}),) if lost else ()
