"""Standard errors of matching with replacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from evaluation.design import Sample
from evaluation.errors import InferenceError
from evaluation.estimate import Inference, Result
from evaluation.individuals.matched import Matched, matched_difference

Floats = NDArray[np.float64]


def abadie_imbens(matched: Matched, *, neighbours: int = 1, conf_level: float = 0.95) -> Result:
    r"""Difference after matching with replacement, with the variance of Abadie and Imbens.

    .. math:: \hat V = \frac{1}{N_1^2} \Big[ \sum_{D_i=1} (Y_i - \hat Y_i(0) - \hat\tau)^2
              + \sum_{D_i=0} (K_i^2 - K'_i)\, \hat\sigma^2(x_i) \Big]

    where :math:`K_i` adds the parts that a comparison unit has in the comparisons of treated units,
    :math:`K'_i` their squares, and :math:`\hat\sigma^2(x_i)` is J/(J+1) times the squared difference of its
    outcome from the mean of its J nearest neighbours in its own group. The bootstrap is not valid here.
    Abadie and Imbens (2006), doi:10.1111/j.1468-0262.2006.00655.x, theorem 7. An estimated propensity score
    is taken as known.

    Parameters
    ----------
    matched : Matched
        Of `match` with ``replace=True`` and a distance by name; every unit counts the same.
    neighbours : int
        J.
    conf_level : float

    Returns
    -------
    Result
        Of `matched_difference`, normal p-values and intervals.

    Raises
    ------
    InferenceError
        If the matching is another one, or there are not enough neighbours.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation.individuals import match
    >>> people = pd.DataFrame({"y": [3.0, 1, 2, 2, 4, 3], "d": [1, 1, 0, 0, 0, 0], "x": [1, 5, 2, 4, 8, 9]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> abadie_imbens(match(sample, distance="mahalanobis", replace=True)).tidy().std_error.round(4).tolist()
    [0.7071]
    """
    design, pairs = matched.design, matched.pairs
    if matched.sets is not None or matched.coordinates is None or np.ptp(design.weights) > 0:
        raise InferenceError("needs-replacement")
    comparison = int((~design.treated_units).sum())
    if int(neighbours) != neighbours or not 1 <= neighbours < comparison:
        raise InferenceError("bad-neighbours", value=neighbours, most=comparison - 1)
    estimate = matched_difference(matched)
    error = np.array([np.sqrt(_variance(design, pairs, matched.coordinates, int(neighbours)))])
    reach = float(ndtri((1 + conf_level) / 2)) * error
    inference = Inference.of(
        "abadie_imbens",
        1,
        conf_level=conf_level,
        std_error=error,
        p_value=2 * ndtr(-np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
    )
    return Result(estimate, inference)


def _variance(design: Sample, pairs: NDArray[np.int64], points: Floats, neighbours: int) -> float:
    y, n = design.outcome, design.n_units
    matches = np.bincount(pairs[:, 0], minlength=n)
    part = 1 / matches[pairs[:, 0]]
    imputed = np.bincount(pairs[:, 0], part * y[pairs[:, 1]], n)
    effects = (y - imputed)[matches > 0]
    used, squared = (np.bincount(pairs[:, 1], part**power, n) for power in (1, 2))
    several = np.flatnonzero(used**2 > squared * (1 + 1e-12))
    noise = np.array([_noise(design, points, unit, neighbours) for unit in several.tolist()])
    total = ((effects - effects.mean()) ** 2).sum()
    return float(total + ((used**2 - squared)[several] * noise).sum()) / len(effects) ** 2


def _noise(design: Sample, points: Floats, unit: int, neighbours: int) -> float:
    """Variance of the outcome of a comparison unit, from those nearest to it in its group."""
    distance = ((points - points[unit]) ** 2).sum(axis=1)
    distance[design.treated_units] = np.inf
    distance[unit] = np.inf
    near = np.argsort(distance, kind="stable")[:neighbours]
    return float(neighbours / (neighbours + 1) * (design.outcome[unit] - design.outcome[near].mean()) ** 2)
