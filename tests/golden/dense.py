"""Regressions with all dummies written out, independent of the package's projections."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.design import Grouping, StudyDesign
from evaluation.estimate import Cells, Estimate, Moments, Term


def pooled(
    frame: pd.DataFrame,
    *,
    outcome: str,
    terms: list[str],
    others: np.ndarray,
    unit: str,
    time: str,
    group: str,
) -> Estimate:
    """Least squares of the outcome on terms and other columns, with moments; every unit has all periods."""
    frame = frame.sort_values([unit, time], kind="stable")
    n = frame[unit].nunique()
    x = np.column_stack([frame[terms].to_numpy(float), others[frame.index]])
    y = frame[outcome].to_numpy(float)
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    beta = beta + bread @ (x.T @ (y - x @ beta))
    columns, rest = x.T.reshape(-1, n, len(x) // n), (y - x @ beta).reshape(n, -1)
    one = Grouping("all", np.zeros(n, dtype=np.int64), ("all",))
    moments = Moments(
        lay_out=lambda: Cells(columns, y.reshape(n, -1), rest, np.ones(rest.shape), one),
        scores=np.einsum("qit,it->iq", columns, rest),
        bread=bread,
        n_obs=len(x),
        n_regressors=x.shape[1],
        absorbed=(),
        used=np.ones(n, dtype=bool),
    )
    design = StudyDesign.from_frame(
        frame, outcome=outcome, unit=unit, time=time, treatment=terms[0], groups=[group]
    )
    named = tuple(Term(name) for name in terms)
    return Estimate("pooled", "slope", named, beta[: len(terms)].copy(), design, moments=moments)


def dummies(values: pd.Series) -> np.ndarray:
    """Indicators of all values but the first."""
    return pd.get_dummies(values, drop_first=True).to_numpy(float)
