"""`raw_trends`: the outcome of treated and comparison units, period by period, before any model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.design.note import Number
from evaluation.estimate.check import CheckResult

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def raw_trends(design: StudyDesign) -> CheckResult:
    r"""Return the mean outcome of ever-treated and comparison units in each period.

    .. math:: \bar y_{gt} = \sum_{i \in g} w_{it} y_{it} \,/\, \sum_{i \in g} w_{it} e_{it}

    with the weights w of the design and its exposure e (1 where there is none). With an exposure the mean is
    a rate: events of the group over its population at risk. The standard deviation is that of the units'
    values y/e around this mean, weighted by w e, times n/(n-1).

    Parameters
    ----------
    design : StudyDesign

    Returns
    -------
    CheckResult
        Informational (`passed` is None). Table: period (label), group ("treated" or "comparison"), mean, sd
        (NaN for fewer than two units), n_units (observed in that period). Numbers: first_treatment (see
        `first_treatment`), treated_units, comparison_units, periods, weighted, rate.
        Notes are those of the design.

    Examples
    --------
    >>> panel = pd.DataFrame({"unit": [1, 1, 2, 2, 3, 3], "year": [2020, 2021] * 3,
    ...                       "rate": [4.0, 2.0, 5.0, 5.0, 7.0, 8.0], "start": [2021] * 2 + [0] * 4})
    >>> design = StudyDesign.from_frame(panel, outcome="rate", unit="unit", time="year", cohort="start")
    >>> trends = raw_trends(design)
    >>> trends.table["mean"].tolist(), trends.numbers["first_treatment"]
    ([4.0, 2.0, 6.0, 6.5], ('2021',))
    """
    treated = design.treated_units
    groups = {"treated": treated, "comparison": ~treated}
    table = pd.concat([_group(design, name, units) for name, units in groups.items() if units.any()])
    observed_weights = design.weights[design.observed]
    numbers: dict[str, Number] = {
        "first_treatment": first_treatment(design),
        "treated_units": int(treated.sum()),
        "comparison_units": int((~treated).sum()),
        "periods": design.n_periods,
        "weighted": bool(np.ptp(observed_weights) > 0),
        "rate": design.exposure is not None,
    }
    return CheckResult("raw_trends", None, table, numbers, design.notes)


def first_treatment(design: StudyDesign) -> tuple[str, ...]:
    """Return the labels of the periods in which a unit is treated for the first time.

    The first period of the panel is not among them: a unit that is treated there started at a time unknown.

    Examples
    --------
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2] * 2, "y": 1.0, "d": [0, 1, 0, 0]})
    >>> first_treatment(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", treatment="d"))
    ('2',)
    """
    starts = np.unique((design.treatment != 0).any(axis=2)[design.treated_units].argmax(axis=1))
    return tuple(str(design.periods[t]) for t in starts if t > 0)


def _group(design: StudyDesign, name: str, units: Flags) -> pd.DataFrame:
    weights = design.weights[units]
    outcome = np.nan_to_num(design.outcome[units])
    exposure = np.ones_like(weights) if design.exposure is None else design.exposure[units]
    count = (weights > 0).sum(axis=0)
    mean, sd = _moments(outcome / exposure, weights * exposure, count)
    return pd.DataFrame(
        {"period": [str(p) for p in design.periods], "group": name, "mean": mean, "sd": sd, "n_units": count}
    )


def _moments(values: Floats, weights: Floats, count: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of each column; NaN where they do not exist."""
    total = np.where(count > 0, weights.sum(axis=0), np.nan)
    mean = (weights * values).sum(axis=0) / total
    spread = (weights * (values - mean) ** 2).sum(axis=0) / total
    correction = np.where(count > 1, count / np.maximum(count - 1, 1), np.nan)
    return mean, np.sqrt(spread * correction)
