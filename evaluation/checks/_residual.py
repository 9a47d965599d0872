"""The treatment less what unit effects, period effects and covariates explain of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimators._columns import cells_that_enter, independent_covariates, period_groups
from evaluation.estimators._linear import least_squares
from evaluation.estimators._within import within

Floats = NDArray[np.float64]


def residual_treatment(design: StudyDesign, what: str) -> tuple[Floats, Floats, Floats]:
    """Return weights, residual and cohorts of a design with an absorbing treatment.

    The coefficient of two-way fixed effects is sum(w r y) / sum(w r D), w the weights and r the residual.

    Returns
    -------
    weights : ndarray, shape (n_units, n_periods)
        Zero for cells that do not enter the regression.
    residual : ndarray, shape (n_units, n_periods)
    cohort : ndarray, shape (n_units,)

    Raises
    ------
    DesignError
        If the treatment is not absorbing, there is an exposure, or the coefficient is not identified.
    """
    if design.cohort is None:
        raise DesignError("not-absorbing", what=what)
    if design.exposure is not None:
        raise DesignError("exposure-not-used", estimator=what, family="gaussian")
    groups = period_groups(design, None)
    weights, _ = cells_that_enter(design, groups, ["att"])
    projection = within(weights, groups)
    treatment = projection.residual(design.treatment[..., 0])
    _, covariates = independent_covariates(design, projection)
    residual = least_squares(covariates, treatment, weights).error if len(covariates) else treatment
    if (weights * residual**2).sum() <= 1e-9 * (weights * design.treatment[..., 0]).sum():
        raise DesignError("not-identified", term="att")
    return weights, np.where(weights > 0, residual, 0.0), design.cohort
