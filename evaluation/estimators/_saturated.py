"""A regression whose coefficients differ between cells of cohort and period, held by what each cell needs.

All units of a cohort have the same regressors in a period but for their covariates z = (1, x): the linear
predictor is z' A_gt theta. Cross products are added up over the units of a cell once and then placed, so no
matrix of observations by parameters is formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class Saturated:
    """Which parameters make up the predictor of each cell.

    Attributes
    ----------
    group : ndarray of int, shape (n_units,)
        Cohort of each unit, 0 to G - 1.
    z : ndarray, shape (n_units, n_periods, p + 1)
        Constant and covariates.
    index : ndarray of int, shape (G, n_periods, m)
        Parameters of a cell; n_parameters stands for none.
    loading : ndarray, shape (G, n_periods, p + 1, m)
        What each contributes to the coefficients of z.
    n_parameters : int
    first_effect : int
        Parameters from here on are those of treatment: one per treated cell, then one per cell and covariate.
    cells : ndarray of int, shape (n_cells, 2)
        Cohort and period of the treated cells.
    """

    group: Integers
    z: Floats
    index: Integers
    loading: Floats
    n_parameters: int
    first_effect: int
    cells: Integers

    def members(self) -> Iterator[tuple[int, Integers]]:
        """Yield each cohort with its units."""
        for g in range(len(self.index)):
            yield g, np.flatnonzero(self.group == g)

    def predictor(self, theta: Floats) -> Floats:
        """Return z' A theta, shape (n_units, n_periods)."""
        padded = np.append(theta, 0.0)[self.index]
        coefficients = np.einsum("gtam,gtm->gta", self.loading, padded)
        found = np.empty(self.z.shape[:2])
        for g, rows in self.members():
            found[rows] = np.einsum("ita,ta->it", self.z[rows], coefficients[g])
        return found

    def effect(self, theta: Floats) -> Floats:
        """Return the part of the predictor that is due to treatment."""
        return self.predictor(np.where(np.arange(len(theta)) >= self.first_effect, theta, 0.0))

    def of_cells(self, values: Flags) -> Flags:
        """Return what belongs to the effects at mean covariates, one for each treated cell."""
        return values[self.first_effect : self.first_effect + len(self.cells)]

    def gram(self, weights: Floats) -> Floats:
        """Return the weighted cross products of the regressors, (K, K)."""
        total = np.zeros((self.n_parameters + 1, self.n_parameters + 1))
        for g, rows in self.members():
            z, load, at = self.z[rows], self.loading[g], self.index[g]
            inner = np.einsum("it,ita,itb->tab", weights[rows], z, z)
            np.add.at(total, (at[:, :, None], at[:, None, :]), load.swapaxes(1, 2) @ inner @ load)
        return total[:-1, :-1]

    def scores(self, values: Floats) -> Floats:
        """Return sum_t values_it times the regressors of unit i in t, (n_units, K)."""
        found = np.empty((len(self.group), self.n_parameters))
        for g, rows in self.members():
            pulled = np.einsum("it,ita,tam->itm", values[rows], self.z[rows], self.loading[g], optimize=True)
            places = np.zeros((self.index[g].size, self.n_parameters + 1))
            places[np.arange(len(places)), self.index[g].ravel()] = 1.0
            found[rows] = pulled.reshape(len(rows), -1) @ places[:, :-1]
        return found

    def pull(self, weights: Floats, *, effects_only: bool = False) -> Floats:
        """Return for each treated cell the weighted sum of its regressors, (n_cells, K)."""
        found = np.zeros((len(self.cells), self.n_parameters + 1))
        for c, (g, t) in enumerate(self.cells):
            rows = np.flatnonzero(self.group == g)
            found[c, self.index[g, t]] = (weights[rows, t] @ self.z[rows, t]) @ self.loading[g, t]
        if effects_only:
            found[:, : self.first_effect] = 0.0
        return found[:, :-1]


def saturated(
    group: Integers, x: Floats, weights: Floats, treated: Flags, *, cohort_effects: bool
) -> Saturated:
    """Lay out the parameters of the extended two-way fixed effects regression.

    Parameters
    ----------
    group : ndarray of int, shape (n_units,)
        Cohort of each unit.
    x : ndarray, shape (n_units, n_periods, p)
    weights : ndarray, shape (n_units, n_periods)
    treated : ndarray of bool, shape (G, n_periods)
        Cells with an effect of their own.
    cohort_effects : bool
        A constant for each cohort (not needed beside unit effects).

    Returns
    -------
    Saturated
        Parameters in the order: periods, cohorts, x, cohort times x, period times x, effects, effects times x
        less its mean in the cohort.
    """
    (n_groups, n_periods), p = treated.shape, x.shape[2]
    cells = np.argwhere(treated)
    g, t = np.ogrid[:n_groups, :n_periods]
    position = np.full(treated.shape, -1)
    position[treated] = np.arange(len(cells))
    blocks = (n_periods, n_groups * cohort_effects, p, n_groups * p, n_periods * p, len(cells))
    at = np.concatenate([[0], np.cumsum(blocks)])
    n_parameters = int(at[-1]) + len(cells) * p
    means = _means(group, x, weights, n_groups)
    shape = np.zeros(treated.shape, dtype=np.int64)
    slots: list[tuple[Integers, Floats]] = [(shape + t, _load(shape, 0, p))]
    if cohort_effects:
        slots.append((shape + at[1] + g, _load(shape, 0, p)))
    slots.append((np.where(treated, at[5] + position, n_parameters), _load(shape, 0, p)))
    for j in range(p):
        slope = _load(shape, j + 1, p)
        slots.append((shape + at[2] + j, slope))
        slots.append((at[3] + g * p + j + shape, slope))
        slots.append((at[4] + t * p + j + shape, slope))
        centred = slope.copy()
        centred[..., 0] = -means[:, None, j]
        slots.append((np.where(treated, at[6] + position * p + j, n_parameters), centred))
    z = np.concatenate([np.ones((*x.shape[:2], 1)), x], axis=2)
    index = np.stack([places for places, _ in slots], axis=-1)
    loading = np.stack([load for _, load in slots], axis=-1)
    return Saturated(group, z, index, loading, n_parameters, int(at[5]), cells)


def _load(shape: Integers, row: int, p: int) -> Floats:
    load = np.zeros((*shape.shape, p + 1))
    load[..., row] = 1.0
    return load


def _means(group: Integers, x: Floats, weights: Floats, n_groups: int) -> Floats:
    """Weighted mean of each covariate in each cohort, (G, p)."""
    means = np.zeros((n_groups, x.shape[2]))
    for g in range(n_groups):
        rows = group == g
        means[g] = np.einsum("it,itp->p", weights[rows], x[rows]) / max(weights[rows].sum(), 1e-300)
    return means
