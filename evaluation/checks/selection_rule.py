"""A rule that treats the units with the highest values, repeated where there was no programme."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimate.check import CheckResult
from evaluation.estimators import twfe
from evaluation.inference import clustered

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_CHOICES = 5000


def selection_rule(
    design: StudyDesign, *, treated: int, comparison: int, family: str = "poisson", conf_level: float = 0.95
) -> CheckResult:
    """Apply a rule of selection in every period and estimate the change to the next one.

    Where the units with the highest outcome are chosen, it tends to fall afterwards without any programme:
    what is unusually high is partly chance (regression to the mean). In each period the `treated` highest
    units are compared with the `comparison` next ones, before and after. The row whose second period is the
    start of the programme is the estimate itself; those before it show what the rule alone does. Where units
    tie at either end of the lists, the estimate is repeated for every way to break the ties.

    Parameters
    ----------
    design : StudyDesign
        All units, with a cohort; the first start is that of the programme.
    treated, comparison : int
        Lengths of the two lists.
    family : {"gaussian", "poisson"}
    conf_level : float

    Returns
    -------
    CheckResult
        Informational. Table: period, programme (whether it started then), estimate, conf_low, conf_high (by
        clustered standard errors; log ratios with Poisson). Numbers: estimate, lowest, highest (of the rows
        before the start), others, choices, ties_low, ties_high (of the estimate over all ways to break ties).

    Raises
    ------
    DesignError
        If the lists are longer than the units, or the panel ends before the start.

    References
    ----------
    Galton (1886), doi:10.2307/2841583, on regression towards the mean.

    Examples
    --------
    >>> panel = pd.DataFrame({"area": [1, 1, 2, 2, 3, 3, 4, 4], "year": [1, 2] * 4,
    ...                       "people": [8, 4, 6, 6, 3, 3, 3, 6], "start": [2] * 4 + [0] * 4})
    >>> columns = {"outcome": "people", "unit": "area", "time": "year", "cohort": "start"}
    >>> check = selection_rule(StudyDesign.from_frame(panel, **columns), treated=2, comparison=2)
    >>> float(np.exp(check.numbers["estimate"]).round(4))  # (10 / 14) / (9 / 6)
    0.4762
    """
    at = _start(design)
    if treated + comparison > design.n_units:
        raise DesignError("rule-too-long", treated=treated, comparison=comparison, units=design.n_units)
    rows = [_row(design, t, treated, comparison, family, conf_level) for t in range(design.n_periods - 1)]
    table = pd.DataFrame(rows, columns=["period", "estimate", "conf_low", "conf_high"])
    table.insert(1, "programme", [t + 1 == at for t in range(design.n_periods - 1)])
    others = table["estimate"].iloc[: at - 1].dropna()
    numbers = {
        "treated": treated,
        "comparison": comparison,
        "estimate": float(table.loc[table["programme"], "estimate"].iloc[0]),
        "others": len(others),
    }
    if len(others):
        numbers |= {"lowest": float(others.min()), "highest": float(others.max())}
    ties, notes = _ties(design, at - 1, treated, comparison, family)
    return CheckResult("selection_rule", None, table, numbers | ties, notes)


def _start(design: StudyDesign) -> int:
    """Position of the period in which the programme starts."""
    cohort = design.cohort
    if cohort is None:
        raise DesignError("not-absorbing", what="selection_rule")
    found = np.flatnonzero(design.period_numbers == cohort[np.isfinite(cohort)].min())
    if not len(found) or found[0] == 0:
        raise DesignError("rule-outside-panel", first=design.periods[0], last=design.periods[-1])
    return int(found[0])


def _ranked(design: StudyDesign, t: int) -> Integers:
    """Units observed in t and t + 1, the highest outcome in t first, ties in the order of units."""
    seen = np.flatnonzero(design.observed[:, t] & design.observed[:, t + 1])
    return seen[np.argsort(-design.outcome[seen, t], kind="stable")]


def _fit(design: StudyDesign, t: int, first: Integers, second: Integers, family: str) -> Estimate:
    """Compare two lists of units between t and t + 1."""
    units = np.sort(np.concatenate([first, second]))
    start = np.where(np.isin(units, first), design.period_numbers[t + 1], np.inf)
    pair = design.take(units).take_periods(np.array([t, t + 1])).with_cohort(start)
    return twfe(pair, family=family)  # type: ignore[arg-type]


def _row(
    design: StudyDesign, t: int, treated: int, comparison: int, family: str, conf_level: float
) -> tuple[Any, ...]:
    ranked = _ranked(design, t)[: treated + comparison]
    fitted = _fit(design, t, ranked[:treated], ranked[treated:], family)
    found = clustered(fitted, conf_level=conf_level)
    return (
        str(design.periods[t + 1]),
        float(fitted.value[0]),
        float(found.conf_low[0]),
        float(found.conf_high[0]),
    )


def _ties(
    design: StudyDesign, t: int, treated: int, comparison: int, family: str
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    ranked = _ranked(design, t)
    values = design.outcome[ranked, t]
    choices = 1
    for end in (treated, treated + comparison):
        tied, places = _tied(values, end)
        choices *= comb(len(tied), places)
    if choices > MOST_CHOICES:
        return {"choices": choices}, (Note("ties_not_enumerated", {"choices": choices}),)
    found = [
        float(_fit(design, t, first, second, family).value[0])
        for first, second in _choices(ranked, values, treated, comparison)
    ]
    return {"choices": choices, "ties_low": min(found), "ties_high": max(found)}, ()


def _tied(values: Floats, end: int) -> tuple[Integers, int]:
    """Positions that tie with the last of a list, and how many of them the list takes."""
    tied = np.flatnonzero(values == values[end - 1])
    return tied, int((tied < end).sum())


def _choices(
    ranked: Integers, values: Floats, treated: int, comparison: int
) -> Iterator[tuple[Integers, Integers]]:
    """Yield both lists under every way to break ties."""
    everyone = np.arange(len(ranked))
    upper, upper_places = _tied(values, treated)
    lower, _ = _tied(values, treated + comparison)
    for chosen in combinations(upper, upper_places):
        first = np.concatenate([everyone[: upper[0]], np.array(chosen, dtype=np.int64)])
        rest = np.setdiff1d(everyone, first)
        fixed = rest[rest < lower[0]]
        pool = np.setdiff1d(lower, first)
        for added in combinations(pool, comparison - len(fixed)):
            second = np.concatenate([fixed, np.array(added, dtype=np.int64)])
            yield ranked[first], ranked[second]
