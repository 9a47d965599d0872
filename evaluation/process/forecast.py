"""`forecast`: when a cumulative target will be reached at the pace so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from evaluation.design import Note
from evaluation.design.note import Number
from evaluation.design.periods import period_label, read_periods
from evaluation.errors import DataError
from evaluation.estimate import CheckResult

Floats = NDArray[np.float64]
FEW = 6
"""Below so many increments their spread is hardly known, and a note says so."""


def forecast(
    increments: ArrayLike,
    *,
    periods: Sequence[Any],
    target: float,
    before: float = 0.0,
    window: int | None = None,
    level: float = 0.9,
    horizon: int = 40,
) -> CheckResult:
    r"""Forecast when the sum of increments will reach a target, if they go on as they came.

    n increments with sum S are counts with one mean and variance :math:`\varphi` times the mean; what the
    next h periods add then is negative binomial with

    .. math:: E = h\,(S + 1/2)/n, \qquad V = \varphi\, E\,(1 + h/n)

    where the second factor is the uncertainty of the pace itself. With :math:`\varphi = 1` this is exactly
    the predictive distribution of Poisson counts under Jeffreys' prior (Gelman et al. 2013, section 2.6,
    doi:10.1201/b16018); :math:`\hat\varphi` is the variance of the increments over their mean, at least one
    (McCullagh and Nelder 1989, section 6.2, doi:10.1201/9780203753736). The distribution is known, so nothing
    is drawn and no seed is needed. The target is reached within h periods with probability
    P(X_h >= target - total).

    A trend, a season or an end of the funding is not in it: it says what this pace leads to, no more.

    Parameters
    ----------
    increments : sequence of float, length n
        What each period added; NaN where it is not known (left out, with a note).
    periods : sequence of period labels, length n
        Successive; the forecast goes on after the last.
    target : float
    before : float
        What had been reached before the first period.
    window : int, optional
        Learn the pace from the last so many periods only.
    level : float
        Of the interval.
    horizon : int
        Periods to look ahead.

    Returns
    -------
    CheckResult
        ``forecast``, informational. Table: period, expected, low, high (of the cumulative value),
        probability (that the target is reached by then). Numbers: state (``reached``, ``forecast``,
        ``beyond_horizon``, ``never_at_this_pace`` where nothing was added at all, ``no_data``), target,
        total, pace (per period), dispersion, reach, reach_low, reach_high (period labels, "" beyond the
        horizon; low is the early end), level. Notes ``few_increments``, ``increments_missing``.

    Raises
    ------
    DataError
        If increments and periods differ in length, an increment is negative, or a period cannot be read.

    Examples
    --------
    >>> trained = forecast([60, 48, 52, 60], periods=["2020Q1", "2020Q2", "2020Q3", "2020Q4"], target=500)
    >>> [trained.numbers[name] for name in ("state", "total", "reach_low", "reach", "reach_high")]
    ['forecast', 220.0, '2022Q1', '2022Q2', '2022Q2']
    """
    added = np.asarray(increments, dtype=np.float64)
    if len(added) != len(periods) or (added < 0).any() or not 0 < level < 1 or horizon < 1 or window == 0:
        raise DataError(
            "bad-option-value",
            option="increments",
            value=f"{len(added)} values for {len(periods)} periods",
            advice="Give one increment of zero or more for each period, a level between 0 and 1 and a "
            "horizon and a window of at least one period.",
        )
    known = added[np.isfinite(added)]
    total = before + float(known.sum())
    learned = known[-window:] if window else known
    ahead = _Ahead.of(learned, horizon) if len(learned) else None
    labels = _labels(periods, horizon)
    table, reach = _table(ahead, labels, total, target, level)
    numbers: dict[str, Number] = {
        "state": _state(learned, total, target, reach["reach"]),
        "target": float(target),
        "total": total,
        "pace": float(learned.mean()) if len(learned) else float("nan"),
        "dispersion": ahead.dispersion if ahead else float("nan"),
        "level": level,
        **(reach if total < target and learned.sum() > 0 else dict.fromkeys(reach, "")),
    }
    return CheckResult("forecast", None, table, numbers, _notes(added, learned))


class _Ahead:
    """Distribution of what the next 1 ... H periods add.

    Attributes
    ----------
    size, share : ndarray, shape (H,)
        r and p of the negative binomial distributions.
    dispersion : float
    """

    def __init__(self, size: Floats, share: Floats, dispersion: float) -> None:
        self.size, self.share, self.dispersion = size, share, dispersion

    @classmethod
    def of(cls, increments: Floats, horizon: int) -> _Ahead:
        n, steps = len(increments), np.arange(1, horizon + 1)
        mean = increments.mean()
        dispersion = float(max(1.0, increments.var(ddof=1) / mean)) if n > 1 and mean > 0 else 1.0
        share = 1 / (dispersion * (1 + steps / n))
        expected = steps * (increments.sum() + 0.5) / n
        return cls(expected * share / (1 - share), share, dispersion)

    @property
    def mean(self) -> Floats:
        return self.size * (1 - self.share) / self.share

    def reaches(self, needed: float) -> Floats:
        """P(X >= needed) for each number of periods; X is a whole number."""
        if needed <= 0:
            return np.ones_like(self.size)
        return np.asarray(np.maximum.accumulate(betainc(np.ceil(needed), self.size, 1 - self.share)))

    def quantiles(self, *levels: float) -> list[Floats]:
        """For each level the smallest whole x with P(X <= x) >= level."""
        spread = np.sqrt(self.mean / self.share)
        grid = np.arange(int((self.mean + 8 * spread).max()) + 2)
        below = 1 - betainc(grid[None, :] + 1.0, self.size[:, None], 1 - self.share[:, None])
        return [(below >= level).argmax(axis=1).astype(np.float64) for level in levels]


def _labels(periods: Sequence[Any], horizon: int) -> list[str]:
    numbers, kind = read_periods(np.array(list(periods), dtype=object), "periods")
    return [str(period_label(numbers[-1] + step, kind)) for step in range(1, horizon + 1)]


def _table(
    ahead: _Ahead | None, labels: list[str], total: float, target: float, level: float
) -> tuple[pd.DataFrame, dict[str, Number]]:
    nothing = np.full(len(labels), np.nan)
    tail = (1 - level) / 2
    chance = ahead.reaches(target - total) if ahead else nothing
    low, high = ahead.quantiles(tail, 1 - tail) if ahead else (nothing, nothing)
    table = pd.DataFrame(
        {
            "period": labels,
            "expected": total + ahead.mean if ahead else nothing,
            "low": total + low,
            "high": total + high,
            "probability": chance,
        }
    )
    levels = {"reach": 0.5, "reach_low": tail, "reach_high": 1 - tail}
    first = {name: np.flatnonzero(chance >= at) for name, at in levels.items()}
    return table, {name: labels[found[0]] if len(found) else "" for name, found in first.items()}


def _state(learned: Floats, total: float, target: float, reach: Number) -> str:
    if not len(learned):
        return "no_data"
    if total >= target:
        return "reached"
    if learned.sum() == 0:
        return "never_at_this_pace"
    return "forecast" if reach else "beyond_horizon"


def _notes(added: Floats, learned: Floats) -> tuple[Note, ...]:
    missing = int(np.isnan(added).sum())
    notes = [Note("increments_missing", {"periods": missing})] if missing else []
    if 0 < len(learned) < FEW:
        notes.append(Note("few_increments", {"periods": len(learned)}))
    return tuple(notes)
