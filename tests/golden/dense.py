"""Regressions with all dummies written out, independent of the package's projections."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.design import StudyDesign
from evaluation.estimate import Estimate, Moments, Term


def pooled(frame: pd.DataFrame, *, outcome: str, terms: list[str], others: np.ndarray, unit: str, time: str,
           group: str) -> Estimate:  # fmt: skip
    """Least squares of the outcome on the terms and other columns, as an estimate with moments by unit."""
    frame = frame.sort_values([unit, time], kind="stable")
    codes = pd.factorize(frame[unit], sort=True)[0]
    x = np.column_stack([frame[terms].to_numpy(float), others[frame.index]])
    y = frame[outcome].to_numpy(float)
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    beta = beta + bread @ (x.T @ (y - x @ beta))
    units = np.arange(codes.max() + 1)
    rows = [codes == i for i in units]
    moments = Moments(
        gram=np.array([x[row].T @ x[row] for row in rows]),
        cross=np.array([x[row].T @ y[row] for row in rows]),
        scores=np.array([x[row].T @ (y - x @ beta)[row] for row in rows]),
        bread=bread,
        n_obs=len(x),
        n_regressors=x.shape[1],
        absorbed=(),
        used=np.ones(len(units), dtype=bool),
    )
    design = StudyDesign.from_frame(
        frame, outcome=outcome, unit=unit, time=time, treatment=terms[0], groups=[group]
    )
    named = tuple(Term(name) for name in terms)
    return Estimate("pooled", "slope", named, beta[: len(terms)].copy(), design, moments=moments)


def dummies(values: pd.Series) -> np.ndarray:
    """Indicators of all values but the first."""
    return pd.get_dummies(values, drop_first=True).to_numpy(float)
