"""What an estimate carries for inference: terms, moments, refit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, StudyDesign

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
class Moments:
    """Sufficient statistics of a linear or generalised linear estimator, by unit.

    The first k of the q regressors are the terms, the rest are covariates; fixed effects are projected out.

    Attributes
    ----------
    gram : ndarray, shape (n_units, q, q)
        X'WX of each unit.
    cross : ndarray, shape (n_units, q)
        X'Wy of each unit (the working outcome in a GLM).
    scores : ndarray, shape (n_units, q)
        X'We of each unit, e the residual.
    bread : ndarray, shape (q, q)
        Inverse of the summed gram.
    n_obs : int
    n_regressors : int
        q, without the fixed effects.
    absorbed : tuple of Absorbed
    """

    gram: Floats
    cross: Floats
    scores: Floats
    bread: Floats
    n_obs: int
    n_regressors: int
    absorbed: tuple[Absorbed, ...]


class Batch(Protocol):
    """Values of the same estimator under many assignments at once."""

    def __call__(self, design: StudyDesign, sources: Integers, **options: Any) -> Floats:
        """Return values, shape (n_assignments, k); sources has shape (n_assignments, n_units)."""


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
        if self.batch is not None and not self.after:
            return self.batch(design, sources, **self.options)
        rows = np.full((len(sources), len(terms)), np.nan)
        for row, source in zip(rows, sources, strict=True):
            fitted = self(design.with_treatment_of(source))
            at = {term: i for i, term in enumerate(fitted.terms)}
            row[:] = [fitted.value[at[term]] if term in at else np.nan for term in terms]
        return rows
