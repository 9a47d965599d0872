"""Which cohort, period, base period and controls make up each group-time effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Design, Note, StudyDesign
from evaluation.design.note import Number
from evaluation.errors import DesignError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One ATT(g, t).

    Attributes
    ----------
    cohort : float
        First treated period, on the scale of `StudyDesign.period_numbers`.
    period, base : int
        Positions of the period and of its base period.
    horizon : float
        Controls are units first treated after it (inf: never treated).
    """

    cohort: float
    period: int
    base: int
    horizon: float

    @property
    def is_reference(self) -> bool:
        """The base period itself, whose effect is zero by construction."""
        return self.period == self.base


def cohorts_of(design: Design, cohort: Floats) -> Floats:
    """Cohorts with an untreated period to start from, sorted."""
    found = np.unique(cohort[np.isfinite(cohort)])
    first = design.period_numbers[0] + design.anticipation
    kept: Floats = found[(found > first) & (found <= design.period_numbers[-1])]
    return kept


def cells_of(design: Design, cohort: Floats, *, control_group: str, base_period: str) -> Iterator[list[Cell]]:
    """Yield the cells of each cohort, both in the order of time."""
    numbers, lead = design.period_numbers, design.anticipation
    universal, never = base_period == "universal", control_group == "never_treated"
    for g in cohorts_of(design, cohort):
        last_clean = int(np.flatnonzero(numbers + lead < g)[-1])
        cells = []
        for t in range(0 if universal else 1, design.n_periods):
            base = last_clean if universal or numbers[t] + lead >= g else t - 1
            horizon = np.inf if never else max(numbers[t], numbers[base]) + lead
            cells.append(Cell(float(g), t, base, float(horizon)))
        yield cells


def controls_of(cohort: Floats, cell: Cell) -> NDArray[np.bool_]:
    """Units that serve as controls of a cell, shape (n_units,)."""
    later: NDArray[np.bool_] = (cohort > cell.horizon) & (cohort != cell.cohort)
    return np.isinf(cohort) if np.isinf(cell.horizon) else later


def control_key(cohorts: Floats, cell: Cell) -> float:
    """Cells with the same key have the same controls."""
    return np.inf if np.isinf(cell.horizon) else float(np.searchsorted(cohorts, cell.horizon, side="right"))


def cohorts_required(design: Design, what: str) -> Floats:
    """Return the first treated periods, shape (n_units,).

    Raises
    ------
    DesignError
        If the treatment is not absorbing.
    """
    if design.cohort is None:
        raise DesignError("not-absorbing", what=what)
    return design.cohort


def treated_too_early(design: StudyDesign, cohort: Floats) -> tuple[NDArray[np.bool_], tuple[Note, ...]]:
    """Tell which units have no untreated period (less anticipation), with a note that names them."""
    early = cohort <= design.period_numbers[0] + design.anticipation
    names = tuple(str(design.units[i]) for i in np.flatnonzero(early))
    return early, (Note("no_untreated_period", {"units": len(names), "names": names}),) if names else ()


def with_untreated_comparison(design: StudyDesign, what: str) -> tuple[StudyDesign, tuple[Note, ...]]:
    """Leave out units treated from the first period on; where all are treated, end before the last start.

    Until then the cohort that starts last is the comparison.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, or no cohort with an untreated period is left.
    """
    early, notes = treated_too_early(design, cohorts_required(design, what))
    if early.any():
        design = design.take(np.flatnonzero(~early))
    start = cohorts_required(design, what) - design.anticipation
    last = start.max(initial=-np.inf)
    if last <= design.period_numbers[-1]:
        numbers: dict[str, Number] = {
            "cohort": str(design.period_of(float(last) + design.anticipation)),
            "units": int((start == last).sum()),
            "periods": int((design.period_numbers >= last).sum()),
        }
        notes += (Note("last_cohort_compares", numbers),) if len(start) else ()
        design = design.before(float(last))
    if not design.n_periods or not (start <= design.period_numbers[-1]).any():
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    return design, notes
