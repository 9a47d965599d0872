"""Sums over the units of each cohort, and the averages of cells of cohort and period that make up a term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, StudyDesign
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Term

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BY = ("simple", "event_time", "cohort", "period", "cohort_period")


@dataclass(frozen=True, eq=False, repr=False)
class Cohorts:
    """The treated units by their first treated period.

    Attributes
    ----------
    starts : ndarray, shape (n_cohorts,)
        First treated periods on the scale of `StudyDesign.period_numbers`, sorted.
    units : tuple of ndarray, length n_cohorts
        Positions of their units.
    event_time : ndarray, shape (n_cohorts, n_periods)
    """

    starts: Floats
    units: tuple[NDArray[np.int64], ...]
    event_time: Floats

    def sums(self, values: Floats) -> Floats:
        """Add up units: (n_units, n_periods) -> (n_cohorts, n_periods)."""
        return np.stack([values[units].sum(axis=0) for units in self.units])

    def spread(self, values: Floats, table: Floats) -> Floats:
        """Sum_t values_it table_g(i),t,k of each unit: (n_units, T), (n_cohorts, T, k) -> (n_units, k)."""
        found = np.zeros((len(values), table.shape[2]))
        for units, own in zip(self.units, table, strict=True):
            used = own.any(axis=1)
            found[units] = values[np.ix_(units, used)] @ own[used]
        return found

    def sums_of_others(self, values: Floats, cluster: Grouping) -> Floats:
        """Add up the units of the same cohort in other clusters, for each unit: same shape as `values`.

        Zero exactly where there is no other cluster.
        """
        found = np.zeros_like(values)
        for units in self.units:
            own = cluster.take(units)
            sums = own.sums(values[units])
            others = sums.sum(axis=0) - sums
            others[sums == sums.sum(axis=0)] = 0.0
            found[units] = others[own.codes]
        return found

    def expand(self, table: NDArray[Any], fill: Any, n_units: int) -> NDArray[Any]:
        """Give each unit the row of its cohort: (n_cohorts, T) -> (n_units, T)."""
        found = np.full((n_units, table.shape[1]), fill)
        for units, own in zip(self.units, table, strict=True):
            found[units] = own
        return found


def cohorts_of(design: StudyDesign) -> Cohorts:
    """Sort the units of a design with cohorts."""
    assert design.cohort is not None
    starts, codes = np.unique(design.cohort, return_inverse=True)
    starts = starts[np.isfinite(starts)]
    units = tuple(np.flatnonzero(codes == c) for c in range(len(starts)))
    return Cohorts(starts, units, design.period_numbers - starts[:, None])


def averages(
    design: StudyDesign, cohorts: Cohorts, size: Floats, *, by: str, what: str
) -> tuple[tuple[Term, ...], Floats]:
    """Name the averages of cells that were asked for, and say what a unit of weight adds to each.

    Parameters
    ----------
    size : ndarray, shape (n_cohorts, n_periods)
        Summed weights of the cells that may enter, zero for the others.
    by : {"simple", "event_time", "cohort", "period", "cohort_period"}
        All but the event times average the cells since the start of treatment only.
    what : str
        The estimator, named in errors.

    Returns
    -------
    terms : tuple of Term, length k
    table : ndarray, shape (n_cohorts, n_periods, k)

    Raises
    ------
    DesignError
        If `by` is unknown, or no cell is left.
    """
    require_option(DesignError, what, "by", by, BY)
    inside = size > 0
    if by in ("simple", "cohort", "period"):
        inside &= cohorts.event_time >= 0
    if not inside.any():
        raise DesignError("nothing-to-aggregate", by=by, terms=int((size > 0).sum()))
    members: dict[Any, tuple[Term, list[tuple[int, int]]]] = {}
    for c, t in np.argwhere(inside).tolist():
        key, term = _term(design, cohorts, c, t, by)
        members.setdefault(key, (term, []))[1].append((c, t))
    table = np.zeros((*size.shape, len(members)))
    for k, key in enumerate(sorted(members)):
        where = tuple(np.array(members[key][1]).T)
        table[(*where, k)] = 1.0 / size[where].sum()
    return tuple(members[key][0] for key in sorted(members)), table


def _term(design: StudyDesign, cohorts: Cohorts, c: int, t: int, by: str) -> tuple[Any, Term]:
    """Where a cell belongs: a key to sort by, and its term."""
    start, at = float(cohorts.starts[c]), float(cohorts.event_time[c, t])
    if by == "event_time":
        return at, Term("att", event_time=at)
    if by == "cohort":
        return start, Term("att", cohort=design.period_of(start))
    if by == "period":
        return t, Term("att", period=design.periods[t])
    if by == "cohort_period":
        return (start, t), Term("att", design.period_of(start), design.periods[t], at)
    return 0, Term("att")
