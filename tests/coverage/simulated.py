"""Panels of the size study, many at once: no effect, one start in the middle, assignment by lot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PERIODS = 12
SPREAD = 1.25
"""Standard deviation of the log sizes where they are very unequal: the largest of 57 is 380 times the
smallest, about as among the districts of Prague."""


@dataclass(frozen=True)
class Cell:
    """A design of the study.

    Attributes
    ----------
    clusters, treated : int
    rho : float
        Correlation of the errors of neighbouring periods.
    sizes : {"equal", "unequal"}
        Weights of the clusters. Half of the error variance of a cluster of median size is common to its
        people, half averages out over them.
    variance : float
        How many times as large the error variance of treated clusters is.
    """

    clusters: int
    treated: int
    rho: float
    sizes: str
    variance: float

    @property
    def size(self) -> Floats:
        """Size of each cluster, the median is one, (G,)."""
        if self.sizes == "equal":
            return np.ones(self.clusters)
        return np.exp(SPREAD * ndtri((np.arange(self.clusters) + 0.5) / self.clusters))

    @property
    def seed(self) -> list[int]:
        """Seed of the cell, from what it is."""
        return [self.clusters, self.treated, round(10 * self.rho), len(self.sizes), round(self.variance)]


@dataclass(frozen=True, eq=False)
class Panels:
    """Simulated panels of one cell.

    Attributes
    ----------
    outcome : ndarray, shape (P, G, T)
    treated : ndarray of bool, shape (P, G)
    size : ndarray, shape (G,)
    """

    outcome: Floats
    treated: Flags
    size: Floats

    @cached_property
    def change(self) -> Floats:
        """Mean after the start less mean before it, (P, G)."""
        half = self.outcome.shape[2] // 2
        return np.asarray(self.outcome[..., half:].mean(axis=2) - self.outcome[..., :half].mean(axis=2))

    def frame(self, panel: int) -> pd.DataFrame:
        """Return one of them as a table, as `StudyDesign.from_frame` takes it."""
        clusters, periods = self.outcome.shape[1:]
        return pd.DataFrame(
            {
                "unit": np.repeat(np.arange(clusters), periods),
                "period": np.tile(np.arange(periods), clusters),
                "outcome": self.outcome[panel].ravel(),
                "cohort": np.repeat(np.where(self.treated[panel], periods // 2, np.inf), periods),
                "size": np.repeat(self.size, periods),
            }
        )


def simulate(cell: Cell, panels: int, seed: int) -> Panels:
    """Draw panels of a cell; the treated clusters are drawn anew in each."""
    rng = np.random.default_rng([seed, *cell.seed])
    shape = (panels, cell.clusters, PERIODS)
    error = rng.normal(size=shape)
    for t in range(1, PERIODS):
        error[..., t] = cell.rho * error[..., t - 1] + np.sqrt(1 - cell.rho**2) * error[..., t]
    treated = rng.permuted(np.tile(np.arange(cell.clusters) < cell.treated, (panels, 1)), axis=1)
    variance = (1 + 1 / cell.size) / 2 * np.where(treated, cell.variance, 1.0)
    period = np.cumsum(rng.normal(scale=0.5, size=(panels, 1, PERIODS)), axis=2)
    unit = rng.normal(size=(panels, cell.clusters, 1))
    return Panels(unit + period + np.sqrt(variance)[..., None] * error, treated, cell.size)
