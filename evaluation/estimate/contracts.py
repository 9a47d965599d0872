"""What an estimate carries for inference: terms and moments; `Refit` has a file of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping

Floats = NDArray[np.float64]


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
