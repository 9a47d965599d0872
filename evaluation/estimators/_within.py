"""Exact projection on unit effects (and trends) and period effects of a unit x period grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping

Floats = NDArray[np.float64]

_NULL = 1e-11  # eigenvalues of the normalised Laplacian below this belong to its null space


@dataclass(frozen=True, eq=False, repr=False)
class Within:
    """The residual maker of unit effects and period effects (one set of periods per group of units).

    Unit effects are eliminated by weighted unit means, unit trends by weighted slopes. Of the period effects
    there remains, for each group, the Schur complement S = diag(sum_i w_i) - sum_i w_i w_i' / sum_t w_it
    (less the like of the trends), a T x T matrix whose generalised inverse is kept. Nothing iterates.

    Attributes
    ----------
    weights : ndarray, shape (n_units, n_periods)
    groups : Grouping
        Units that share period effects.
    totals : ndarray, shape (n_units,)
        Sum of the weights of a unit, 1 where it is zero.
    inverse : ndarray, shape (n_groups, n_periods, n_periods)
        Generalised inverses of the Schur complements; empty where `uniform`.
    uniform : bool
        All cells have the same weight and there are no trends: double demeaning is exact.
    trend : ndarray, shape (n_units, n_periods), or None
        Where units have trends of their own: time, less its weighted mean in the unit, with a weighted sum
        of squares of one; zero in a unit with fewer than two observed periods.
    """

    weights: Floats
    groups: Grouping
    totals: Floats
    inverse: Floats
    uniform: bool
    trend: Floats | None = None

    def residual(self, values: Floats) -> Floats:
        """Project columns, shape (..., n_units, n_periods), off the effects. They must be finite."""
        return self._demeaned(values) if self.uniform else self._projected(values)

    def period_sums(self, centred: Floats) -> Floats:
        """Weighted sums over the units of each group: (..., n, T) -> (..., n_groups, T)."""
        return group_sums(self.groups, self.weights * centred)

    def unit_means(self, values: Floats) -> Floats:
        """Weighted mean of each unit: (..., n, T) -> (..., n, 1)."""
        means: Floats = np.einsum("it,...it->...i", self.weights, values)
        return (means / self.totals)[..., None]

    def unit_fit(self, values: Floats) -> Floats:
        """Fit unit effects and trends alone; broadcasts against (..., n, T)."""
        if self.trend is None:
            return self.unit_means(values)
        slopes = np.einsum("it,...it->...i", self.weights * self.trend, values)[..., None]
        return np.asarray(self.unit_means(values) + slopes * self.trend)

    def solve(self, sums: Floats, group: int) -> Floats:
        """Period effects of one group from its centred period sums, shape (..., n_periods)."""
        if self.uniform:
            size = int((self.groups.codes == group).sum())
            return np.asarray(sums / (size * self.weights[0, 0]))
        return np.asarray(sums @ self.inverse[group])

    def _demeaned(self, values: Floats) -> Floats:
        centred: Floats = values - values.mean(axis=-1, keepdims=True)
        if self.groups.n_groups == 1:
            centred -= centred.mean(axis=-2, keepdims=True)
            return centred
        sizes = np.bincount(self.groups.codes, minlength=self.groups.n_groups)[:, None]
        centred -= (group_sums(self.groups, centred) / sizes)[..., self.groups.codes, :]
        return centred

    def _projected(self, values: Floats) -> Floats:
        centred = values - self.unit_fit(values)
        sums = self.period_sums(centred)[..., None]
        effects = self.inverse @ sums
        effects = effects[..., 0]
        if self.groups.n_groups == 1 and self.trend is None:
            fitted = effects - (effects @ self.weights.T / self.totals).swapaxes(-1, -2)
            return centred - fitted
        spread = effects[..., self.groups.codes, :]
        centred -= spread - self.unit_fit(spread)
        return centred


def within(weights: Floats, groups: Grouping, times: Floats | None = None) -> Within:
    """Prepare the projection.

    Parameters
    ----------
    weights : ndarray, shape (n_units, n_periods)
        Zero where nothing was observed.
    groups : Grouping
        Units that share period effects; one group for common period effects.
    times : ndarray, shape (n_periods,), optional
        Where each unit has a linear trend of its own, the time in which it is linear.

    Returns
    -------
    Within

    Examples
    --------
    >>> one = Grouping("all", np.zeros(2, dtype=np.int64), ("all",))
    >>> within(np.ones((2, 2)), one).residual(np.array([[1.0, 4.0], [2.0, 3.0]]))
    array([[-0.5,  0.5],
           [ 0.5, -0.5]])
    """
    first = float(weights[0, 0])
    uniform = times is None and first > 0 and bool((weights == first).all())
    totals = weights.sum(axis=1)
    totals[totals == 0] = 1.0
    trend = None if times is None else _trend(weights, totals, times)
    inverse = np.empty((0, 0, 0)) if uniform else _inverses(weights, totals, groups, trend)
    return Within(weights, groups, totals, inverse, uniform, trend)


def _trend(weights: Floats, totals: Floats, times: Floats) -> Floats:
    centred = times - (weights @ times / totals)[:, None]
    size = np.einsum("it,it->i", weights, centred**2)
    several = (weights > 0).sum(axis=1) > 1
    scale = np.divide(1.0, np.sqrt(size), out=np.zeros_like(size), where=several)
    return np.asarray(centred * scale[:, None])


def _inverses(weights: Floats, totals: Floats, groups: Grouping, trend: Floats | None) -> Floats:
    n_periods = weights.shape[1]
    complement = np.empty((groups.n_groups, n_periods, n_periods))
    for group in range(groups.n_groups):
        rows = slice(None) if groups.n_groups == 1 else np.flatnonzero(groups.codes == group)
        part = weights[rows]
        complement[group] = np.diag(part.sum(axis=0)) - part.T @ (part / totals[rows, None])
        if trend is not None:
            sloped = part * trend[rows]
            complement[group] -= sloped.T @ sloped
    size = np.einsum("gtt->gt", complement)
    sums = group_sums(groups, weights)
    scale = np.divide(1.0, np.sqrt(sums), out=np.zeros_like(size), where=sums > 0)
    values, vectors = np.linalg.eigh(complement * scale[:, :, None] * scale[:, None, :])
    kept = values > _NULL
    flipped = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    vectors = vectors * scale[:, :, None]
    return np.asarray((vectors * flipped[:, None, :]) @ vectors.swapaxes(1, 2))


def group_sums(groups: Grouping, values: Floats) -> Floats:
    """Add up the unit axis (the last but one) by group."""
    if groups.n_groups == 1:
        return np.asarray(values.sum(axis=-2, keepdims=True))
    return np.moveaxis(groups.sums(np.moveaxis(values, -2, 0)), 0, -2)


def without_singletons(observed: NDArray[np.bool_], groups: Grouping) -> NDArray[np.bool_]:
    """Leave out cells that are alone in their unit or in their period (of the group), until none is left.

    Their effect fits them exactly: they carry no information, yet counting them would make the small-sample
    correction too small. Correia (2015), Singletons, cluster-robust standard errors and fixed effects.
    """
    kept = observed.copy()
    while True:
        per_unit = kept.sum(axis=1, keepdims=True)
        per_period = group_sums(groups, kept.astype(np.float64))[groups.codes]
        alone = kept & ((per_unit == 1) | (per_period == 1))
        if not alone.any():
            return kept
        kept &= ~alone


def n_levels(observed: NDArray[np.bool_], groups: Grouping) -> tuple[int, int]:
    """Count unit effects and period effects that have an observation."""
    periods = group_sums(groups, observed.astype(np.float64)) > 0
    return int(observed.any(axis=1).sum()), int(periods.sum())
