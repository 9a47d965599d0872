"""Synthetic panels on which every estimator and every inference method is tried."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import evaluation.estimators  # noqa: F401 -- fills the registry
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate, Registered, Variant, registry

CASES: list[tuple[Registered, Variant]] = [
    (registered, variant) for registered in registry().values() for variant in registered.variants
]


def name(case: tuple[Registered, Variant]) -> str:
    options = ",".join(f"{key}={value}" for key, value in case[1].options.items())
    return f"{case[0].name}({options})"


@cache
def panel(sizes: tuple[int, int, int] = (5, 4, 7), n_periods: int = 7, seed: int = 3) -> pd.DataFrame:
    """Positive outcomes; cohorts that start in periods 4 and 6 and never, of these sizes."""
    rng = np.random.default_rng(seed)
    n_units = sum(sizes)
    start = np.repeat([4, 6, 0], sizes)
    t = np.arange(1, n_periods + 1)
    log_mean = 2 + 0.3 * rng.normal(size=(n_units, 1)) + 0.1 * rng.normal(size=n_periods)
    log_mean = log_mean + 0.25 * rng.normal(size=(n_units, n_periods))
    treated = (start[:, None] > 0) & (t >= start[:, None])
    return pd.DataFrame(
        {
            "unit": np.repeat([f"district-{i:03d}" for i in rng.permutation(n_units)], n_periods),
            "period": np.tile(t, n_units),
            "start": np.repeat(start, n_periods),
            "region": np.repeat(np.arange(n_units) % 5, n_periods),
            "outcome": np.exp(log_mean + 0.3 * treated).ravel(),
        }
    )


def design(frame: pd.DataFrame, **options: Any) -> StudyDesign:
    given = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "start", "groups": ["region"]}
    return StudyDesign.from_frame(frame, **(given | options))


def fit(case: tuple[Registered, Variant], frame: pd.DataFrame, **options: Any) -> Estimate:
    return case[0].function(design(frame, **options), **case[1].options)
