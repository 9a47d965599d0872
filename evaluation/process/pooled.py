"""Numerators and denominators pooled over units: what an indicator and its intervals are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design.periods import read_periods
from evaluation.errors import DataError
from evaluation.process.counts import Counts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Measure = Literal["cumulative", "latest", "period"]
TOTAL = "total"
RATIOS = ("proportion", "rate", "ratio")


@dataclass(frozen=True, eq=False)
class Used:
    """What each unit adds.

    Attributes
    ----------
    numerator, denominator : ndarray, shape (n_units,)
        NaN where the unit has none.
    numerator_at, denominator_at : ndarray, shape (n_units,)
        Number of the period in which it was reported; -inf where it was not.
    unmatched : int
        Cells whose numerator was left out because its denominator is not known.
    """

    numerator: Floats
    denominator: Floats
    numerator_at: Floats
    denominator_at: Floats
    unmatched: int = 0


@dataclass(frozen=True, eq=False)
class Pooled:
    """Sums over units, one row per term.

    Attributes
    ----------
    labels : tuple of str, length k
        ``"total"``, or the groups.
    numerator, denominator : ndarray, shape (k,)
        NaN where no unit has any.
    members : ndarray of bool, shape (n_units, k)
    used : Used
    """

    labels: tuple[str, ...]
    numerator: Floats
    denominator: Floats
    members: Flags
    used: Used

    @property
    def reporting(self) -> Flags:
        """Units with a numerator, by term, shape (n_units, k)."""
        known: Flags = self.members & np.isfinite(self.used.numerator)[:, None]
        return known


def pool(design: Counts, options: Mapping[str, Any]) -> Pooled:
    """Add up what units reported, for the options of an indicator."""
    used = _used(design, options["measure"], cut_off(design, options["at"]), options["estimand"])
    if options["by"] is None:
        labels: tuple[str, ...] = (TOTAL,)
        members = np.ones((design.n_units, 1), dtype=np.bool_)
    else:
        group = design.group(options["by"])
        labels = tuple(str(label) for label in group.labels)
        members = group.codes[:, None] == np.arange(group.n_groups)
    return Pooled(labels, _total(used.numerator, members), _total(used.denominator, members), members, used)


def cut_off(design: Counts, at: Any) -> float:
    """Return the number of the period at which the data are cut off."""
    if at is None:
        return float(design.period_numbers[-1])
    numbers, _ = read_periods(np.array([at], dtype=object), "at", kind=design.period_kind)
    return float(numbers[0])


def _total(values: Floats, members: Flags) -> Floats:
    known = members & np.isfinite(values)[:, None]
    total = (np.nan_to_num(values)[:, None] * known).sum(axis=0)
    return np.where(known.any(axis=0), total, np.nan)


def _used(design: Counts, measure: Measure, at: float, estimand: str) -> Used:
    past = design.period_numbers <= at
    top, bottom = design.numerator[:, past], design.denominator[:, past]
    numbers = design.period_numbers[past]
    if measure == "cumulative":
        return _cumulated(top, bottom, numbers, paired=estimand in RATIOS)
    if measure == "period":
        top = np.where(numbers == at, top, np.nan)
    return _latest(top, bottom, numbers, estimand)


def _latest(top: Floats, bottom: Floats, numbers: Floats, estimand: str) -> Used:
    """Last known values: of a share from one period, of a rate each from its own."""
    newest = _last(top, numbers)[1]
    if estimand == "proportion":
        together = np.isfinite(top) & np.isfinite(bottom)
        top, bottom = np.where(together, top, np.nan), np.where(together, bottom, np.nan)
    numerator, numerator_at = _last(top, numbers)
    denominator, denominator_at = _last(bottom, numbers)
    lost = (newest > numerator_at) | (np.isfinite(numerator) & ~np.isfinite(denominator))
    return Used(
        np.where(np.isfinite(denominator) | (estimand not in RATIOS), numerator, np.nan),
        np.where(np.isfinite(numerator), denominator, np.nan),
        numerator_at,
        denominator_at,
        int(lost.sum()) if estimand in RATIOS else 0,
    )


def _cumulated(top: Floats, bottom: Floats, numbers: Floats, *, paired: bool) -> Used:
    known = np.isfinite(top) & (np.isfinite(bottom) | (not paired))
    some = known.any(axis=1)
    last = np.where(known, numbers, -np.inf).max(axis=1, initial=-np.inf)
    numerator, denominator = (
        np.where(some, np.where(known, values, 0).sum(axis=1), np.nan) for values in (top, bottom)
    )
    return Used(numerator, denominator, last, last, int((np.isfinite(top) & ~known).sum()))


def _last(values: Floats, numbers: Floats) -> tuple[Floats, Floats]:
    """Last known value of each row and the number of its period."""
    when = np.where(np.isfinite(values), numbers, -np.inf).max(axis=1, initial=-np.inf)
    last = np.where(np.isfinite(values) & (numbers == when[:, None]), values, 0.0).sum(axis=1)
    return np.where(np.isfinite(when), last, np.nan), when


def refuse_too_large(design: Counts, used: Used) -> None:
    """Refuse a share whose numerator is larger than its denominator.

    Raises
    ------
    DataError
        Naming the first unit.
    """
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(used.numerator > used.denominator)
    if len(bad):
        i = int(bad[0])
        raise DataError(
            "numerator-too-large",
            count=len(bad),
            numerator=design.names.outcome,
            denominator=design.names.covariates[0],
            example=f"{design.units[i]}: {used.numerator[i]:g} / {used.denominator[i]:g}",
        )
