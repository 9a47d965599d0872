"""The same estimator again: on a changed design, or under many assignments at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate.contracts import Term

if TYPE_CHECKING:
    from evaluation.estimate.estimate import Estimate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Together = Callable[[Integers, Sequence[Term]], Floats]
"""``(sources, terms) -> values``: an estimator under many assignments at once.

`sources` has shape (n_assignments, n_units): the unit whose treatment path each unit receives. Values have
shape (n_assignments, len(terms)), NaN where an assignment does not identify a term."""

Batch = Callable[..., Together | None]
"""``(design, **options)`` -> `Together` on this design, or None where assignments are fitted one by one.

Every unit of the design enters the estimate, whatever the assignment: where some may not, answer None."""


def aligned(estimate: Estimate, terms: Sequence[Term]) -> Floats:
    """Return the values of these terms, found by their keys; NaN for a term that the estimate lacks."""
    return np.asarray(columns(estimate.value[None], estimate.terms, terms)[0])


def columns(values: Floats, of_terms: Sequence[Term], terms: Sequence[Term]) -> Floats:
    """Return the columns of these terms, found by their keys; NaN for a term that is not there."""
    at = {term: i for i, term in enumerate(of_terms)}
    found = np.full((len(values), len(terms)), np.nan)
    for column, term in enumerate(terms):
        if term in at:
            found[:, column] = values[:, at[term]]
    return found


def weighed(values: Floats, weights: Floats) -> Floats:
    """Weigh values, (..., k) -> (..., r): NaN where one that counts is missing, not where it weighs 0."""
    missing = np.isnan(values)
    if not missing.any():
        return np.asarray(values @ weights.T)
    known: Floats = np.where(missing, 0.0, values) @ weights.T
    needed = missing.astype(np.float64) @ (weights != 0).T
    return np.where(needed > 0, np.nan, known)


class Step(Protocol):
    """What follows a fit: new terms from those of an estimate, also under many assignments at once."""

    @property
    def of_terms(self) -> tuple[Term, ...]:
        """Terms of the estimate that it was first applied to."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Terms that it gave."""

    def __call__(self, estimate: Estimate) -> Estimate:
        """Repeat it on another estimate, whose terms may differ."""

    def of(self, values: Floats, design: StudyDesign, sources: Integers) -> Floats:
        """Repeat it under assignments: (B, len(of_terms)) -> (B, len(terms))."""


@dataclass(frozen=True, eq=False)
class FixedWeights:
    """A step after a fit: fixed weights for the terms with the same keys, in whatever order they come."""

    of_terms: tuple[Term, ...]
    weights: Floats
    terms: tuple[Term, ...]

    def __call__(self, estimate: Estimate) -> Estimate:
        """Return the weighted terms; those that lack a term that counts are NaN."""
        value = weighed(aligned(estimate, self.of_terms), self.weights)
        weights = self.weights @ _chosen(self.of_terms, estimate.terms)
        return dataclasses.replace(
            estimate,
            terms=self.terms,
            value=value,
            influence=None if estimate.influence is None else weighed(estimate.influence, weights),
            moments=estimate.moments and estimate.moments.combined(weights),
            refit=None,
        )

    def of(self, values: Floats, design: StudyDesign, sources: Integers) -> Floats:  # noqa: ARG002 -- a Step
        """Weigh the values; the weights do not depend on the assignment."""
        return weighed(values, self.weights)


def _chosen(wanted: Sequence[Term], terms: Sequence[Term]) -> Floats:
    """Return the matrix that picks terms by their keys, (wanted, terms); nothing for one that is missing."""
    at = {term: i for i, term in enumerate(terms)}
    known = [(row, at[term]) for row, term in enumerate(wanted) if term in at]
    found = np.zeros((len(wanted), len(terms)))
    found[tuple(zip(*known, strict=True)) if known else ([], [])] = 1.0
    return found


_NUMBERS = 4_000_000  # values that are held before a step


@dataclass(frozen=True, repr=False)
class Refit:
    """The same estimator with the same options, on a changed design.

    Attributes
    ----------
    function : callable
        The registered estimator.
    options : Mapping
    batch : Batch, optional
        Values under many assignments in one call; without it the assignments are fitted one by one.
    after : tuple of Step
        Estimate -> Estimate steps (aggregations) that follow the fit.
    """

    function: Callable[..., Estimate]
    options: Mapping[str, Any]
    batch: Batch | None = None
    after: tuple[Step, ...] = ()

    def __call__(self, design: StudyDesign) -> Estimate:
        """Fit on another design."""
        estimate = self.function(design, **self.options)
        for step in self.after:
            estimate = step(estimate)
        return estimate

    def together(self, design: StudyDesign) -> Together | None:
        """Return the fit and its steps under many assignments at once, None if they go one by one."""
        fit = self.batch(design, **self.options) if self.batch is not None else None
        if fit is None or not self.after:
            return fit
        first, last = self.after[0].of_terms, self.after[-1].terms

        def stepped(sources: Integers) -> Floats:
            values = fit(sources, first)
            for step in self.after:
                values = step.of(values, design, sources)
            return values

        def values(sources: Integers, terms: Sequence[Term]) -> Floats:
            rows = max(1, _NUMBERS // len(first))
            parts = [stepped(sources[i : i + rows]) for i in range(0, len(sources), rows)]
            return columns(np.concatenate(parts), last, terms)

        return values

    def one_by_one(self, design: StudyDesign) -> Together:
        """Return the fit and its steps under assignments, each by a fit of its own."""

        def value(source: Integers, terms: Sequence[Term]) -> Floats:
            try:
                return aligned(self(design.with_treatment_of(source)), terms)
            except DesignError:
                return np.full(len(terms), np.nan)

        def values(sources: Integers, terms: Sequence[Term]) -> Floats:
            rows = [value(source, terms) for source in sources]
            return np.array(rows, dtype=np.float64).reshape(-1, len(terms))

        return values

    def values(self, design: StudyDesign, sources: Integers, terms: Sequence[Term]) -> Floats:
        """Return values under assignments, aligned with `terms` by their keys.

        Parameters
        ----------
        design : StudyDesign
        sources : ndarray of int, shape (n_assignments, n_units)
            Unit whose treatment path unit i receives.
        terms : sequence of Term, length k

        Returns
        -------
        ndarray, shape (n_assignments, k)
            NaN where an assignment does not identify a term.
        """
        return (self.together(design) or self.one_by_one(design))(sources, terms)
