"""Random numbers of mean zero and variance one, by which contributions of clusters are multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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

MOST_EXACT = 16_384
"""Up to so many vectors of signs, 2^14, are enumerated."""

_CHUNK = 4_000_000  # numbers made at once


def every_sign(n_clusters: int) -> Iterator[Floats]:
    """Yield all vectors of signs at once, (n_clusters, 2^n_clusters); the first has no change."""
    numbers = np.arange(2**n_clusters)
    yield np.where(numbers >> np.arange(n_clusters)[:, None] & 1, -1.0, 1.0)


def drawn(n_clusters: int, draws: int, multiplier: Multiplier, seed: int) -> Iterator[Floats]:
    """Yield random vectors in parts, (n_clusters, some of the draws)."""
    rng = np.random.default_rng(seed)
    size = max(1, _CHUNK // n_clusters)
    for start in range(0, draws, size):
        yield multiplier(rng, (n_clusters, min(size, draws - start)))
