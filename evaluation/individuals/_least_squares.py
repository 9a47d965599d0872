"""Weighted least squares on a sample, with what inference needs of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, Sample
from evaluation.errors import DesignError
from evaluation.estimate import Cells, Moments

Floats = NDArray[np.float64]
COLLINEAR = 1e-10
"""Share of the largest singular value, columns at one scale, below which regressors count as collinear."""


@dataclass(frozen=True, eq=False, repr=False)
class Regression:
    """A weighted regression of one outcome.

    Attributes
    ----------
    columns : ndarray, shape (n_units, q)
    outcome, weights, error : ndarray, shape (n_units,)
    beta : ndarray, shape (q,)
    bread : ndarray, shape (q, q)
        Inverse of X'WX.
    """

    columns: Floats
    outcome: Floats
    weights: Floats
    error: Floats
    beta: Floats
    bread: Floats

    @property
    def scores(self) -> Floats:
        """X'We of each unit, shape (n_units, q)."""
        return self.columns * (self.weights * self.error)[:, None]

    @property
    def influence(self) -> Floats:
        """Influence values of the coefficients, shape (n_units, q)."""
        return len(self.outcome) * self.scores @ self.bread

    def moments(self) -> Moments:
        """Return what cluster-robust errors with corrections need; the first coefficients are the terms."""
        n = len(self.outcome)
        one = Grouping("all", np.zeros(n, dtype=np.int64), ("all",))
        columns = self.columns.T[:, :, None]
        y, e, w = self.outcome[:, None], self.error[:, None], self.weights[:, None]
        return Moments(
            lay_out=lambda: Cells(columns, y, e, w, one),
            scores=self.scores,
            bread=self.bread,
            n_obs=n,
            n_regressors=len(self.beta),
            absorbed=(),
            used=np.ones(n, dtype=np.bool_),
        )


def least_squares(columns: Floats, outcome: Floats, weights: Floats, what: str) -> Regression:
    """Regress an outcome on columns, shape (n_units, q).

    Raises
    ------
    DesignError
        If a column follows from the others, or there are fewer units than columns.
    """
    root = np.sqrt(weights)[:, None]
    scale = np.sqrt((columns**2 * weights[:, None]).sum(axis=0))
    if len(columns) <= columns.shape[1] or not (scale > 0).all():
        raise DesignError("covariates-collinear", what=what)
    left, values, right = np.linalg.svd(columns * root / scale, full_matrices=False)
    if values[-1] < COLLINEAR * values[0]:
        raise DesignError("covariates-collinear", what=what)
    inverse = right.T / values
    beta = inverse @ (left.T @ (outcome * root[:, 0])) / scale
    bread = inverse @ inverse.T / np.outer(scale, scale)
    return Regression(columns, outcome, weights, outcome - columns @ beta, beta, bread)


def centred_strata(design: Sample) -> Floats:
    """Return indicators of all strata but the first, less their weighted shares, shape (n_units, s - 1)."""
    if design.strata is None:
        return np.empty((design.n_units, 0))
    indicators = (design.strata.codes[:, None] == np.arange(1, design.strata.n_groups)).astype(np.float64)
    return centred(indicators, design.weights)


def centred(columns: Floats, weights: Floats) -> Floats:
    """Take the weighted means out of columns, shape (n_units, p)."""
    return columns - np.average(columns, axis=0, weights=weights)


def check_strata(design: Sample, what: str) -> tuple[Note, ...]:
    """Refuse a stratum in which nothing can be compared; note those in which chance cannot be judged.

    Raises
    ------
    DesignError
    """
    if design.strata is None:
        return ()
    strata = design.strata
    sizes = np.bincount(strata.codes, minlength=strata.n_groups)
    treated = np.bincount(strata.codes, design.treatment, minlength=strata.n_groups)
    smaller = np.minimum(treated, sizes - treated)
    if smaller.min() == 0:
        empty = np.flatnonzero(smaller == 0)
        stratum = str(strata.labels[empty[0]])
        raise DesignError("one-armed-stratum", what=what, count=len(empty), stratum=stratum)
    single = int((smaller == 1).sum())
    return (Note("single_in_stratum", {"strata": single, "of": strata.n_groups}),) if single else ()
