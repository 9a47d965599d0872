"""Sums over risk sets of a proportional-hazards model, tied ends by Efron's or Breslow's rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Durations

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Risk sets of one stratum, one row for each end of the cause (E ends in all).

    Attributes
    ----------
    rows : ndarray of int, shape (s,)
        Spells of the stratum.
    time : ndarray, shape (E,)
    share : ndarray, shape (E,)
        Share by which the tied ends count as gone already: l / d for the l-th of d under Efron's rule.
    total : ndarray, shape (E,)
        Sum of exp(x'b) over those at risk.
    mean : ndarray, shape (E, p)
        Mean of x over those at risk, weighted by exp(x'b).
    """

    rows: Integers
    time: Floats
    share: Floats
    total: Floats
    mean: Floats
    _second: Floats  # (E, p, p): mean of xx'

    @classmethod
    def of(cls, design: Durations, rows: Integers, ended: Bools, risk: Floats, ties: Ties) -> RiskSets:
        """Sum over the risk sets of the spells in `rows`."""
        x, r = design.covariates[rows], risk[rows]
        time, entry, own = design.time[rows], design.entry[rows], ended[rows]
        at, first, count = np.unique(time[own], return_inverse=True, return_counts=True)
        place = np.sort(first)
        order = np.arange(len(place)) - np.concatenate([[0], count.cumsum()])[place]
        share = order / count[place] if ties == "efron" else np.zeros(len(place))
        parts = np.column_stack([r, r[:, None] * x, pairs(r, x)])
        sums = _at_risk(parts, time, entry, at)[place]
        tied = np.zeros((len(at), parts.shape[1]))
        np.add.at(tied, first, parts[own])
        sums = sums - share[:, None] * tied[place]
        p = x.shape[1]
        mean = sums[:, 1 : p + 1] / sums[:, :1]
        second = (sums[:, p + 1 :] / sums[:, :1]).reshape(len(place), p, p)
        return cls(rows, at[place], share, sums[:, 0], mean, second)

    @property
    def spread(self) -> Floats:
        """Variance of x over those at risk, shape (E, p, p)."""
        return self._second - self.mean[:, :, None] * self.mean[:, None, :]


def strata(design: Durations) -> Iterator[Integers]:
    """Yield the spells of each stratum."""
    if design.strata is None:
        yield np.arange(design.n_units)
        return
    for code in range(design.strata.n_groups):
        yield np.flatnonzero(design.strata.codes == code)


def pairs(r: Floats, x: Floats) -> Floats:
    """Return r x x', flattened, shape (n, p * p)."""
    return ((r[:, None] * x)[:, :, None] * x[:, None, :]).reshape(len(r), -1)


def _at_risk(parts: Floats, time: Floats, entry: Floats, at: Floats) -> Floats:
    """Return sums over spells with entry < t <= time, for each t."""
    leaving, coming = np.argsort(time), np.argsort(entry)
    after = np.vstack([parts[leaving][::-1].cumsum(axis=0)[::-1], np.zeros((1, parts.shape[1]))])
    later = np.vstack([parts[coming][::-1].cumsum(axis=0)[::-1], np.zeros((1, parts.shape[1]))])
    left = np.searchsorted(time[leaving], at, side="left")
    came = np.searchsorted(entry[coming], at, side="left")
    return np.asarray(after[left] - later[came])
