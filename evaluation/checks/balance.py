"""`balance`: how treated and comparison units differed before the first treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.design.note import Number
from evaluation.errors import DesignError
from evaluation.estimate.check import CheckResult

Floats = NDArray[np.float64]


def balance(design: StudyDesign) -> CheckResult:
    r"""Compare the groups over the periods before anyone is treated (anticipation taken off).

    One value per unit: the weighted mean and least-squares slope per period of its outcome (a rate where the
    design has an exposure), and the weighted mean of each covariate. Groups are then compared with every
    unit counting once: the standardised difference is

    .. math:: (\bar x_1 - \bar x_0) \,/\, \sqrt{(s_1^2 + s_0^2) / 2}

    (Imbens and Rubin 2015, doi:10.1017/CBO9781139025751, ch. 14); unlike a test it does not shrink or grow
    with the number of units.

    Parameters
    ----------
    design : StudyDesign

    Returns
    -------
    CheckResult
        Informational. Table: variable ("outcome_mean", "outcome_trend", then covariates), treated,
        comparison, difference, standardised_difference (NaN where a group has fewer than two units),
        n_treated, n_comparison (units with a value). Numbers: first_period, last_period, periods.

    Raises
    ------
    DesignError
        If no period lies before the first treatment.

    Examples
    --------
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [3] * 3 + [0] * 3,
    ...                       "y": [1.0, 2.0, 9.0, 4.0, 4.0, 4.0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> balance(design).table.set_index("variable").difference.to_dict()
    {'outcome_mean': -2.5, 'outcome_trend': 1.0}
    """
    before = _before(design)
    weights = design.weights[:, before]
    outcome = np.nan_to_num(design.outcome[:, before])
    if design.exposure is not None:
        outcome = outcome / design.exposure[:, before]
    values = {
        "outcome_mean": _means(outcome, weights),
        "outcome_trend": _slopes(outcome, weights, design.period_numbers[before]),
    }
    for j, name in enumerate(design.names.covariates):
        values[name] = _means(design.covariates[:, before, j], weights)
    table = pd.DataFrame([_compare(name, x, design.treated_units) for name, x in values.items()])
    periods = [design.periods[t] for t in np.flatnonzero(before)]
    numbers: dict[str, Number] = {
        "first_period": str(periods[0]),
        "last_period": str(periods[-1]),
        "periods": len(periods),
    }
    return CheckResult("balance", None, table, numbers, design.notes)


def _before(design: StudyDesign) -> NDArray[np.bool_]:
    """Periods before the first treatment, less those in which an effect is allowed for already."""
    treated_at = (design.treatment != 0).any(axis=(0, 2))
    first = design.period_numbers[treated_at].min()
    before: NDArray[np.bool_] = design.period_numbers < first - design.anticipation
    if not before.any():
        raise DesignError("no-period-before", first=design.period_of(first), anticipation=design.anticipation)
    return before


def _means(values: Floats, weights: Floats) -> Floats:
    total = weights.sum(axis=1)
    means: Floats = (weights * values).sum(axis=1) / np.where(total > 0, total, np.nan)
    return means


def _slopes(values: Floats, weights: Floats, periods: Floats) -> Floats:
    """Weighted least-squares slope of each unit; NaN where fewer than two periods are observed."""
    centred = periods - _means(np.broadcast_to(periods, weights.shape), weights)[:, None]
    spread = (weights * centred**2).sum(axis=1)
    slopes: Floats = (weights * centred * values).sum(axis=1) / np.where(spread > 0, spread, np.nan)
    return slopes


def _compare(name: str, values: Floats, treated: NDArray[np.bool_]) -> dict[str, object]:
    known = np.isfinite(values)
    one, zero = values[known & treated], values[known & ~treated]
    mean_one, mean_zero = (x.mean() if len(x) else np.nan for x in (one, zero))
    enough = min(len(one), len(zero)) > 1
    pooled = np.sqrt((one.var(ddof=1) + zero.var(ddof=1)) / 2) if enough else np.nan
    return {
        "variable": name,
        "treated": mean_one,
        "comparison": mean_zero,
        "difference": mean_one - mean_zero,
        "standardised_difference": (mean_one - mean_zero) / pooled if pooled > 0 else np.nan,
        "n_treated": len(one),
        "n_comparison": len(zero),
    }
