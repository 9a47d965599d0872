"""The rule that chooses an inference by its measured size and power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design.note import Number

Floats = NDArray[np.float64]

LEVEL = 0.05
"""The level at which inferences are compared."""

LIBERAL = 1.5
"""A test is accepted up to this multiple of its level."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What the trials say of one inference.

    Attributes
    ----------
    method : str
    p_value : ndarray, shape (draws,)
        Of trials without an effect; NaN, where the method does not exist, does not reject.
    p_value_with_effect : ndarray, shape (draws with an effect,)
    noise : float
        Further variance of a rejection rate, over p (1 - p).
    """

    method: str
    p_value: Floats
    p_value_with_effect: Floats
    noise: float

    def rejection(self, level: float) -> tuple[float, float]:
        """Return the share of true nulls that are rejected, with its Monte Carlo standard error."""
        return _share(self.p_value <= level, self.noise)

    @property
    def power(self) -> tuple[float, float]:
        """The share of effects that are found at `LEVEL`, with its Monte Carlo standard error."""
        return _share(self.p_value_with_effect <= LEVEL, 0.0)

    @property
    def is_valid(self) -> bool:
        """Whether it rejects a true null not much too often."""
        rejection, error = self.rejection(LEVEL)
        return rejection <= LIBERAL * LEVEL + error

    def finds_more_than(self, other: Measured) -> bool:
        """Whether it finds effects in demonstrably more of the same trials."""
        own, its = (np.less_equal(one.p_value_with_effect, LEVEL) * 1.0 for one in (self, other))
        difference = own - its
        return bool(difference.mean() > 2 * difference.std() / np.sqrt(len(difference)))

    def rows(self, levels: Sequence[float]) -> Iterator[dict[str, object]]:
        """Yield one row of the table for each level."""
        for level in levels:
            rejection, error = self.rejection(level)
            power, power_error = self.power if level == LEVEL else (np.nan, np.nan)
            yield {
                "method": self.method,
                "level": level,
                "rejection": rejection,
                "mc_error": error,
                "power": power,
                "power_mc_error": power_error,
            }


@dataclass(frozen=True)
class Choice:
    """The chosen inference, "" for none, and why."""

    measured: Measured | None
    reason: str

    def numbers(self) -> dict[str, Number]:
        """Return what a sentence about the choice names."""
        told: dict[str, Number] = {"level": LEVEL, "reason": self.reason, "chosen": ""}
        if self.measured is not None:
            rejection, error = self.measured.rejection(LEVEL)
            power = self.measured.power[0]
            told |= {"chosen": self.measured.method, "rejection": rejection, "mc_error": error}
            told |= {"power": power}
        return told


def choose(measured: Sequence[Measured]) -> Choice:
    """Choose the most powerful inference that keeps its level.

    Powers count as equal whose difference, over the same trials, is within two of its Monte Carlo standard
    errors; of equal ones that is chosen which rejects least above the level, then the more powerful.

    Examples
    --------
    >>> p, found = np.arange(100) / 100, np.repeat([0.01, 0.9], [60, 40])
    >>> choice = choose([Measured("careful", p, found, 0.0), Measured("rash", p / 3, found, 0.0)])
    >>> choice.numbers()["chosen"], choice.reason
    ('careful', 'only_valid')
    """
    valid = [one for one in measured if one.is_valid]
    if not valid:
        return Choice(None, "none_valid")
    best = max(valid, key=lambda one: one.power[0])
    near = [one for one in valid if not best.finds_more_than(one)]
    chosen = min(near, key=lambda one: (max(one.rejection(LEVEL)[0] - LEVEL, 0.0), -one.power[0]))
    power, error = chosen.power
    if power - 2 * error <= LEVEL:
        return Choice(chosen, "powerless")
    return Choice(chosen, "only_valid" if len(valid) == 1 else "most_powerful")


def _share(hits: NDArray[np.bool_], noise: float) -> tuple[float, float]:
    share = float(hits.mean())
    return share, float(np.sqrt(share * (1 - share) * (1 / len(hits) + noise)))
