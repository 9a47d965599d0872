"""`indicator`: a pooled share, rate, ratio, count or sum at a cut-off."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.design.note import Number
from evaluation.errors import DataError, require_option
from evaluation.estimate import CheckResult, Estimate, Result, Term
from evaluation.process.counts import Counts
from evaluation.process.intervals import default_interval
from evaluation.process.pooled import RATIOS, Measure, Pooled, cut_off, pool, refuse_too_large

Floats = NDArray[np.float64]
Estimand = Literal["proportion", "rate", "ratio", "count", "sum"]


def indicator(
    design: Counts,
    *,
    estimand: Estimand = "proportion",
    measure: Measure = "cumulative",
    at: Any = None,
    by: str | None = None,
    factor: float = 1.0,
) -> Estimate:
    r"""Measure an indicator, numerators and denominators pooled before they are divided.

    .. math:: \hat R = f \, \sum_i a_i / \sum_i b_i

    over units i; never the mean of the units' own rates, in which a district of 300 would count as much as
    one of 130,000. A ratio carries the influence :math:`n f (a_i - b_i \sum a / \sum b) / \sum b` of each
    unit (Cochran 1977, Sampling Techniques, 3rd ed., ch. 6, ISBN 978-0-471-16240-7), so that `clustered`
    standard errors can be asked of it; the intervals of this package take it as a count.

    Parameters
    ----------
    design : Counts
    estimand : {"proportion", "rate", "ratio", "count", "sum"}
        A proportion counts some of those in the denominator; a rate counts events per denominator; a ratio
        divides two sums (days per case). Counts and sums have no denominator.
    measure : {"cumulative", "latest", "period"}
        Everything up to the cut-off, the last known value of each unit, or the period of the cut-off only.
        With the last two the numerator and denominator of a proportion are of one period; the denominator of
        a rate or ratio is the last known one, and a note says where it is older.
    at : period label, optional
        Cut-off, e.g. ``"2024Q4"``; by default the last period of the data.
    by : str, optional
        A grouping of the design: one term per group instead of the total.
    factor : float
        E.g. 1000 for a rate per 1,000.

    Returns
    -------
    Estimate
        Terms ``total`` or the groups, with the cut-off as period. NaN where there are no data yet or the
        denominator is zero, which notes tell apart: ``no_data_yet``, ``denominator_zero``; further
        ``denominator_old``, ``denominator_missing``, ``units_not_reporting``.

    Raises
    ------
    DataError
        If an option is unknown, there is no denominator, or a proportion would be above one.

    Examples
    --------
    >>> reports = pd.DataFrame({"district": ["A", "B"], "quarter": "2020Q1", "kept": [1, 90],
    ...                         "housed": [2, 100]})
    >>> kept = Counts.from_frame(reports, numerator="kept", denominator="housed", unit="district",
    ...                          time="quarter")
    >>> indicator(kept).value.round(4)  # 91 of 102, not the mean of 1/2 and 9/10
    array([0.8922])
    """
    require_option(DataError, "indicator", "estimand", estimand, (*RATIOS, "count", "sum"))
    require_option(DataError, "indicator", "measure", measure, ("cumulative", "latest", "period"))
    if estimand in RATIOS and not design.has_denominator:
        raise DataError("no-denominator", estimand=estimand)
    options = {"estimand": estimand, "measure": measure, "at": at, "by": by, "factor": float(factor)}
    pooled = pool(design, options)
    if estimand == "proportion":
        refuse_too_large(design, pooled.used)
    value = _values(pooled, estimand) * factor
    period = design.period_of(cut_off(design, at))
    return Estimate(
        estimator="indicator",
        estimand=estimand,
        terms=tuple(Term(label, period=period) for label in pooled.labels),
        value=value,
        design=design,
        options=options,
        influence=_influence(pooled, value, factor) if estimand in RATIOS else None,
        notes=_notes(design, pooled, estimand, cut_off(design, at)),
    )


def _values(pooled: Pooled, estimand: str) -> Floats:
    if estimand not in RATIOS:
        return pooled.numerator
    return pooled.numerator / np.where(pooled.denominator > 0, pooled.denominator, np.nan)


def _influence(pooled: Pooled, value: Floats, factor: float) -> Floats:
    top, bottom = (np.nan_to_num(part)[:, None] for part in (pooled.used.numerator, pooled.used.denominator))
    total = np.where(pooled.denominator > 0, pooled.denominator, np.nan)
    return np.asarray(len(top) * pooled.members * (factor * top - value * bottom) / total)


def states(pooled: Pooled, estimand: str) -> list[str]:
    """Return ``measured``, ``no_data`` or ``undefined`` (denominator zero) for each term."""
    zero = (pooled.denominator == 0) & (estimand in RATIOS)
    missing = np.isnan(pooled.numerator)
    return ["no_data" if m else "undefined" if z else "measured" for m, z in zip(missing, zero, strict=True)]


def _notes(design: Counts, pooled: Pooled, estimand: str, at: float) -> tuple[Note, ...]:
    found = states(pooled, estimand)
    notes = []
    for code, state in (("no_data_yet", "no_data"), ("denominator_zero", "undefined")):
        names = tuple(label for label, own in zip(pooled.labels, found, strict=True) if own == state)
        if names:
            notes.append(Note(code, {"terms": len(names), "of": len(found), "names": names}))
    return (*notes, *_unit_notes(design, pooled, estimand, at))


def _unit_notes(design: Counts, pooled: Pooled, estimand: str, at: float) -> list[Note]:
    used, notes = pooled.used, []
    old = np.isfinite(used.denominator) & (used.denominator_at < used.numerator_at)
    if estimand in RATIOS and old.any():
        oldest = str(design.period_of(float(used.denominator_at[old].min())))
        notes.append(Note("denominator_old", {"units": design.cluster.count(old), "oldest": oldest}))
    if estimand in RATIOS and used.unmatched:
        notes.append(Note("denominator_missing", {"cells": used.unmatched}))
    now = design.numerator[:, design.period_numbers == at]
    silent = np.bincount(design.cluster.codes, weights=np.isfinite(now).any(axis=1)) == 0
    names = tuple(str(label) for label, out in zip(design.cluster.labels, silent, strict=True) if out)
    if names and len(names) < design.cluster.n_groups:
        notes.append(Note("units_not_reporting", {"units": len(names), "names": names}))
    return notes


def indicator_table(result: Result) -> CheckResult:
    """Return an indicator with its numerators, denominators, states and who reported.

    Parameters
    ----------
    result : Result
        Of an `indicator`.

    Returns
    -------
    CheckResult
        ``indicator``, informational. Table: term, period, numerator, denominator, estimate, conf_low,
        conf_high, state (``measured``, ``no_data``, ``undefined``), n_reporting (units that enter), n_units,
        denominator_period (the oldest that enters). Numbers: outcome, estimand, measure, inference, factor,
        persons, conf_level.

    Examples
    --------
    >>> none = pd.DataFrame({"tool": ["a", "b"], "quarter": "2020Q1", "adopted": 0, "successful": 0})
    >>> share = Counts.from_frame(none, numerator="adopted", denominator="successful", unit="tool",
    ...                           time="quarter")
    >>> indicator_table(default_interval(indicator(share))).table.state.tolist()
    ['undefined']
    """
    estimate, inference = result.estimate, result.inference
    design, options = _counts(estimate), estimate.options
    pooled = pool(design, options)
    entered = [design.cluster.count(column) for column in pooled.reporting.T]
    every = [design.cluster.count(column) for column in pooled.members.T]
    table = pd.DataFrame(
        {
            "term": pooled.labels,
            "period": [str(term.period) for term in estimate.terms],
            "numerator": pooled.numerator,
            "denominator": pooled.denominator,
            "estimate": estimate.value,
            "conf_low": inference.conf_low,
            "conf_high": inference.conf_high,
            "state": states(pooled, estimate.estimand),
            "n_reporting": entered,
            "n_units": every,
            "denominator_period": _oldest(design, pooled),
        }
    )
    numbers: dict[str, Number] = {
        "outcome": design.names.outcome,
        "estimand": estimate.estimand,
        "measure": str(options["measure"]),
        "inference": inference.method,
        "factor": float(options["factor"]),
        "persons": design.persons,
        "conf_level": inference.conf_level,
    }
    return CheckResult("indicator", None, table, numbers, result.notes)


def _counts(estimate: Estimate) -> Counts:
    assert isinstance(estimate.design, Counts)
    return estimate.design


def _oldest(design: Counts, pooled: Pooled) -> list[str]:
    entering = pooled.reporting & np.isfinite(pooled.used.denominator)[:, None]
    when = np.where(entering, pooled.used.denominator_at[:, None], np.inf).min(axis=0)
    return [str(design.period_of(float(number))) if np.isfinite(number) else "" for number in when]


def indicator_path(design: Counts, *, conf_level: float = 0.95, **options: Any) -> CheckResult:
    """Measure an indicator at every period of the data.

    Parameters
    ----------
    design : Counts
    conf_level : float
    **options
        Of `indicator`, without `at`.

    Returns
    -------
    CheckResult
        ``indicator_path``: the rows of `indicator_table`, period by period.

    Examples
    --------
    >>> people = pd.DataFrame({"region": "all", "quarter": ["2020Q1", "2020Q3"], "trained": [40, 35]})
    >>> counts = Counts.from_frame(people, numerator="trained", unit="region", time="quarter")
    >>> indicator_path(counts, estimand="count").table[["period", "estimate"]].to_numpy().tolist()
    [['2020Q1', 40.0], ['2020Q3', 75.0]]
    """
    every = [
        indicator_table(default_interval(indicator(design, at=period, **options), conf_level=conf_level))
        for period in design.periods
    ]
    table = pd.concat([one.table for one in every], ignore_index=True)
    return CheckResult("indicator_path", None, table, every[-1].numbers, every[-1].notes)
