"""Confidence sets by inversion: the values that a test does not reject."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAR = 1e4
"""Standard errors from the estimate at which the search ends: a set that reaches there is unbounded."""

_ROUNDING = 1e-12  # 1 - 0.9 is less than 0.1
_STEPS = 50  # of the bisection: the end is then known to 1e-15 of the distance between two grid points


def grid(value: float, error: float) -> Floats:
    """Values at which the test is tried: close to each other near the estimate, then ever further away."""
    near = np.linspace(0.0, 6.0, 61)
    reach = np.concatenate([near, np.geomspace(6.0, FAR, 30)[1:]])
    return value + error * np.concatenate([-reach[:0:-1], reach])


def accepted(
    p_value: Callable[[float], float], value: float, error: float, alpha: float
) -> list[tuple[float, float]]:
    """Return the intervals of values whose p-value is larger than alpha.

    Parameters
    ----------
    p_value : callable
        Of a hypothetical value.
    value, error : float
        The estimate, from where the search starts, and the scale of its steps.
    alpha : float
        Shares that equal it but for rounding are not larger.

    Returns
    -------
    list of (low, high)
        Sorted; the ends are where the test changes its mind, infinite where it has not done so `FAR` standard
        errors away. Pieces narrower than a tenth of a standard error may be overlooked.

    Examples
    --------
    >>> [(low, high)] = accepted(lambda x: 1.0 if abs(x) <= 2 else 0.0, 0.0, 1.0, 0.05)
    >>> round(low, 9), round(high, 9)
    (-2.0, 2.0)
    """
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        return [(-np.inf, np.inf)]
    points, alpha = grid(value, error), alpha + _ROUNDING
    inside = np.array([p_value(point) > alpha for point in points])
    intervals: list[tuple[float, float]] = []
    low = -np.inf
    for at in range(len(points) - 1):
        if inside[at] == inside[at + 1]:
            continue
        end = _jump(p_value, alpha, points[at], points[at + 1])
        if inside[at]:
            intervals.append((low, end))
        low = end
    if inside[-1]:
        intervals.append((low, np.inf))
    return intervals


def hull(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the ends of the smallest interval that holds these, NaN where there are none.

    Examples
    --------
    >>> hull([(-1.0, 0.5), (2.0, 3.0)])
    (-1.0, 3.0)
    """
    if not intervals:
        return (float("nan"), float("nan"))
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def _jump(p_value: Callable[[float], float], alpha: float, one: float, other: float) -> float:
    first = p_value(one) > alpha
    for _ in range(_STEPS):
        middle = (one + other) / 2
        if (p_value(middle) > alpha) == first:
            one = middle
        else:
            other = middle
    return float(one if first else other)
