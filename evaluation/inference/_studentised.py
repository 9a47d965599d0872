"""Estimates under other assignments, each divided by its own standard error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Refit, Term
from evaluation.inference.clustered import cluster_covariance

Floats = NDArray[np.float64]

_NOTHING = 1e-12  # a standard error of this share of the estimate is rounding


def t_values(refit: Refit, design: StudyDesign, sources: NDArray[np.int64], terms: Sequence[Term]) -> Floats:
    """Return t statistics by CR1 under assignments, fitted one by one.

    Parameters
    ----------
    refit : Refit
    design : StudyDesign
    sources : ndarray of int, shape (B, n_units)
        Unit whose treatment path each unit receives.
    terms : sequence of Term, length k

    Returns
    -------
    ndarray, shape (B, k)
        NaN where an assignment does not identify a term or its standard error.
    """
    rows = np.full((len(sources), len(terms)), np.nan)
    for row, source in zip(rows, sources, strict=True):
        try:
            fitted = refit(design.with_treatment_of(source))
        except DesignError:
            continue
        error = np.sqrt(np.diag(cluster_covariance(fitted)))
        known = error > _NOTHING * np.abs(fitted.value)
        t = np.where(known, fitted.value / np.where(known, error, 1.0), np.nan)
        found = dict(zip(fitted.terms, t.tolist(), strict=True))
        row[:] = [found.get(term, np.nan) for term in terms]
    return rows
