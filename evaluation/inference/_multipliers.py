"""Random numbers of mean zero and variance one, by which contributions of clusters are multiplied."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Multiplier = Callable[[np.random.Generator, tuple[int, int]], Floats]

_ROOT5 = np.sqrt(5.0)


def _rademacher(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    bits = np.unpackbits(np.frombuffer(rng.bytes((shape[0] * shape[1] + 7) // 8), dtype=np.uint8))
    signs: Floats = bits[: shape[0] * shape[1]].reshape(shape).astype(np.float64) * 2 - 1
    return signs


def _mammen(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    low = rng.random(shape) < (_ROOT5 + 1) / (2 * _ROOT5)
    return np.asarray(np.where(low, (1 - _ROOT5) / 2, (1 + _ROOT5) / 2))


def _webb(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    points = np.sqrt(np.array([0.5, 1.0, 1.5]))
    return np.asarray(rng.choice(np.concatenate([-points, points]), size=shape))


MULTIPLIERS: dict[str, Multiplier] = {"rademacher": _rademacher, "mammen": _mammen, "webb": _webb}
"""Name -> function of a generator and a shape; Webb's and Rademacher's are symmetric."""

N_VALUES = {"rademacher": 2, "mammen": 2, "webb": 6}
"""How many values each can take."""
