"""Bandwidths that minimise the mean squared error, or the error of coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import factorial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.errors import DesignError, require_option
from evaluation.individuals._local_polynomial import (
    ERRORS,
    KERNELS,
    Side,
    coefficients,
    combination,
    covariance,
    fit,
)

Floats = NDArray[np.float64]
Kernel = Literal["triangular", "epanechnikov", "uniform"]
Errors = Literal["nn", "hc0", "hc1", "hc2", "hc3"]

RULE_OF_THUMB = {"triangular": 2.576, "epanechnikov": 2.34, "uniform": 1.843}
"""Constant of the first, normal-scale bandwidth for each kernel."""
SELECTORS = tuple(f"{aim}{how}" for aim in ("mse", "cer") for how in ("rd", "two", "sum", "comb1", "comb2"))


@dataclass(frozen=True)
class Setup:
    """What all the steps of the selection share."""

    order: int
    bias_order: int
    kernel: str
    errors: str


def setup_of(sample: Sample, order: int, kernel: str, errors: str | None) -> Setup:
    """Check the options of the method, and fill in what follows from the sample.

    Raises
    ------
    DesignError
        If an option is unknown.
    """
    require_option(DesignError, "regression_discontinuity", "kernel", kernel, tuple(KERNELS))
    chosen = errors or ("nn" if sample.cluster.n_groups == sample.n_units else "hc0")
    require_option(DesignError, "regression_discontinuity", "errors", chosen, ERRORS)
    if order < 1:
        raise DesignError("rd-bad-number", option="order", value=order)
    return Setup(order, order + 1, kernel, chosen)


@dataclass(frozen=True)
class Parts:
    """Variance and bias of one side, scaled so that bandwidth = (variance / bias^2)^rate."""

    variance: float
    bias: float
    penalty: float
    rate: float


def bandwidths(sides: tuple[Side, Side], setup: Setup) -> dict[str, Floats]:
    """Return for each selector the main and the bias bandwidth of both sides, shape (2, 2).

    Where treatment does not vary on a side its own ratio is not defined: the outcome alone decides.
    """
    if sides[0].fuzzy and any(np.ptp(side.columns[:, 1]) == 0 for side in sides):
        sides = (_of_outcome(sides[0]), _of_outcome(sides[1]))
    pilot = _pilot(sides, setup.kernel)
    found = {how: _steps(sides, setup, how, pilot) for how in ("rd", "two", "sum")}
    found["comb1"] = np.minimum(found["rd"], found["sum"])
    found["comb2"] = np.median([found["rd"], found["two"], found["sum"]], axis=0)
    p, n = setup.order, sum(_independent(side) for side in sides)
    shrink = np.array([[float(n) ** (-p / ((3 + p) * (3 + 2 * p)))], [1.0]])
    return {f"mse{how}": pair for how, pair in found.items()} | {
        f"cer{how}": pair * shrink for how, pair in found.items()
    }


def _of_outcome(side: Side) -> Side:
    return replace(side, columns=np.delete(side.columns, 1, axis=1), fuzzy=False)


def _independent(side: Side) -> int:
    return len(side.x if side.clusters is None else np.unique(side.clusters))


def _pilot(sides: tuple[Side, Side], kernel: str) -> float:
    """Return the rule of thumb for all observations."""
    x = np.concatenate([side.x for side in sides])
    low, high = np.quantile(x, [0.25, 0.75], method="averaged_inverted_cdf")
    distinct = sum(len(np.unique(side.x)) for side in sides)
    scale = min(float(np.std(x, ddof=1)), float(high - low) / 1.349)
    rule: float = RULE_OF_THUMB[kernel] * scale * distinct**-0.2
    return min(rule, float(np.abs(x).max()))


def _steps(sides: tuple[Side, Side], setup: Setup, how: str, pilot: float) -> Floats:
    """Return main and bias bandwidths, shape (2, 2), by three steps each of which serves the next."""
    p, q = setup.order, setup.bias_order
    reach = np.array([np.abs(side.x).max() for side in sides])
    widest = reach if how == "two" else reach.max()
    first = _step(sides, setup, how, (q + 1, q + 1, q + 2), pilot, reach + 1e-8, penalised=False)
    first = np.minimum(first, widest)
    bias = np.minimum(_step(sides, setup, how, (q, p + 1, q + 1), pilot, first), widest)
    main = np.minimum(_step(sides, setup, how, (p, 0, q), pilot, bias), widest)
    return np.array([main, bias])


def _step(
    sides: tuple[Side, Side],
    setup: Setup,
    how: str,
    orders: tuple[int, int, int],
    pilot: float,
    bias_widths: Floats,
    *,
    penalised: bool = True,
) -> Floats:
    left, right = (
        _parts(side, setup, orders, pilot, float(width), penalised=penalised)
        for side, width in zip(sides, bias_widths, strict=True)
    )
    if how == "two":
        return np.array([(one.variance / (one.bias**2 + one.penalty)) ** one.rate for one in (left, right)])
    bias = right.bias + left.bias if how == "sum" else right.bias - left.bias
    common = (left.variance + right.variance) / (bias**2 + left.penalty + right.penalty)
    return np.full(2, common**left.rate)


def _parts(
    side: Side,
    setup: Setup,
    orders: tuple[int, int, int],
    variance_width: float,
    bias_width: float,
    *,
    penalised: bool,
) -> Parts:
    """Estimate variance and leading bias of derivative `nu` of a polynomial of order `o`."""
    o, nu, above = orders
    near = fit(side, o, variance_width, setup.kernel)
    gamma = coefficients((near,)) if side.columns.shape[1] > side.n_main else None
    weights = combination(factorial(nu) * near.beta[nu], gamma, fuzzy=side.fuzzy)
    variance = covariance(near, weights, setup.errors)[nu, nu]
    moments = near.scores.T @ (near.basis[:, 1] / variance_width) ** (o + 1)
    constant = variance_width**nu * (near.bread @ moments)[nu]
    far = fit(side, above, bias_width, setup.kernel)
    spread = covariance(far, weights, setup.errors)[o + 1, o + 1] if penalised else 0.0
    reach = 2 * (o + 1 - nu)
    return Parts(
        (2 * nu + 1) * variance_width ** (2 * nu + 1) * float(variance),
        float(np.sqrt(reach) * constant * (far.beta[o + 1] @ weights)),
        float(reach * 3 * constant**2 * spread),
        1 / (2 * o + 3),
    )
