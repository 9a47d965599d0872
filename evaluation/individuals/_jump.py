"""The jump itself: both fits of a side, the estimate from them, and what each observation adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.individuals._bandwidths import Setup
from evaluation.individuals._local_polynomial import (
    Fit,
    Side,
    coefficients,
    combination,
    finite_sample,
    fit,
    residuals,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Local:
    """Both fits of one side, and what each observation adds to its level at the cutoff.

    Attributes
    ----------
    main, bias : Fit
    loading : ndarray, shape (n, 2)
        Conventional and bias-corrected.
    """

    main: Fit
    bias: Fit
    loading: Floats

    @property
    def levels(self) -> Floats:
        """Level of each value at the cutoff, shape (2, k)."""
        return self.loading.T @ self.main.side.columns


def local_fits(side: Side, setup: Setup, main_width: float, bias_width: float) -> Local:
    """Fit both polynomials of one side."""
    p = setup.order
    main = fit(side, p, main_width, setup.kernel)
    bias = fit(side, setup.bias_order, bias_width, setup.kernel)
    conventional, correction = np.zeros(len(side.x)), np.zeros(len(side.x))
    conventional[main.rows] = main.scores @ main.bread[0]
    curvature = conventional[main.rows] @ side.x[main.rows] ** (p + 1)
    correction[bias.rows] = curvature * (bias.scores @ bias.bread[p + 1])
    return Local(main, bias, np.column_stack([conventional, conventional - correction]))


def values_of(sides: tuple[Side, Side], local: list[Local]) -> tuple[Floats, Floats]:
    """Return the conventional and the corrected estimate, and the derivative by each jump."""
    below, over = local
    side = sides[0]
    gamma = None
    if side.columns.shape[1] > side.n_main:
        gamma = coefficients((below.main, over.main))
    jumps = over.levels - below.levels
    weights = combination(jumps[0], gamma, fuzzy=side.fuzzy)
    conventional = weights @ jumps[0]
    if side.fuzzy:
        outcome, treatment = _adjusted(jumps[0], gamma)
        conventional = outcome / treatment
    return np.array([conventional, conventional + weights @ (jumps[1] - jumps[0])]), weights


def _adjusted(jump: Floats, gamma: Floats | None) -> Floats:
    return jump if gamma is None else np.asarray(jump[:2] - gamma.T @ jump[2:])


def influence_of(side: Side, local: Local, weights: Floats, setup: Setup) -> Floats:
    """Return loading times residual of each observation, shape (n, 2)."""
    inside = local.main.rows | local.bias.rows
    clusters = None if side.clusters is None else side.clusters[inside]
    found = np.empty((len(side.x), 2))
    for column, of in enumerate((local.main, local.bias)):
        factor = np.sqrt(finite_sample(clusters, of.basis.shape[1]))
        residual = residuals(of, setup.errors, inside) @ weights
        found[:, column] = factor * local.loading[:, column] * residual
    return found
