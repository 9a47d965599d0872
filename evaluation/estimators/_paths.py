"""Least squares on regressors that a unit's treatment path determines, without a column per cell.

Indicators of cohorts and distances are the same for all units of a cohort. With A_c the sum over the units of
path c of diag(w_i) - w_i w_i' / sum_t w_it (unit effects projected out), D_c the regressors of the path and
S the sum of the A_c, the cross products of the projected regressors are

    sum_c D_c' A_c D_c - (sum_c A_c D_c)' S^- (sum_c A_c D_c),

and a residual is orthogonal to the effects, so that a unit's score is sum_t w_it e_it (D_ct - P_t) with the
period effects P = S^- sum_c A_c D_c. Work and memory grow with units x periods, not with the regressors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evaluation.estimators._linear import identified_by, inverse, own_variation
from evaluation.estimators._within import Within

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Paths:
    """Regressors by path.

    Attributes
    ----------
    values : ndarray, shape (n_paths, n_periods, q)
    codes : ndarray of int, shape (n_units,)
        Path of each unit.
    """

    values: Floats
    codes: Integers

    def columns(self) -> Floats:
        """Lay the regressors out by cell, shape (q, n_units, n_periods)."""
        return np.ascontiguousarray(self.values.transpose(2, 0, 1)[:, self.codes])


@dataclass(frozen=True, eq=False, repr=False)
class PathFit:
    """A weighted regression on regressors by path and covariates by cell.

    Attributes
    ----------
    kept : ndarray of bool, shape (q + p,)
        Which regressors are identified; covariates go before those by path.
    value, bread : ndarray, shapes (q',) and (q', q')
        Of the identified ones, those by path first.
    scores : ndarray, shape (n_units, q')
    """

    kept: Flags
    value: Floats
    bread: Floats
    scores: Floats


def fit_paths(paths: Paths, covariates: Floats, outcome: Floats, projection: Within) -> PathFit:
    """Regress a projected outcome on what is identified of the regressors.

    Parameters
    ----------
    covariates : ndarray, shape (p, n_units, n_periods)
        As they are: they are projected here.
    outcome : ndarray, shape (n_units, n_periods)
        Projected.
    """
    weights, projected = projection.weights, projection.residual(covariates)
    shape = _Shape(paths, projection)
    crossed = [shape.crossed(weights * column) for column in projected]
    q, p = paths.values.shape[2], len(covariates)
    gram = np.empty((q + p, q + p))
    gram[:q, :q] = shape.gram
    gram[:q, q:] = np.stack(crossed, axis=1) if p else 0.0
    gram[q:, :q] = gram[:q, q:].T
    gram[q:, q:] = np.einsum("pit,it,rit->pr", projected, weights, projected)
    kept = identified_by(gram, np.concatenate([shape.scale, own_variation(covariates, weights)]), q)
    bread = inverse(gram[np.ix_(kept, kept)])
    value, error = np.zeros(q + p), outcome
    for _ in range(2):  # the second time is a step of iterative refinement
        weighted = weights * error
        cross = np.concatenate([shape.crossed(weighted), np.einsum("pit,it->p", projected, weighted)])
        step = np.zeros(q + p)
        step[kept] = bread @ cross[kept]
        value += step
        error = error - shape.fitted(step[:q]) - np.tensordot(step[q:], projected, 1)
    weighted = weights * error
    scores = np.concatenate([shape.scores(weighted), np.einsum("pit,it->ip", projected, weighted)], axis=1)
    return PathFit(kept, value[kept], bread, scores if kept.all() else scores[:, kept])


@dataclass(frozen=True, eq=False, repr=False)
class _Shape:
    """The geometry of the regressors, by combination of path and group of the period effects."""

    paths: Paths
    projection: Within

    @cached_property
    def _combinations(self) -> tuple[Integers, Integers, Integers]:
        """Path and group of each combination, and the combination of each unit."""
        n_paths = len(self.paths.values)
        both = self.projection.groups.codes * n_paths + self.paths.codes
        seen, code = np.unique(both, return_inverse=True)
        return seen % n_paths, seen // n_paths, code

    @cached_property
    def _members(self) -> sparse.csr_matrix:
        path, _, code = self._combinations
        n = len(code)
        return sparse.csr_matrix((np.ones(n), (code, np.arange(n))), shape=(len(path), n))

    @cached_property
    def _values(self) -> Floats:
        return self.paths.values[self._combinations[0]]

    @cached_property
    def _sizes(self) -> Floats:
        """Sum of the weights of each combination by period."""
        return np.asarray(self._members @ self.projection.weights)

    @cached_property
    def _within_units(self) -> Floats:
        """A_c of each combination, shape (n_combinations, n_periods, n_periods)."""
        weights, totals = self.projection.weights, self.projection.totals
        n_periods = weights.shape[1]
        if self.projection.uniform:
            return np.asarray(self._sizes[:, :1, None] * (np.eye(n_periods) - 1 / n_periods))
        members = self._members
        found = np.empty((len(self._sizes), n_periods, n_periods))
        for c, size in enumerate(self._sizes):
            rows = members.indices[members.indptr[c] : members.indptr[c + 1]]
            part = weights[rows]
            found[c] = np.diag(size) - (part / totals[rows, None]).T @ part
        return found

    @cached_property
    def _centred(self) -> Floats:
        """A_c D_c, shape (n_combinations, n_periods, q)."""
        return self._within_units @ self._values

    def _by_group(self, values: Floats) -> Floats:
        sums = np.zeros((self.projection.groups.n_groups, *values.shape[1:]))
        np.add.at(sums, self._combinations[1], values)
        return sums

    def _period_effects(self, sums: Floats) -> Floats:
        """Solve for the period effects of each group: (n_groups, n_periods, …)."""
        solve = self.projection.solve
        return np.stack([np.moveaxis(solve(np.moveaxis(s, 0, -1), r), -1, 0) for r, s in enumerate(sums)])

    @cached_property
    def _effects(self) -> Floats:
        """P of each group, shape (n_groups, n_periods, q)."""
        return self._period_effects(self._by_group(self._centred))

    @property
    def gram(self) -> Floats:
        """Cross products of the projected regressors, shape (q, q)."""
        q = self._values.shape[2]
        flat, centred = self._values.reshape(-1, q), self._centred.reshape(-1, q)
        sums = self._by_group(self._centred).reshape(-1, q)
        whole = flat.T @ centred - sums.T @ self._effects.reshape(-1, q)
        return np.asarray((whole + whole.T) / 2)

    @property
    def scale(self) -> Floats:
        """Variation of each regressor about its mean, see `own_variation`."""
        return own_variation(np.ascontiguousarray(self._values.transpose(2, 0, 1)), self._sizes)

    def crossed(self, weighted: Floats) -> Floats:
        """Cross product of the regressors with a weighted projected column, shape (q,)."""
        q = self._values.shape[2]
        return np.asarray(np.ravel(self._members @ weighted) @ self._values.reshape(-1, q))

    def fitted(self, value: Floats) -> Floats:
        """Fit by the projected regressors, shape (n_units, n_periods)."""
        _, group, code = self._combinations
        level = (self._values @ value - self._effects[group] @ value)[code]
        return np.asarray(level - self.projection.unit_means(level))

    def scores(self, weighted: Floats) -> Floats:
        """Sum of the weighted residual times the regressors, of each unit: (n_units, q)."""
        _, group, code = self._combinations
        regressors = self._values - self._effects[group]
        found = np.empty((len(code), regressors.shape[2]))
        members = self._members
        for c, part in enumerate(regressors):
            rows = members.indices[members.indptr[c] : members.indptr[c + 1]]
            found[rows] = weighted[rows] @ part
        return found
