"""Placebos: the same estimator where there was no treatment, in earlier periods and in other units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign, require_panel
from evaluation.errors import DesignError, EvaluationError
from evaluation.estimate import Estimate, Refit
from evaluation.estimate.check import CheckResult

Floats = NDArray[np.float64]

MIN_UNITS = 2


def placebo_in_time(estimate: Estimate) -> CheckResult:
    """Refit on the periods before any treatment, as though it had begun in each of them.

    All treatment (and anticipation) is cut off. What remains are periods without a programme; the treated
    units are given a false start in each of these periods but the first, and the same estimator with the same
    options is applied. Effects far from zero say that treated units were on another path already.

    Parameters
    ----------
    estimate : Estimate
        One term, with a refit, on a design with cohorts.

    Returns
    -------
    CheckResult
        Informational. Table: start (label), periods (treated placebo periods), estimate, std_error
        (from influence values summed by cluster; NaN without them). Numbers: estimate, largest, placebos,
        estimand.

    Raises
    ------
    DesignError
        If fewer than two periods lie before the first treatment, or there are several terms.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=20, n_treated=5, n_periods=8, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> placebo_in_time(ev.twfe(design)).table.columns.tolist()
    ['start', 'periods', 'estimate', 'std_error']
    """
    refit, cohort, design = _needs(estimate, "placebo_in_time")
    first = float(cohort[np.isfinite(cohort)].min()) - design.anticipation
    clean = design.before(first)
    if clean.n_periods <= 1:
        raise DesignError("no-placebo-period", periods=clean.n_periods)
    rows = []
    for at in range(1, clean.n_periods):
        false_start = np.where(np.isfinite(cohort), clean.period_numbers[at] + design.anticipation, np.inf)
        value, error = _value_and_error(refit, clean.with_cohort(false_start))
        rows.append((str(clean.periods[at]), clean.n_periods - at, value, error))
    table = pd.DataFrame(rows, columns=["start", "periods", "estimate", "std_error"])
    numbers: dict[str, float | str] = {
        "estimate": float(estimate.value[0]),
        "largest": _largest(table),
        "placebos": int(table["estimate"].notna().sum()),
        "estimand": estimate.estimand,
    }
    return CheckResult("placebo_in_time", None, table, numbers, _unidentified(table))


def placebo_in_space(estimate: Estimate) -> CheckResult:
    """Refit with each admissible comparison unit in the place of the treated ones, which are left out.

    A comparison unit gets the first start among the treated units. The share of placebo effects that are at
    least as large as the estimate, counting the estimate itself, is the p-value of a single treated unit
    (Abadie, Diamond and Hainmueller 2010, doi:10.1198/jasa.2009.ap08746).

    Parameters
    ----------
    estimate : Estimate
        One term, with a refit, on a design with cohorts.

    Returns
    -------
    CheckResult
        Informational. Table: unit, estimate. Numbers: estimate, at_least_as_large (counting the estimate
        itself), of, p_value, treated, estimand.

    Raises
    ------
    DesignError
        If fewer than two admissible comparison units exist, or there are several terms.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=9, n_treated=1, n_periods=6, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> placebo_in_space(ev.twfe(design)).numbers["of"]
    9
    """
    refit, cohort, design = _needs(estimate, "placebo_in_space")
    keep = np.flatnonzero(np.isinf(cohort))
    candidates = np.flatnonzero(design.assignment.admissible[keep])
    if len(candidates) < MIN_UNITS:
        raise DesignError("no-placebo-unit", units=len(candidates))
    others, start = design.take(keep), float(cohort[np.isfinite(cohort)].min())
    rows = []
    for unit in candidates:
        false = np.where(np.arange(len(keep)) == unit, start, np.inf)
        rows.append((str(others.units[unit]), _value_and_error(refit, others.with_cohort(false))[0]))
    table = pd.DataFrame(rows, columns=["unit", "estimate"])
    found = float(estimate.value[0])
    values = np.abs(table["estimate"].to_numpy(dtype=np.float64))
    tie = 1e-9 * max(abs(found), float(np.nanmax(values)))
    larger = 1 + int((np.nan_to_num(values, nan=np.inf) >= abs(found) - tie).sum())
    numbers: dict[str, float | str] = {
        "estimate": found,
        "at_least_as_large": larger,
        "of": len(table) + 1,
        "p_value": larger / (len(table) + 1),
        "treated": design.n_units - len(keep),
        "estimand": estimate.estimand,
    }
    return CheckResult("placebo_in_space", None, table, numbers, _unidentified(table))


def _needs(estimate: Estimate, what: str) -> tuple[Refit, Floats, StudyDesign]:
    if len(estimate.terms) != 1:
        raise DesignError("several-terms", what=what, terms=len(estimate.terms))
    design = require_panel(estimate.design, what)
    if estimate.refit is None or design.cohort is None:
        raise DesignError("not-absorbing", what=what)
    return estimate.refit, design.cohort, design


def _value_and_error(refit: Refit, design: StudyDesign) -> tuple[float, float]:
    """Return value and standard error, NaN where the placebo is not identified."""
    try:
        fitted = refit(design)
    except EvaluationError:
        return np.nan, np.nan
    if fitted.influence is None:
        return float(fitted.value[0]), np.nan
    psi = fitted.design.cluster.sums(fitted.influence) / fitted.design.n_units
    return float(fitted.value[0]), float(np.sqrt((psi**2).sum()))


def _largest(table: pd.DataFrame) -> float:
    values = table["estimate"].dropna()
    return float(values.iloc[values.abs().argmax()]) if len(values) else float("nan")


def _unidentified(table: pd.DataFrame) -> tuple[Note, ...]:
    lost = int(table["estimate"].isna().sum())
    return (Note("placebos_unidentified", {"placebos": lost, "of": len(table)}),) if lost else ()
