"""The part of a panel that no programme has touched, and the false starts that fit into it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import DesignError

Floats = NDArray[np.float64]

MIN_PERIODS = 4
"""With fewer periods before the first start, units that are never treated are used in all periods."""

MOST_STARTS = 5
_MARGIN = 2  # periods that a false start leaves on either side


@dataclass(frozen=True, eq=False)
class Untouched:
    """Data without a programme and the pilots that are pretended in them.

    Attributes
    ----------
    panel : StudyDesign
        Nothing is treated in it.
    source : {"periods_before", "comparison_units"}
    delay : ndarray, shape (n_units,)
        Periods from the first false start to that of the unit; inf for units that stay untreated.
    """

    panel: StudyDesign
    source: str
    delay: Floats

    @property
    def starts(self) -> tuple[int, ...]:
        """Positions of the first false start: with two periods on either side, at most `MOST_STARTS`."""
        every = np.arange(_MARGIN, self.panel.n_periods - _MARGIN + 1)
        at = np.linspace(0, len(every) - 1, min(MOST_STARTS, len(every))).round().astype(np.int64)
        return tuple(every[at].tolist())

    def starting(self, at: int) -> StudyDesign:
        """Return the design whose first pilots start at this position.

        The others follow with the gaps of the real starts, at the latest in the last period but one.
        """
        numbers = self.panel.period_numbers
        wanted = np.where(np.isfinite(self.delay), numbers[at] + self.delay, -np.inf)
        found = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - _MARGIN)
        return self.panel.with_cohort(np.where(np.isfinite(self.delay), numbers[found], np.inf))


def untouched(design: StudyDesign) -> Untouched:
    """Return the periods before the first treatment, or the never treated units if these are too few.

    Units that are treated from the beginning are left out, and so are periods of anticipation. Starts after
    the last period count as never.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, or neither part is large enough.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=9, n_treated=2, n_periods=10, start=7, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> untouched(design).panel.n_periods, untouched(design).starts
    (6, (2, 3, 4))
    """
    if design.cohort is None:
        raise DesignError("not-absorbing", what="recommend")
    numbers = design.period_numbers
    touched = np.where(design.cohort > numbers[-1], np.inf, design.cohort) - design.anticipation
    later = np.flatnonzero(touched > numbers[0])
    first = float(touched[later].min(initial=np.inf))
    before = int((numbers < first).sum())
    if np.isfinite(first) and before >= MIN_PERIODS:
        panel = dataclasses.replace(design.take(later).before(first), anticipation=0)
        return Untouched(panel, "periods_before", touched[later] - first)
    return _among_comparisons(design, touched, before if np.isfinite(first) else 0)


def _among_comparisons(design: StudyDesign, touched: Floats, before: int) -> Untouched:
    """Place the false pilots among the never treated: as many in each stratum as there are true ones."""
    rule, never = design.assignment, np.isinf(touched)
    delay = np.full(design.n_units, np.inf)
    enough = design.n_periods >= MIN_PERIODS
    for stratum in np.unique(rule.strata.codes[~never]):
        inside = rule.admissible & (rule.strata.codes == stratum)
        pilots, at = np.unique(rule.unit.codes[inside & ~never], return_index=True)
        free = np.unique(rule.unit.codes[inside & never])
        enough &= len(free) > len(pilots)
        late = touched[inside & ~never][at] - touched.min()
        for block, one in zip(free, late, strict=False):
            delay[inside & (rule.unit.codes == block)] = one
    if not enough:
        raise DesignError("no-placebo-panel", periods=before, units=int(never.sum()), needed=MIN_PERIODS)
    panel = dataclasses.replace(design.take(np.flatnonzero(never)), anticipation=0)
    return Untouched(panel, "comparison_units", delay[never])
