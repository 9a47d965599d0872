"""From group-time effects to the effects that answer a question."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term, combine

Floats = NDArray[np.float64]


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
    step = partial(
        aggregate,
        by=by,
        overall=overall,
        min_event_time=min_event_time,
        max_event_time=max_event_time,
        balance_at=balance_at,
        shares=shares,
    )
    usable = _usable(estimate, min_event_time, max_event_time)
    if by == "event_time" and balance_at is not None:
        usable &= _balanced(estimate, balance_at)
    if by != "event_time":
        usable &= _event_time(estimate) >= 0
    if not usable.any():
        raise DesignError("nothing-to-aggregate", by=by, terms=len(estimate.terms))
    rows = _rows(estimate, by, usable)
    estimated = shares == "estimated"
    result = _weigh(estimate, rows, shared=by != "cohort", estimated=estimated, step=step)
    if overall and by != "simple":
        result = _overall(estimate, result, by, estimated=estimated, step=step)
    return dataclasses.replace(result, notes=result.notes + _left_out(estimate))


def _event_time(estimate: Estimate) -> Floats:
    if any(term.event_time is None or term.cohort is None for term in estimate.terms):
        raise DesignError("not-group-time", estimator=estimate.estimator)
    return np.array([term.event_time for term in estimate.terms], dtype=np.float64)


def _usable(estimate: Estimate, low: float, high: float) -> NDArray[np.bool_]:
    at = _event_time(estimate)
    known: NDArray[np.bool_] = np.isfinite(estimate.value) & (at >= low) & (at <= high)
    return known


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


def _rows(estimate: Estimate, by: str, usable: NDArray[np.bool_]) -> dict[Term, list[int]]:
    """Positions of the terms that make up each row, rows in the order of their key."""
    order = {label: i for i, label in enumerate(estimate.design.periods)}

    def key(term: Term) -> Any:
        return (term.event_time or 0.0, order.get(term.period, -1), order.get(term.cohort, -1))

    rows: dict[Term, list[int]] = {}
    for i in np.flatnonzero(usable):
        rows.setdefault(ROWS[by](estimate.terms[i]), []).append(int(i))
    return {term: rows[term] for term in sorted(rows, key=key)}


def _shares(estimate: Estimate) -> tuple[dict[Any, int], Floats, Floats]:
    """Return cohort positions, their shares, and the deviations of every unit: (n_units, n_cohorts)."""
    design = estimate.design
    labels = list(dict.fromkeys(term.cohort for term in estimate.terms))
    assert design.cohort is not None
    number = {design.period_of(g): g for g in np.unique(design.cohort[np.isfinite(design.cohort)])}
    member = np.stack([design.unit_weights * (design.cohort == number[label]) for label in labels], axis=1)
    share = member.mean(axis=0)
    return {label: j for j, label in enumerate(labels)}, share, member - share


def _weigh(
    estimate: Estimate,
    rows: dict[Term, list[int]],
    *,
    shared: bool,
    estimated: bool,
    step: Callable[[Estimate], Estimate],
) -> Estimate:
    """Average the terms of each row: by cohort share, or equally where a row is one cohort."""
    position, share, deviation = _shares(estimate)
    weights = np.zeros((len(rows), len(estimate.terms)))
    slopes = np.zeros((len(rows), len(share)))
    for r, members in enumerate(rows.values()):
        of = np.array([position[estimate.terms[i].cohort] for i in members])
        size = share[of] if shared else np.ones(len(of))
        weights[r, members] = size / size.sum()
        if shared:
            gaps = estimate.value[members] - weights[r, members] @ estimate.value[members]
            np.add.at(slopes[r], of, gaps / size.sum())
    added = estimated and shared and estimate.influence is not None
    return combine(
        estimate,
        weights,
        tuple(rows),
        weight_influence=deviation @ slopes.T if added else None,
        step=step,
    )


def _overall(
    estimate: Estimate, rows: Estimate, by: str, *, estimated: bool, step: Callable[[Estimate], Estimate]
) -> Estimate:
    """One number from the rows."""
    chosen = np.array([term.event_time is None or term.event_time >= 0 for term in rows.terms])
    if not chosen.any():
        raise DesignError("nothing-to-aggregate", by=by, terms=len(rows.terms))
    position, share, deviation = _shares(estimate)
    weights, extra = chosen / chosen.sum(), None
    if by == "cohort":
        of = np.array([position[term.cohort] for term in rows.terms])
        weights = share[of] / share[of].sum()
        slope = (rows.value - weights @ rows.value) / share[of].sum()
        extra = (deviation[:, of] @ slope)[:, None] if estimated else None
    one = combine(
        rows, weights[None, :].astype(np.float64), (Term("att"),), weight_influence=extra, step=step
    )
    refit = estimate.refit and dataclasses.replace(estimate.refit, after=(*estimate.refit.after, step))
    return dataclasses.replace(one, refit=refit)
