"""With which weights two-way fixed effects average the effects (de Chaisemartin and D'Haultfoeuille 2020)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.checks._residual import Floats, residual_treatment
from evaluation.design import Note, StudyDesign
from evaluation.design.note import Number
from evaluation.estimate.check import CheckResult

ROUNDING = 1e-12
"""Weights as small as this are zero."""


def twfe_weights(design: StudyDesign) -> CheckResult:
    r"""Return the weight of each cohort and period in the coefficient of two-way fixed effects.

    Under parallel trends the coefficient is the sum of w_gt ATT(g, t) over the treated cells, with

    .. math:: w_{gt} = \sum_{i \in g} \omega_{it} r_{it} \,/\, \sum_{D_{it} = 1} \omega_{it} r_{it},

    omega the weights of the design and r the residual of the treatment on unit effects, period effects and
    covariates. Negative weights can turn the sign: every effect may be positive and the coefficient negative.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment.

    Returns
    -------
    CheckResult
        Informational. Table: cohort, period, event_time, units (observed), weight; weights add up to one.
        Numbers: estimate (the coefficient), cells, negative (how many), share_negative, sum_negative,
        sd_zero: the smallest standard deviation of the effects between cells at which the average effect
        could be zero (infinite where weights are equal). Note ``negative_weights``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, there is an exposure, or the coefficient is not identified.

    References
    ----------
    de Chaisemartin and D'Haultfoeuille (2020), doi:10.1257/aer.20181169.

    Examples
    --------
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [3] * 3, "y": 0.0})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> twfe_weights(design).table["weight"].round(9).tolist()
    [1.0, -0.5, 0.5]
    """
    weights, residual, cohort = residual_treatment(design, "twfe_weights")
    treated = (design.treatment[..., 0] != 0) & (weights > 0)
    product = np.where(treated, weights * residual, 0.0)
    outcome = np.where(weights > 0, design.outcome, 0.0)
    coefficient = float((weights * residual * outcome).sum() / product.sum())
    rows, size = [], []
    for g in np.unique(cohort[np.isfinite(cohort)]):
        own = cohort == g
        for t in np.flatnonzero(treated[own].any(axis=0)):
            label = str(design.period_of(float(g))), str(design.periods[t])
            distance = float(design.period_numbers[t] - g)
            rows.append((*label, distance, int(treated[own, t].sum()), product[own, t].sum() / product.sum()))
            size.append(weights[own & treated[:, t], t].sum())
    table = pd.DataFrame(rows, columns=["cohort", "period", "event_time", "units", "weight"])
    table["weight"] = table["weight"].where(table["weight"].abs() > ROUNDING, 0.0)
    negative = table["weight"] < 0
    numbers: dict[str, Number] = {
        "estimate": coefficient,
        "cells": len(table),
        "negative": int(negative.sum()),
        "share_negative": float(negative.mean()),
        "sum_negative": float(table.loc[negative, "weight"].sum()),
        "sd_zero": _sd_zero(coefficient, table["weight"].to_numpy(), np.array(size)),
    }
    told = {name: numbers[name] for name in ("negative", "cells", "sum_negative")}
    return CheckResult(
        "twfe_weights", None, table, numbers, (Note("negative_weights", told),) if negative.any() else ()
    )


def _sd_zero(coefficient: float, weight: Floats, size: Floats) -> float:
    share = size / size.sum()
    spread = float(np.sqrt(share @ (weight / share - 1) ** 2))
    return abs(coefficient) / spread if spread > 1e-12 else float("inf")
