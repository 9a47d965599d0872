"""From group-time effects to the effects that answer a question."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Design, Note, StudyDesign
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Step, Term, combine
from evaluation.estimate.refit import weighed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def aggregate(
    estimate: Estimate,
    *,
    by: str = "simple",
    overall: bool = False,
    min_event_time: float = -np.inf,
    max_event_time: float = np.inf,
    balance_at: float | None = None,
    shares: str = "estimated",
) -> Estimate:
    """Average group-time effects, with the influence of the estimated cohort shares.

    A cohort weighs with its share of the (weighted) units. ``simple`` averages all effects after treatment;
    ``event_time`` averages cohorts at each distance from treatment; ``cohort`` averages the periods after
    treatment of each cohort; ``period`` averages the treated cohorts of each period.

    Parameters
    ----------
    estimate : Estimate
        Terms with cohort, period and event_time, as `att_gt` gives them.
    by : {"simple", "event_time", "cohort", "period"}
    overall : bool
        One number from the rows: the mean over event times >= 0, the share-weighted mean over cohorts, or the
        mean over periods.
    min_event_time, max_event_time : float
        Effects at other distances are left out.
    balance_at : float, optional
        For ``event_time``: use only cohorts that are observed at this distance, so that the same cohorts
        make up every row (rows before treatment are cut to the same span).
    shares : {"estimated", "fixed"}
        Whether the influence of the estimated shares is added, for a statement about the population that the
        units stand for, or the shares of these units are taken as they are.

    Returns
    -------
    Estimate
        With influence and a refit that repeats the aggregation; moments where the weights are fixed.

    Raises
    ------
    DesignError
        If `by` is unknown or no effect is left.

    References
    ----------
    Callaway and Sant'Anna (2021), section 3, doi:10.1016/j.jeconom.2020.12.001.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import StudyDesign, att_gt
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [0] * 3,
    ...                       "y": [1.0, 4.0, 6.0, 2.0, 3.0, 3.0]})
    >>> effects = att_gt(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g"))
    >>> aggregate(effects, by="event_time").value
    array([2., 4.])
    """
    require_option(DesignError, "aggregate", "by", by, ROWS)
    require_option(DesignError, "aggregate", "shares", shares, ("estimated", "fixed"))
    options = {"by": by, "overall": overall, "min_event_time": min_event_time,
               "max_event_time": max_event_time, "balance_at": balance_at, "shares": shares}  # fmt: skip
    counted = _counted(estimate, by, min_event_time, max_event_time, balance_at)
    layout = _layout(estimate, by, counted)
    known = layout.known(estimate)
    if not known.rows:
        raise DesignError("nothing-to-aggregate", by=by, terms=len(estimate.terms))
    terms = (Term("att"),) if overall and by != "simple" else known.rows
    step = Aggregation(options=options, layout=layout, of_terms=estimate.terms, terms=terms)
    result = _weigh(estimate, known, estimated=shares == "estimated", step=step)
    if terms is not known.rows:
        result = _overall(estimate, result, known, estimated=shares == "estimated", step=step)
    return dataclasses.replace(result, notes=result.notes + _left_out(estimate))


def _event_time(estimate: Estimate) -> Floats:
    if any(term.event_time is None or term.cohort is None for term in estimate.terms):
        raise DesignError("not-group-time", estimator=estimate.estimator)
    return np.array([term.event_time for term in estimate.terms], dtype=np.float64)


def _counted(
    estimate: Estimate, by: str, low: float, high: float, balance_at: float | None
) -> NDArray[np.bool_]:
    """Tell which terms make up the rows, known or not, shape (k,)."""
    at = _event_time(estimate)
    counted: NDArray[np.bool_] = (at >= low) & (at <= high)
    if by != "event_time":
        counted &= at >= 0
    elif balance_at is not None:
        counted &= _balanced(estimate, balance_at)
    return counted


def _balanced(estimate: Estimate, balance_at: float) -> NDArray[np.bool_]:
    """Cohorts seen at `balance_at` or later, at distances that all of them share."""
    at = _event_time(estimate)
    cohort = np.array([str(term.cohort) for term in estimate.terms])
    last = {g: at[cohort == g].max() for g in np.unique(cohort)}
    seen = np.array([last[g] >= balance_at for g in cohort])
    span = estimate.design.period_numbers[-1] - estimate.design.period_numbers[0] + 1
    kept: NDArray[np.bool_] = seen & (at <= balance_at) & (at >= balance_at - span + 1)
    return kept


def _left_out(estimate: Estimate) -> tuple[Note, ...]:
    lost = int(np.isnan(estimate.value).sum())
    return (Note("cells_left_out", {"cells": lost, "of": len(estimate.terms)}),) if lost else ()


ROWS: dict[str, Callable[[Term], Term]] = {
    "simple": lambda term: Term(term.name),
    "event_time": lambda term: Term(term.name, event_time=term.event_time),
    "cohort": lambda term: Term(term.name, cohort=term.cohort),
    "period": lambda term: Term(term.name, period=term.period),
}


@dataclass(frozen=True, eq=False, repr=False)
class _Layout:
    """Which terms make up which row.

    Attributes
    ----------
    by : str
    rows : tuple of Term, length r
        In the order of their keys.
    member : ndarray of 0/1, shape (k, r)
    starts : ndarray, shape (c,)
        First treated periods of the cohorts of the terms.
    cohort : ndarray of int, shape (k,)
        Which of them each term has.
    """

    by: str
    rows: tuple[Term, ...]
    member: Floats
    starts: Floats
    cohort: Integers

    @property
    def cohort_of_row(self) -> Integers:
        """The cohort of each row, where a row is one cohort, shape (r,)."""
        return np.asarray(self.cohort[self.member.argmax(axis=0)])

    def sizes(self, values: Floats, share: Floats) -> Floats:
        """Size of each term, (..., k): its cohort's share, or 1 where a row is one cohort; 0 if not known."""
        size = np.ones(self.cohort.shape) if self.by == "cohort" else share[..., self.cohort]
        return np.where(np.isfinite(values), size, 0.0)

    def known(self, estimate: Estimate) -> _Layout:
        """Keep the rows that have a known term."""
        some = np.isfinite(estimate.value) @ self.member > 0
        rows = tuple(row for row, found in zip(self.rows, some, strict=True) if found)
        return dataclasses.replace(self, rows=rows, member=self.member[:, some])

    def row_sizes(self, total: Floats, share: Floats) -> Floats:
        """Size of each row in one number over all, (..., r): of one whose terms have no size it is 0."""
        size = np.array([1.0 * (row.event_time is None or row.event_time >= 0) for row in self.rows])
        if self.by == "cohort":
            size = share[..., self.cohort_of_row]
        return np.where(total > 0, size, 0.0)


@dataclass(frozen=True, eq=False, repr=False)
class Aggregation:
    """The step that repeats an aggregation, on a refit or under many assignments at once."""

    options: Mapping[str, Any]
    layout: _Layout
    of_terms: tuple[Term, ...]
    terms: tuple[Term, ...]

    def __call__(self, estimate: Estimate) -> Estimate:
        """Aggregate another estimate with the same options."""
        return aggregate(estimate, **self.options)

    def of(self, values: Floats, design: StudyDesign, sources: Integers) -> Floats:
        """Aggregate under assignments, each with its own shares of the cohorts: (B, k) -> (B, r)."""
        layout = self.layout
        share = _assigned_weights(design, layout.starts, sources)
        size = layout.sizes(values, share)
        total = size @ layout.member
        rows = _ratio((size * np.where(size > 0, values, 0.0)) @ layout.member, total)
        if not self.options["overall"] or layout.by == "simple":
            return rows[:, [layout.rows.index(term) for term in self.terms]]
        size = layout.row_sizes(total, share)
        return _ratio((size * np.where(size > 0, rows, 0.0)).sum(axis=1), size.sum(axis=1))[:, None]


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def _layout(estimate: Estimate, by: str, counted: NDArray[np.bool_]) -> _Layout:
    order = {label: i for i, label in enumerate(estimate.design.periods)}

    def key(term: Term) -> Any:
        return (term.event_time or 0.0, order.get(term.period, -1), order.get(term.cohort, -1))

    row_of = [ROWS[by](term) for term in estimate.terms]
    rows = sorted({row_of[i] for i in np.flatnonzero(counted)}, key=key)
    position = {row: r for r, row in enumerate(rows)}
    member = np.zeros((len(row_of), len(rows)))
    for i in np.flatnonzero(counted):
        member[i, position[row_of[i]]] = 1.0
    labels = list(dict.fromkeys(term.cohort for term in estimate.terms))
    design = estimate.design
    assert design.cohort is not None
    number = {design.period_of(g): g for g in np.unique(design.cohort[np.isfinite(design.cohort)])}
    return _Layout(
        by=by,
        rows=tuple(rows),
        member=member,
        starts=np.array([number[label] for label in labels]),
        cohort=np.array([labels.index(term.cohort) for term in estimate.terms]),
    )


def _cohort_weights(design: Design, starts: Floats) -> Floats:
    """Weight of each unit in each cohort, 0 in the cohorts of others: (n_units, c)."""
    assert design.cohort is not None
    return np.asarray(design.unit_weights[:, None] * (design.cohort[:, None] == starts))


def _assigned_weights(design: StudyDesign, starts: Floats, sources: Integers) -> Floats:
    """Weight of each cohort under assignments, (B, c)."""
    assert design.cohort is not None
    group = np.argmax(design.cohort[:, None] == starts, axis=1)
    group[~np.isin(design.cohort, starts)] = -1
    assigned = group[sources]
    return np.stack([(assigned == g) @ design.unit_weights for g in range(len(starts))], axis=1)


def _weigh(estimate: Estimate, known: _Layout, *, estimated: bool, step: Step) -> Estimate:
    """Average the terms of each row: by cohort share, or equally where a row is one cohort."""
    unit = _cohort_weights(estimate.design, known.starts)
    share = unit.mean(axis=0)
    sized = known.member.T * known.sizes(estimate.value, share)
    total = sized.sum(axis=1, keepdims=True)
    extra = None
    if estimated and known.by != "cohort" and estimate.influence is not None:
        gaps = estimate.value - weighed(estimate.value, sized / total)[:, None]
        slopes = np.where(sized > 0, gaps, 0.0) / total
        by_cohort = slopes @ (known.cohort[:, None] == np.arange(len(share)))
        extra = (unit - share) @ by_cohort.T
    return combine(estimate, sized / total, known.rows, weight_influence=extra, step=step)


def _overall(estimate: Estimate, rows: Estimate, known: _Layout, *, estimated: bool, step: Step) -> Estimate:
    """Form one number from the rows."""
    unit = _cohort_weights(estimate.design, known.starts)
    share = unit.mean(axis=0)
    size = known.row_sizes(np.ones(len(known.rows)), share)
    if not size.any():
        raise DesignError("nothing-to-aggregate", by=known.by, terms=len(rows.terms))
    weights, extra = size / size.sum(), None
    if known.by == "cohort" and estimated:
        slope = (rows.value - weights @ rows.value) / size.sum()
        extra = ((unit - share)[:, known.cohort_of_row] @ slope)[:, None]
    one = combine(rows, weights[None, :], (Term("att"),), weight_influence=extra, step=step)
    refit = estimate.refit and dataclasses.replace(estimate.refit, after=(*estimate.refit.after, step))
    return dataclasses.replace(one, refit=refit)
