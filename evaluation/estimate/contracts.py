"""What an estimate carries for inference: terms, moments, refit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, StudyDesign
from evaluation.errors import DesignError

if TYPE_CHECKING:
    from evaluation.estimate.estimate import Estimate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Term:
    """One row of an estimate and the keys by which it is aligned.

    Examples
    --------
    >>> Term("att", event_time=2)
    Term(name='att', cohort=None, period=None, event_time=2)
    """

    name: str
    cohort: Any = None
    period: Any = None
    event_time: float | None = None


@dataclass(frozen=True, eq=False)
class Absorbed:
    """A set of fixed effects that was projected out.

    Attributes
    ----------
    name : str
    n_levels : int
        Number of effects.
    groups : Grouping
        Units that share these effects: with them is decided whether the effects are nested in clusters.
    """

    name: str
    n_levels: int
    groups: Grouping


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """A regression cell by cell, all effects projected out.

    Attributes
    ----------
    columns : ndarray, shape (q, n_units, n_periods)
        Regressors.
    outcome, error : ndarray, shape (n_units, n_periods)
        Outcome (the working outcome in a GLM) and residual.
    weights : ndarray, shape (n_units, n_periods)
        Zero where nothing entered; the working weights of a GLM.
    groups : Grouping
        Units that share period effects.
    """

    columns: Floats
    outcome: Floats
    error: Floats
    weights: Floats
    groups: Grouping


@dataclass(frozen=True, eq=False, repr=False)
class Moments:
    """Sufficient statistics of a linear or generalised linear estimator, by unit.

    The terms are linear combinations of the coefficients of q regressors; fixed effects are projected out.

    Attributes
    ----------
    lay_out : callable
        Makes the `Cells`: with hundreds of regressors they and the cross products are by far the largest
        part, and usual standard errors do not need them.
    scores : ndarray, shape (n_units, q)
        X'We of each unit, e the residual.
    bread : ndarray, shape (q, q)
        Inverse of the summed gram.
    n_obs : int
    n_regressors : int
        q, without the fixed effects.
    absorbed : tuple of Absorbed
    used : ndarray of bool, shape (n_units,)
        Units that have an observation in the regression.
    contrast : ndarray, shape (k, q), optional
        The terms as combinations of the coefficients; by default they are the first k of them.
    """

    lay_out: Callable[[], Cells]
    scores: Floats
    bread: Floats
    n_obs: int
    n_regressors: int
    absorbed: tuple[Absorbed, ...]
    used: NDArray[np.bool_]
    contrast: Floats | None = None

    @property
    def cells(self) -> Cells:
        """The regression cell by cell, made anew each time."""
        return self.lay_out()

    @property
    def gram(self) -> Floats:
        """X'WX of each unit, shape (n_units, q, q)."""
        return self._products[0]

    @property
    def cross(self) -> Floats:
        """X'Wy of each unit (the working outcome in a GLM), shape (n_units, q)."""
        return self._products[1]

    @cached_property
    def _products(self) -> tuple[Floats, Floats]:
        cells = self.cells
        weighted = cells.columns * cells.weights
        gram = np.einsum("qit,rit->iqr", weighted, cells.columns)
        return gram, np.einsum("qit,it->iq", weighted, cells.outcome)

    def weights_of(self, k: int) -> Floats:
        """Return the terms as combinations of the coefficients, shape (k, q)."""
        return np.eye(k, len(self.bread)) if self.contrast is None else self.contrast

    def loadings(self, k: int) -> Floats:
        """Return what a score adds to each of the k terms, bread times contrast', shape (q, k)."""
        return self.bread[:, :k] if self.contrast is None else self.bread @ self.contrast.T

    def combined(self, weights: Floats) -> Moments:
        """Return the moments of fixed linear combinations of the terms, weights of shape (r, k)."""
        return dataclasses.replace(self, contrast=weights @ self.weights_of(weights.shape[1]))


Batch = Callable[..., Floats]
"""``(design, sources, terms, **options) -> values``: the same estimator under many assignments at once.

`sources` has shape (n_assignments, n_units): the unit whose treatment path each unit receives. Values have
shape (n_assignments, len(terms)), NaN where an assignment does not identify a term."""


def aligned(estimate: Estimate, terms: Sequence[Term]) -> Floats:
    """Return the values of these terms, found by their keys; NaN for a term that the estimate lacks."""
    at = {term: i for i, term in enumerate(estimate.terms)}
    return np.array([estimate.value[at[term]] if term in at else np.nan for term in terms])


@dataclass(frozen=True, eq=False)
class FixedWeights:
    """A step after a fit: fixed weights for the terms with the same keys, in whatever order they come."""

    of_terms: tuple[Term, ...]
    weights: Floats
    terms: tuple[Term, ...]

    def __call__(self, estimate: Estimate) -> Estimate:
        """Return the weighted terms, as values only."""
        value = self.of(aligned(estimate, self.of_terms))
        return dataclasses.replace(
            estimate, terms=self.terms, value=value, influence=None, moments=None, refit=None
        )

    def of(self, values: Floats) -> Floats:
        """Weigh values, (..., k) -> (..., r): NaN where one that counts is missing, not where it weighs 0."""
        missing = np.isnan(values)
        weighted: Floats = np.where(missing, 0.0, values) @ self.weights.T
        needed = missing.astype(np.float64) @ (self.weights != 0).T
        return np.where(needed > 0, np.nan, weighted)


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
    after : tuple of callable
        Estimate -> Estimate steps (aggregations) that follow the fit.
    """

    function: Callable[..., Estimate]
    options: Mapping[str, Any]
    batch: Batch | None = None
    after: tuple[Callable[[Estimate], Estimate], ...] = ()

    def __call__(self, design: StudyDesign) -> Estimate:
        """Fit on another design."""
        estimate = self.function(design, **self.options)
        for step in self.after:
            estimate = step(estimate)
        return estimate

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
        steps = [step for step in self.after if isinstance(step, FixedWeights)]
        if self.batch is not None and len(steps) == len(self.after):
            first = steps[0].of_terms if steps else terms
            values = self.batch(design, sources, first, **self.options)
            for step in steps:
                values = step.of(values)
            return values
        rows = np.full((len(sources), len(terms)), np.nan)
        for row, source in zip(rows, sources, strict=True):
            row[:] = self._one(design.with_treatment_of(source), terms)
        return rows

    def _one(self, design: StudyDesign, terms: Sequence[Term]) -> Floats:
        try:
            return aligned(self(design), terms)
        except DesignError:
            return np.full(len(terms), np.nan)
