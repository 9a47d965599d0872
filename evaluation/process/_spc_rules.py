"""Rules of charts for many series at once, shape (B, n), so that their false alarms can be counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LIMIT = 2.66
"""3 / 1.128: three standard deviations in units of the mean moving range of independent normal values."""
SCREEN = 3.267
"""Moving ranges from so many times their mean on are left out once."""
NEAR = 2 / 3
RUN = 7
CODES = ("", "outside", "trend", "two_of_three", "shift")


def xmr_limits(values: Floats) -> tuple[Floats, Floats]:
    """Return the mean of each series and the distance from it to its limits, shape (B, 1)."""
    ranges = np.abs(np.diff(values, axis=1))
    screened = np.where(ranges < SCREEN * ranges.mean(axis=1, keepdims=True), ranges, np.nan)
    some = np.isfinite(screened).any(axis=1, keepdims=True)
    mean = np.nanmean(np.where(some, screened, ranges), axis=1, keepdims=True)
    return values.mean(axis=1, keepdims=True), LIMIT * mean


def xmr_signals(values: Floats) -> NDArray[np.int64]:
    """Return for each point the number of its signal in `CODES`, the first that applies, shape (B, n)."""
    centre, reach = xmr_limits(values)
    away = values - centre
    outside = np.abs(away) > reach
    signals = np.zeros(values.shape, dtype=np.int64)
    rules = (
        _windows(np.sign(away), RUN),
        _two_of_three(np.where(np.abs(away) > NEAR * reach, np.sign(away), 0.0), outside),
        _trends(values),
        outside,
    )
    for code, found in zip((4, 3, 2, 1), rules, strict=True):
        signals[found] = code
    return signals


def _spread(starts: Flags, length: int, n: int) -> Flags:
    """Mark every point of the windows that begin here."""
    marked = np.zeros((len(starts), n), dtype=np.bool_)
    for shift in range(length):
        marked[:, shift : shift + starts.shape[1]] |= starts
    return marked


def _windows(sides: Floats, length: int) -> Flags:
    """Points of stretches of this length that have one sign (not zero)."""
    n = sides.shape[1]
    if n < length:
        return np.zeros(sides.shape, dtype=np.bool_)
    views = np.lib.stride_tricks.sliding_window_view(sides, length, axis=1)
    return _spread(np.abs(views.sum(axis=-1)) == length, length, n)


def _trends(values: Floats) -> Flags:
    """Points of seven that rise or fall one after the other."""
    steps = np.sign(np.diff(values, axis=1))
    n = values.shape[1]
    if n < RUN:
        return np.zeros(values.shape, dtype=np.bool_)
    views = np.lib.stride_tricks.sliding_window_view(steps, RUN - 1, axis=1)
    return _spread(np.abs(views.sum(axis=-1)) == RUN - 1, RUN, n)


def _two_of_three(beyond: Floats, outside: Flags) -> Flags:
    """Points between near limit and limit of which two of three neighbours are on one side."""
    near = np.where(outside, 0.0, beyond)
    n = near.shape[1]
    if n < 3:
        return np.zeros(near.shape, dtype=np.bool_)
    views = np.lib.stride_tricks.sliding_window_view(near, 3, axis=1)
    found = np.zeros(near.shape, dtype=np.bool_)
    for side in (-1.0, 1.0):
        found |= _spread((views == side).sum(axis=-1) >= 2, 3, n) & (near == side)
    return found


def runs(values: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return useful points, longest run and crossings of the median, each of shape (B,).

    Points on the median are dropped and do not break a run.
    """
    sides = np.sign(values - np.median(values, axis=1, keepdims=True))
    useful = (sides != 0).sum(axis=1)
    longest, crossings, length = (np.zeros(len(sides), dtype=np.int64) for _ in range(3))
    last = np.zeros(len(sides))
    for side in sides.T:
        counted = side != 0
        same = counted & (side == last)
        crossings += counted & (last != 0) & ~same
        length = np.where(counted, np.where(same, length + 1, 1), length)
        longest = np.maximum(longest, length)
        last = np.where(counted, side, last)
    return useful, longest, crossings


def run_limits(useful: int) -> tuple[int, int]:
    """Return the longest run and the fewest crossings that are no signal.

    round(log2 n) + 3, and the 5 % quantile of crossings among n - 1 fair chances.
    """
    if useful < 2:
        return useful, 0
    chance = bdtr(np.arange(useful, dtype=np.float64), useful - 1, 0.5)
    return round(np.log2(useful)) + 3, int(np.argmax(chance >= 0.05))


def run_signals(values: Floats) -> Flags:
    """Whether each series has too long a run or too few crossings, shape (B,)."""
    useful, longest, crossings = runs(values)
    limits = np.array([run_limits(int(n)) for n in range(values.shape[1] + 1)])[useful]
    return np.asarray((longest > limits[:, 0]) | (crossings < limits[:, 1]))
