"""A regression by cluster, period effects among the regressors: what leaving a cluster out needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping
from evaluation.estimate import Cells, Moments

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NULL = 1e-11  # share of the largest eigenvalue below which one counts as zero
_CHUNK = 4_000_000  # numbers in the cross products that are made at once


@dataclass(frozen=True, eq=False, repr=False)
class Blocks:
    """Cross products and scores of each cluster.

    Regressors are the q of the moments, projected off all effects, and L period indicators, projected off the
    unit effects; over all clusters the two sets are orthogonal. Unit effects lie within the clusters and need
    no columns of their own: Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004.

    Attributes
    ----------
    gram : ndarray, shape (G, q, q)
    scores : ndarray, shape (G, q)
    bread : ndarray, shape (q, q)
    period_cross : ndarray, shape (G, q, L)
        X'WD of each cluster.
    period_scores : ndarray, shape (G, L)
        D'We of each cluster.
    period_root : ndarray, shape (L, L)
        A root R of the generalised inverse of D'WD: RR' is that inverse.
    cells : Cells or None
        None where nothing but the q regressors was estimated.
    members : tuple of ndarray
        The units of each cluster.
    """

    gram: Floats
    scores: Floats
    bread: Floats
    period_cross: Floats
    period_scores: Floats
    period_root: Floats
    cells: Cells | None
    members: tuple[Integers, ...]

    @property
    def n_clusters(self) -> int:
        """G, the clusters that have an observation in the regression."""
        return len(self.gram)

    def parts(self) -> Iterator[tuple[Integers, Integers]]:
        """Yield clusters that can be handled at once, and the period indicators that they touch."""
        n_levels = len(self.period_root)
        everything = np.arange(n_levels)
        if self.cells is None or self.cells.groups.n_groups == 1:
            size = max(1, _CHUNK // max(1, (len(self.bread) + n_levels) ** 2))
            for start in range(0, self.n_clusters, size):
                yield np.arange(start, min(start + size, self.n_clusters)), everything
            return
        by_group = everything.reshape(self.cells.groups.n_groups, -1)
        for cluster, units in enumerate(self.members):
            yield np.array([cluster]), by_group[np.unique(self.cells.groups.codes[units])].ravel()

    def cross_products(self, clusters: Integers, levels: Integers) -> Floats:
        """X'WX of some clusters with the period indicators: (c, q + l, q + l)."""
        q, c = len(self.bread), len(clusters)
        whole = np.zeros((c, q + len(levels), q + len(levels)))
        whole[:, :q, :q] = self.gram[clusters]
        whole[:, :q, q:] = self.period_cross[clusters][:, :, levels]
        whole[:, q:, :q] = whole[:, :q, q:].swapaxes(1, 2)
        if self.cells is not None:
            grams = _period_grams(self.cells, [self.members[cluster] for cluster in clusters])
            whole[:, q:, q:] = grams[:, levels[:, None], levels]
        return whole

    def root(self, levels: Integers) -> Floats:
        """Return a root of the inverse of all cross products, for the regressors and some periods."""
        q = len(self.bread)
        whole = np.zeros((q + len(levels), q + len(levels)))
        whole[:q, :q] = np.linalg.cholesky(self.bread)
        whole[q:, q:] = self.period_root[np.ix_(levels, levels)]
        return whole


def blocks(moments: Moments, group: Grouping) -> Blocks:
    """Sum the moments by cluster."""
    used = np.flatnonzero(moments.used)
    codes = np.unique(group.codes[used], return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes))
    members = tuple(np.split(used[order], ends[:-1]))
    cells = moments.cells if moments.absorbed else None
    starts = ends - np.bincount(codes)
    cross, scores, root = _periods(cells, members, len(moments.bread))
    return Blocks(
        gram=np.add.reduceat(moments.gram[used[order]], starts, axis=0),
        scores=np.add.reduceat(moments.scores[used[order]], starts, axis=0),
        bread=moments.bread,
        period_cross=cross,
        period_scores=scores,
        period_root=root,
        cells=cells,
        members=members,
    )


def _periods(cells: Cells | None, members: tuple[Integers, ...], q: int) -> tuple[Floats, Floats, Floats]:
    """Return X'WD and D'We of each cluster, and a root of the inverse of D'WD."""
    n_clusters = len(members)
    if cells is None:
        return np.zeros((n_clusters, q, 0)), np.zeros((n_clusters, 0)), np.zeros((0, 0))
    n_groups, n_periods = cells.groups.n_groups, cells.weights.shape[1]
    every = np.concatenate(members)
    pair = np.repeat(np.arange(n_clusters), [len(units) for units in members]) * n_groups
    pair += cells.groups.codes[every]
    order = np.argsort(pair, kind="stable")
    units, (pairs, starts) = every[order], np.unique(pair[order], return_index=True)
    weights = cells.weights[units]
    cross = np.zeros((q, n_clusters * n_groups, n_periods))
    scores = np.zeros((n_clusters * n_groups, n_periods))
    for regressor, column in zip(cross, cells.columns, strict=True):
        regressor[pairs] = np.add.reduceat(column[units] * weights, starts, axis=0)
    scores[pairs] = np.add.reduceat(cells.error[units] * weights, starts, axis=0)
    root = np.zeros((n_groups * n_periods, n_groups * n_periods))
    for group in range(n_groups):
        levels = slice(group * n_periods, (group + 1) * n_periods)
        root[levels, levels] = _root(_within_units(cells.weights[every[cells.groups.codes[every] == group]]))
    by_cluster = cross.reshape(q, n_clusters, -1).swapaxes(0, 1)
    return by_cluster, scores.reshape(n_clusters, -1), root


def _period_grams(cells: Cells, members: Sequence[Integers]) -> Floats:
    """D'WD of some clusters, (c, L, L); clusters of one unit at once."""
    if cells.groups.n_groups > 1 or any(len(units) != 1 for units in members):
        return np.stack([_period_gram(cells, units) for units in members])
    weights = cells.weights[np.concatenate(members)]
    shares = weights / weights.sum(axis=1, keepdims=True)
    grams = -weights[:, :, None] * shares[:, None, :]
    periods = np.arange(weights.shape[1])
    grams[:, periods, periods] += weights
    return np.asarray(grams)


def _period_gram(cells: Cells, units: Integers) -> Floats:
    """D'WD of some units, (L, L)."""
    n_groups, n_periods = cells.groups.n_groups, cells.weights.shape[1]
    gram = np.zeros((n_groups * n_periods, n_groups * n_periods))
    codes = cells.groups.codes[units]
    for group in np.unique(codes):
        levels = slice(group * n_periods, (group + 1) * n_periods)
        gram[levels, levels] = _within_units(cells.weights[units[codes == group]])
    return gram


def _within_units(weights: Floats) -> Floats:
    """Cross products of period indicators less their weighted unit means, (T, T)."""
    totals = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    return np.asarray(np.diag(weights.sum(axis=0)) - weights.T @ shares)


def _root(gram: Floats) -> Floats:
    """Return a root of the generalised inverse of a cross product."""
    size = np.diag(gram)
    scale = np.divide(1.0, np.sqrt(size), out=np.zeros_like(size), where=size > 0)
    values, vectors = np.linalg.eigh(gram * scale[:, None] * scale)
    kept = values > _NULL
    flipped = np.divide(1.0, np.sqrt(np.abs(values)), out=np.zeros_like(values), where=kept)
    return np.asarray(scale[:, None] * vectors * flipped)
