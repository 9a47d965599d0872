"""The least-squares effect under many assignments at once, exactly.

With r the outcome and Z the covariates, both projected off the unit and period effects, and M the residual
maker of these effects, the effect of a treatment D is (Frisch, Waugh and Lovell)

    D'Wr / (D'WMD - D'WZ (Z'WZ)^-1 Z'WD).

Everything but the quadratic form of the period effects is a sum over units of something that depends on the
unit and on the treatment path that it receives, and that form needs such sums by period. So the contributions
of each (path, unit) are tabulated once, and an assignment is a sum over the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evaluation.estimators._linear import sweep
from evaluation.estimators._within import Within

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_NUMBERS = 40_000_000
"""Of the table. Continuous treatments of thousands of units need more and are fitted one by one."""

_CHUNK = 4_000_000  # pairs of assignment and unit handled at once


def distinct_paths(treatment: Floats) -> tuple[Floats, Integers]:
    """Return the distinct treatment paths and which of them each unit has.

    Returns
    -------
    paths : ndarray, shape (n_paths, n_periods, m)
        The first is the path without any treatment.
    path_of_unit : ndarray of int, shape (n_units,)
    """
    flat = np.concatenate([np.zeros((1, treatment[0].size)), treatment.reshape(len(treatment), -1)])
    keys = np.ascontiguousarray(flat + 0.0).view(np.dtype((np.void, flat.shape[1] * 8)))[:, 0]
    _, first, code = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return flat[first[order]].reshape(-1, *treatment.shape[1:]), rank[code[1:]]


@dataclass(frozen=True, eq=False, repr=False)
class Permuted:
    """Treatment effects under assignments.

    Attributes
    ----------
    paths : ndarray, shape (n_paths, n_periods, m)
    path_of_unit : ndarray of int, shape (n_units,)
    projection : Within
    regressed : ndarray, shape (1 + p, n_units, n_periods)
        The outcome projected off effects and covariates, then the covariates projected off the effects.
    """

    paths: Floats
    path_of_unit: Integers
    projection: Within
    regressed: Floats

    @property
    def common(self) -> bool:
        """Whether the projection treats all units alike, so that only the number of each path matters."""
        return self.projection.uniform and self.projection.groups.n_groups == 1

    @property
    def numbers(self) -> int:
        """Size of the table."""
        n_paths, n_periods, m = self.paths.shape
        width = m * len(self.regressed) + (0 if self.common else m * (2 + m + n_periods))
        return int(n_paths * len(self.path_of_unit) * width)

    def values(self, sources: Integers) -> Floats:
        """Return the effects, (B, n_units) -> (B, m), NaN where an assignment does not identify one."""
        step = max(1, _CHUNK // len(self.path_of_unit))
        tables = self._crossed(), None if self.common else self._geometry(self.projection.weights)
        parts = [
            self._chunk(self.path_of_unit[sources[start : start + step]], *tables)
            for start in range(0, len(sources), step)
        ]
        return np.concatenate(parts)

    def _chunk(self, paths: Integers, crossed: Floats, geometry: Floats | None) -> Floats:
        m, n_regressed = self.paths.shape[2], len(self.regressed)
        sums = _chosen(paths, crossed.shape[1], len(crossed)) @ crossed.reshape(-1, crossed.shape[2])
        cross = sums.reshape(len(paths), n_regressed, m)
        gram, scale = self._gram(self._geometry_sums(paths, geometry))
        covariates = self.regressed[1:] * self.projection.weights
        if n_regressed > 1:
            inverse = np.linalg.inv(np.einsum("pit,qit->pq", covariates, self.regressed[1:]))
            gram = gram - np.einsum("bpi,pq,bqj->bij", cross[:, 1:], inverse, cross[:, 1:])
        shape = (len(paths), m)
        return sweep(np.broadcast_to(gram, (*shape, m)), cross[:, 0], np.broadcast_to(scale, shape))[0]

    def _crossed(self) -> Floats:
        """D'Wr and D'WZ of each path at each unit: (n_paths, n_units, (1 + p) m)."""
        weighted = self.regressed * self.projection.weights
        crossed: Floats = np.einsum("xta,qit->xiqa", self.paths, weighted, optimize=True)
        return crossed.reshape(*crossed.shape[:2], -1)

    def _geometry(self, weights: Floats) -> Floats:
        """Sum D and DD, DD within units, and list centred D by period: (n_paths, n_units, ...)."""
        paths, totals = self.paths, np.where(weights.any(axis=1), weights.sum(axis=1), 1.0)
        shape = len(paths), len(weights), -1
        sums = np.einsum("it,xta->xia", weights, paths)
        squares = np.einsum("it,xta->xia", weights, paths**2)
        products = np.einsum("it,xta,xtb->xiab", weights, paths, paths, optimize=True)
        products -= sums[..., :, None] * sums[..., None, :] / totals[:, None, None]
        means = sums / totals[:, None]
        centred = (paths[:, None] - means[:, :, None]) * weights[..., None]
        parts = sums, squares, products, centred.swapaxes(2, 3)
        return np.concatenate([part.reshape(shape) for part in parts], axis=2)

    def _geometry_sums(self, paths: Integers, geometry: Floats | None) -> Iterator[tuple[int, Floats]]:
        """Yield each group of the period effects and the sums of the geometry over its units, (B, ...)."""
        groups = self.projection.groups
        if geometry is None:
            counts = _counts(paths, len(self.paths))
            yield 0, counts @ self._geometry(self.projection.weights[:1])[:, 0]
            return
        for group in range(groups.n_groups):
            units = np.flatnonzero(groups.codes == group)
            table = geometry[:, units]
            yield group, _chosen(paths[:, units], len(units), len(table)) @ table.reshape(-1, table.shape[2])

    def _gram(self, sums: Iterator[tuple[int, Floats]]) -> tuple[Floats, Floats]:
        """D'WMD and the own variation of D, from the sums of each group."""
        _, n_periods, m = self.paths.shape
        gram, first, second = np.zeros((1, m, m)), np.zeros((1, m)), np.zeros((1, m))
        for group, part in sums:
            centred = part[:, -m * n_periods :].reshape(-1, m, n_periods)
            gram = gram + part[:, 2 * m : 2 * m + m * m].reshape(-1, m, m)
            gram = gram - centred @ self.projection.solve(centred, group).swapaxes(1, 2)
            first, second = first + part[:, :m], second + part[:, m : 2 * m]
        mean_part = first**2 / self.projection.weights.sum()
        return gram, second - mean_part + 1e-15 * mean_part


def _chosen(paths: Integers, n_units: int, n_paths: int) -> sparse.csr_matrix:
    """Make the matrix that sums table rows path * n_units + unit; untreated units contribute nothing."""
    treated = paths > 0
    columns = (paths * n_units + np.arange(n_units))[treated]
    starts = np.concatenate([[0], treated.sum(axis=1).cumsum()])
    return sparse.csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(paths), n_paths * n_units))


def _counts(paths: Integers, n_paths: int) -> Floats:
    """Units of each path under each assignment, (B, n_paths); one row where it is the same for all."""
    at = paths + np.arange(len(paths))[:, None] * n_paths
    counts = np.bincount(at.ravel(), minlength=len(paths) * n_paths).reshape(-1, n_paths)
    return (counts[:1] if (counts == counts[0]).all() else counts).astype(np.float64)
