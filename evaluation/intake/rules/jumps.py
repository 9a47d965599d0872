r"""Values that differ from last quarter by more than chance and the common growth explain.

Counts: with last quarter's count \(x\) of a unit and the common growth \(g = \sum y / \sum x\) of all units,
the new count is taken to be negative binomial with mean \(m = g (x + 1/2)\) and variance
\(\varphi m (1 + g)\). With \(\varphi = 1\) this is the predictive distribution of a Poisson count whose mean
is known from last quarter only (Jeffreys prior); \(\varphi \ge 1\) is the median of squared Pearson residuals
over that of a chi-squared variable (0.4549), so that a few real jumps do not hide themselves. What has a
two-sided probability below the limit is named.

Other numbers: the change from last quarter, less the median change of all units, in units of 1.4826 times the
median absolute deviation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.intake import quarters
from evaluation.intake.contract import Soft
from evaluation.intake.defects import Defect
from evaluation.intake.layout import Filled, Row
from evaluation.intake.round import Key, Round, title

LEAST_PROBABILITY = 1e-4
"""A count this improbable is named: of 57 units with two counts one in ninety quarters is named by chance."""

MOST_DEVIATIONS = 5.0
"""Other numbers are named from so many robust standard deviations on: tails are heavier than normal ones."""

LEAST_UNITS = 8
"""Fewer changes than this say too little about what is usual: other numbers are then not compared."""

_CHI_SQUARED_MEDIAN = 0.4549364
_NORMAL_MAD = 1.482602218505602


@dataclass(frozen=True)
class _Pair:
    filled: Filled
    row: Row
    before: float
    now: float


def jumps(given: Round) -> Iterator[Defect]:
    """Yield values that differ too much from last quarter's."""
    for sheet in given.contract.sheets:
        for soft in sheet.soft:
            for pairs in _pairs(given, sheet.name, soft.field).values():
                yield from _named(given, soft, pairs)


def _pairs(given: Round, sheet: str, name: str) -> dict[str, list[_Pair]]:
    """Rows by quarter for which the same key has a value one quarter before."""
    time = given.contract.panel.time
    rest = [one for one in given.contract.by_name[sheet].primary_key if one != time]
    known: dict[tuple[Key, str], float] = {}
    for past in given.history.get(sheet, ()):
        value, quarter = _finite(past.get(name)), past.get(time)
        if value is not None and quarter is not None:
            known[tuple(past[one] for one in rest), str(quarter)] = value
    rows: list[tuple[Filled, Row, Key, str, float]] = []
    for filled, row in given.of(sheet):
        value, quarter = _finite(row.value.get(name)), row.value.get(time)
        key = tuple(part for one in rest if (part := row.value.get(one)) is not None)
        wrong = {name, time, *rest} & row.invalid
        if value is None or wrong or not isinstance(quarter, str) or len(key) < len(rest):
            continue
        rows.append((filled, row, key, quarter, value))
        known[key, quarter] = value
    found: dict[str, list[_Pair]] = {}
    for filled, row, key, quarter, value in rows:
        before = known.get((key, quarters.label(quarters.number(quarter) - 1)))
        if before is not None:
            found.setdefault(quarter, []).append(_Pair(filled, row, before, value))
    return found


def _finite(value: Any) -> float | None:
    if value is None or isinstance(value, (str, bool)):
        return None
    return float(value) if np.isfinite(value) else None


def _named(given: Round, soft: Soft, pairs: Sequence[_Pair]) -> Iterator[Defect]:
    before = np.array([one.before for one in pairs])
    now = np.array([one.now for one in pairs])
    if soft.method == "counts":
        low, high = count_limits(before, now, soft.limit or LEAST_PROBABILITY)
    else:
        low, high = value_limits(before, now, soft.limit or MOST_DEVIATIONS)
    for i in np.flatnonzero((now < low) | (now > high)).tolist():
        one = pairs[i]
        key = given.panel_key(one.row) or ("", "")
        numbers = {
            "column": title(one.filled.sheet, soft.field),
            "before": one.before,
            "low": float(low[i]),
            "high": float(high[i]),
            "field": soft.field,
            "unit": key[0],
            "quarter": key[1],
        }
        place, cell = one.filled.place(one.row, soft.field), one.row.cells.get(soft.field)
        value = cell.text if cell else ""
        yield Defect("jump", "warning", one.filled.file, one.filled.table.name, place, value, numbers)


def count_limits(
    before: NDArray[np.float64], now: NDArray[np.float64], probability: float = LEAST_PROBABILITY
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the range in which each new count is expected.

    Parameters
    ----------
    before, now : array (n_units,)
        Counts of the two quarters; at least zero.
    probability : float
        Two-sided, of a count outside of the range.

    Returns
    -------
    low, high : array (n_units,)

    Examples
    --------
    >>> before, now = np.array([100.0, 90, 110, 95]), np.array([103.0, 91, 108, 400])
    >>> low, high = count_limits(before, now)
    >>> [bool(one) for one in (now < low) | (now > high)]
    [False, False, False, True]
    """
    from scipy.stats import nbinom  # noqa: PLC0415 -- only where something is compared

    growth = _growth(before, now)
    mean = growth * (before + 0.5)
    residuals = (now - mean) ** 2 / (mean * (1 + growth))
    spread = max(1.0, float(np.median(residuals)) / _CHI_SQUARED_MEDIAN) if len(now) >= LEAST_UNITS else 1.0
    size = mean / (spread * (1 + growth) - 1)
    share = size / (size + mean)
    low = np.asarray(nbinom.ppf(probability / 2, size, share), dtype=np.float64)
    high = np.asarray(nbinom.isf(probability / 2, size, share), dtype=np.float64)
    return np.maximum(low, 0.0), high


def _growth(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """Growth that most units share: a ratio of sums without the unit that moves it most; 1 where few are."""
    if len(now) < LEAST_UNITS:
        return 1.0
    ratios = (now + 0.5) / (before + 0.5)
    distance = np.abs(np.log(ratios / np.median(ratios)))
    usual = distance <= np.quantile(distance, 0.9)
    return float((now[usual].sum() + 0.5) / (before[usual].sum() + 0.5))


def value_limits(
    before: NDArray[np.float64], now: NDArray[np.float64], deviations: float = MOST_DEVIATIONS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the range in which each new value is expected; without end where too few units are compared.

    Parameters
    ----------
    before, now : array (n_units,)
    deviations : float
        Robust standard deviations of the change.

    Returns
    -------
    low, high : array (n_units,)
    """
    change = now - before
    if len(change) < LEAST_UNITS:
        return np.full(len(change), -np.inf), np.full(len(change), np.inf)
    centre = float(np.median(change))
    distance = np.abs(change - centre)
    scale = _NORMAL_MAD * float(np.median(distance)) or 1.2533 * float(distance.mean())
    reach = deviations * scale if scale > 0 else np.inf
    return before + centre - reach, before + centre + reach
