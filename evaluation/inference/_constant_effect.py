"""Constant effects that a permutation test does not reject, exactly.

If every treated cell has the effect tau, the outcome without treatment is Y - tau D. For an estimator that is
linear in the outcome its value under assignment b is then T_b(Y) - tau T_b(D), so that two values for each
assignment tell the test of every tau. The assignments as extreme as the one that happened are those with

    |T_b(Y) - tau T_b(D)| >= |T(Y) - tau T(D)|,

for each assignment one or two intervals of tau, and p changes at their ends only.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import EvaluationError
from evaluation.estimate import Estimate
from evaluation.estimate.refit import aligned

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Pieces = tuple[tuple[float, float], ...]
Ends = tuple[Floats, Floats]

TIE = 1e-9
"""Values closer than this share of the largest absolute value count as equal, that is as extreme."""

_LINEAR = 1e-6  # share of the values by which a linear estimator may miss it: iterations, pivots


def treatment_as_outcome(design: StudyDesign) -> StudyDesign:
    """Return the design in which the outcome is the treatment, observed where the outcome is."""
    return _with_outcome(design, design.treatment[..., 0])


def _with_outcome(design: StudyDesign, outcome: Floats) -> StudyDesign:
    return dataclasses.replace(design, outcome=np.where(design.observed, outcome, np.nan))


def response(estimate: Estimate, design: StudyDesign, probes: Integers) -> Floats:
    """Return what each term is where the outcome is the treatment itself, T(D).

    It is tried, on the assignment that happened and on some others, whether a term is linear in the outcome;
    and whether it compares units, so that what is common to all of them in a period leaves it zero.

    Parameters
    ----------
    estimate : Estimate
        With a refit.
    design : StudyDesign
        With one treatment.
    probes : ndarray of int, shape (b, n_units)
        Unit whose treatment path each unit receives.

    Returns
    -------
    ndarray, shape (k,)
        NaN for terms that are not linear, zero for those that no constant effect moves or that are not an
        effect.
    """
    refit, terms = estimate.refit, estimate.terms
    assert refit is not None
    spread = float(np.nanstd(design.outcome))
    scale = spread if spread > 0 else 1.0
    own = treatment_as_outcome(design)
    mixed = _with_outcome(design, design.outcome + scale * design.treatment[..., 0])
    common = _with_outcome(design, np.broadcast_to(np.linspace(1, 2, len(design.periods)), own.outcome.shape))
    try:
        unit, together, level = (aligned(refit(one), terms) for one in (own, mixed, common))
        alone, effects, sums = (refit.values(one, probes, terms) for one in (design, own, mixed))
    except EvaluationError:
        return np.full(len(terms), np.nan)
    expected = np.vstack([estimate.value + scale * unit, alone + scale * effects])
    error = np.abs(np.vstack([together, sums]) - expected)
    size = scale + np.nanmax(np.abs(expected), axis=0, initial=0.0)
    linear = (np.isnan(expected) | (error <= _LINEAR * size)).all(axis=0)
    effect = (np.abs(unit) > _LINEAR) & ~(np.abs(level) > _LINEAR)
    return np.where(linear, np.where(effect, unit, 0.0), np.nan)


@dataclass(frozen=True, eq=False)
class Inversion:
    """The permutation test of one term for any constant effect.

    Attributes
    ----------
    value : float
        T(Y).
    values, slopes : ndarray, shape (B,)
        T_b(Y), and T_b(D) / T(D); NaN where an assignment does not identify the term.
    exact : bool
        Whether they are all assignments, the one that happened among them.
    alternative : {"two-sided", "greater", "less"}
    """

    value: float
    values: Floats
    slopes: Floats
    exact: bool
    alternative: str

    def accepted(self, alpha: float) -> Pieces:
        """Return the values of the term whose p is larger than alpha, as sorted intervals."""
        known = ~(np.isnan(self.values) | np.isnan(self.slopes))
        lows, highs = (np.sort(ends) for ends in self._extreme(self.values[known], self.slopes[known]))
        points = np.unique(np.concatenate([lows, highs]))
        points = points[np.isfinite(points)]
        always = int(np.count_nonzero(~known))
        used, plus = len(self.values), 0 if self.exact else 1

        def inside(at: Floats) -> NDArray[np.bool_]:
            begun = np.searchsorted(lows, at + self._tie, side="right")
            over = np.searchsorted(highs, at - self._tie, side="left")
            p_value = (always + begun - over + plus) / (used + plus)
            return np.asarray(p_value > alpha + 1e-12)

        return _runs(points, inside(points), inside(_between(points)))

    @property
    def _tie(self) -> float:
        return TIE * float(np.nanmax(np.abs(np.append(self.values, self.value))))

    def _extreme(self, values: Floats, slopes: Floats) -> Ends:
        """Intervals of the value in which each assignment is as extreme as the one that happened."""
        apart, falls = values - self.value, 1 - slopes
        if self.alternative == "greater":
            return self._half_line(apart, falls)
        if self.alternative == "less":
            return self._half_line(-apart, -falls)
        total, rises = values + self.value, -(1 + slopes)
        # |A - x U| >= |T - x| where both factors of the difference of squares have the same sign
        both = [
            _common(self._half_line(sign * apart, sign * falls), self._half_line(sign * total, sign * rises))
            for sign in (1.0, -1.0)
        ]
        return _united(*both)

    def _half_line(self, at_zero: Floats, slope: Floats) -> Ends:
        """Where at_zero + slope x >= 0; an empty set lies at infinity."""
        flat = np.abs(slope) <= TIE
        root = -at_zero / np.where(flat, 1.0, slope)
        everywhere = flat & (at_zero >= -self._tie)
        low = np.where(flat, np.where(everywhere, -np.inf, np.inf), np.where(slope > 0, root, -np.inf))
        high = np.where(flat | (slope > 0), np.inf, root)
        return low, high


def _common(one: Ends, other: Ends) -> Ends:
    low, high = np.maximum(one[0], other[0]), np.minimum(one[1], other[1])
    empty = low > high
    return np.where(empty, np.inf, low), np.where(empty, np.inf, high)


def _united(one: Ends, other: Ends) -> Ends:
    """Both intervals of each assignment; those that meet become one, so that none is counted twice."""
    meet = np.maximum(one[0], other[0]) <= np.minimum(one[1], other[1])
    low = np.where(meet, np.minimum(one[0], other[0]), one[0])
    high = np.where(meet, np.maximum(one[1], other[1]), one[1])
    rest = (np.where(meet, np.inf, end) for end in other)
    return tuple(np.concatenate(ends) for ends in zip((low, high), rest, strict=True))  # type: ignore[return-value]


def _between(points: Floats) -> Floats:
    """One place before, one in each gap and one after: one more than there are points."""
    if not len(points):
        return np.zeros(1)
    beyond = 1 + 2 * (points[-1] - points[0]) + np.abs(points).max()
    return np.concatenate([[points[0] - beyond], (points[1:] + points[:-1]) / 2, [points[-1] + beyond]])


def _runs(points: Floats, at_points: NDArray[np.bool_], in_gaps: NDArray[np.bool_]) -> Pieces:
    """Join what is accepted: gap, point, gap, ..., gap."""
    inside = np.empty(len(points) + len(in_gaps), dtype=bool)
    inside[::2], inside[1::2] = in_gaps, at_points
    change = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(np.int8), [0]])))
    ends = np.concatenate([[-np.inf], points, [np.inf]])
    return tuple(
        (float(ends[(first + 1) // 2]), float(ends[last // 2 + 1]))
        for first, last in zip(change[::2], change[1::2] - 1, strict=True)
    )
