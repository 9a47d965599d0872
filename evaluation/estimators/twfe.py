"""Two-way fixed effects, by least squares or Poisson pseudo-maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import DesignError, listed, require_option
from evaluation.estimate import Estimate, Together, Variant, estimator
from evaluation.estimators._columns import (
    Columns,
    cells_that_enter,
    identified_columns,
    independent_covariates,
    period_groups,
    treatment_terms,
)
from evaluation.estimators._linear import Fit, least_squares, unit_moments
from evaluation.estimators._permuted import MOST_NUMBERS, Permuted, distinct_paths
from evaluation.estimators._poisson import Counts, counts, poisson_fit
from evaluation.estimators._within import within

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Family = Literal["gaussian", "poisson"]


def _batch(
    design: StudyDesign, *, family: Family = "gaussian", period_effects_by: str | None = None
) -> Together:
    """Estimate under many assignments in one call, see `Batch`."""
    groups = period_groups(design, period_effects_by)
    fitted = (_poisson_values if family == "poisson" else _gaussian_values)(design, groups)
    every = treatment_terms(design)
    return lambda sources, terms: fitted(sources)[:, [every.index(term) for term in terms]]


@estimator(batch=_batch, variants=(Variant(), Variant({"family": "poisson"}, link="log")))
def twfe(
    design: StudyDesign, *, family: Family = "gaussian", period_effects_by: str | None = None
) -> Estimate:
    """Regress the outcome on the treatments with absorbed unit and period effects.

    The outcome of unit i in period t has, for ``family="gaussian"``, the mean

        alpha_i + lambda_g(i),t + D_it' tau + X_it' beta,

    and for ``family="poisson"`` this is the logarithm of the mean divided by the exposure. Poisson
    pseudo-maximum likelihood needs no Poisson distribution, only that mean: Santos Silva and Tenreyro (2006),
    doi:10.1162/rest.88.4.641. The effects are projected out exactly, nothing is demeaned by iteration.

    With effects that differ between cohorts or grow over time, two-way fixed effects weigh some of them
    negatively: Goodman-Bacon (2021), doi:10.1016/j.jeconom.2021.03.014. Compare with `att_gt`.

    Parameters
    ----------
    design : StudyDesign
        One or more treatments, binary or continuous, possibly switching. Cells without an observation are
        left out, also where they are the only ones of their unit or period.
    family : {"gaussian", "poisson"}
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.

    Returns
    -------
    Estimate
        One term for each treatment, named by its column, or ``att`` where the design was made with cohort=.
        Estimand ``att``, or ``log_ratio`` of the Poisson family. Influence, moments and refit. Notes:
        ``collinear_dropped``, ``singletons_dropped``, ``separated_dropped``.

    Raises
    ------
    DesignError
        If no treatment is identified; an option is unknown; an exposure is given to the gaussian family, or
        a negative outcome to the Poisson family; the Poisson iterations do not converge.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"unit": [1, 1, 2, 2], "year": [1, 2] * 2, "y": [1.0, 4.0, 2.0, 3.0],
    ...                       "start": [2, 2, 0, 0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="unit", time="year", cohort="start")
    >>> twfe(design)
    Estimate(twfe: att=2; 2 units)
    """
    groups = period_groups(design, period_effects_by)
    require_family(design, "twfe", family)
    fit, columns, notes = (_poisson if family == "poisson" else _gaussian)(design, groups)
    k = len(columns.terms)
    moments = unit_moments(fit, design, groups)
    return Estimate(
        estimator="twfe",
        estimand="log_ratio" if family == "poisson" else "att",
        terms=columns.terms,
        value=fit.value[:k].copy(),
        design=design,
        influence=design.n_units * moments.scores @ fit.bread[:, :k],
        moments=moments,
        notes=notes + columns.notes,
    )


def require_family(design: StudyDesign, name: str, family: str) -> None:
    """Refuse a family that is not known, or an exposure that it does not use."""
    require_option(DesignError, name, "family", family, ("gaussian", "poisson"))
    if family == "gaussian" and design.exposure is not None:
        raise DesignError("exposure-not-used", estimator=name, family=family)


def _weights(design: StudyDesign, groups: Grouping) -> tuple[Floats, tuple[Note, ...]]:
    return cells_that_enter(design, groups, [term.name for term in treatment_terms(design)])


def _gaussian(design: StudyDesign, groups: Grouping) -> tuple[Fit, Columns, tuple[Note, ...]]:
    weights, notes = _weights(design, groups)
    projection = within(weights, groups)
    columns = identified_columns(design, projection)
    outcome = projection.residual(np.where(weights > 0, design.outcome, 0.0))
    return least_squares(columns.projected, outcome, weights), columns, notes


def _poisson(design: StudyDesign, groups: Grouping) -> tuple[Fit, Columns, tuple[Note, ...]]:
    data, notes = counts(design, groups)
    columns = _poisson_columns(design, data)
    fit, _ = poisson_fit(data, columns.raw, listed(term.name for term in columns.terms))
    return fit, columns, notes


def _poisson_columns(design: StudyDesign, data: Counts) -> Columns:
    if not data.weights.any():
        raise _not_identified(design)
    return identified_columns(design, within(data.weights, data.groups))


def _not_identified(design: StudyDesign) -> DesignError:
    return DesignError("not-identified", term=listed(term.name for term in treatment_terms(design)))


# --- many assignments at once ---------------------------------------------------------------------


def _gaussian_values(design: StudyDesign, groups: Grouping) -> Callable[[Integers], Floats]:
    """Effects of all treatments under assignments: (B, n_units) -> (B, m)."""
    weights, _ = _weights(design, groups)
    projection = within(weights, groups)
    outcome = projection.residual(np.where(weights > 0, design.outcome, 0.0))
    _, covariates = independent_covariates(design, projection)
    if len(covariates):
        outcome = least_squares(covariates, outcome, weights).error
    permuted = Permuted(
        *distinct_paths(design.treatment), projection, np.concatenate([outcome[None], covariates])
    )
    if permuted.numbers <= MOST_NUMBERS:
        return permuted.values
    return lambda sources: _one_by_one(design, sources, lambda changed: _gaussian(changed, groups))


def _poisson_values(design: StudyDesign, groups: Grouping) -> Callable[[Integers], Floats]:
    """Fit each distinct assignment once, starting from the fit without treatment."""
    data, _ = counts(design, groups)
    if not data.weights.any():
        raise _not_identified(design)
    covariates, _ = independent_covariates(design, within(data.weights, groups))
    _, start = poisson_fit(data, covariates, "the covariates")

    def fit(changed: StudyDesign) -> tuple[Fit, Columns, tuple[Note, ...]]:
        columns = _poisson_columns(changed, data)
        return poisson_fit(data, columns.raw, "", start)[0], columns, ()

    _, path_of_unit = distinct_paths(design.treatment)

    def values(sources: Integers) -> Floats:
        _, first, which = np.unique(path_of_unit[sources], axis=0, return_index=True, return_inverse=True)
        return _one_by_one(design, sources[first], fit)[which.ravel()]

    return values


def _one_by_one(
    design: StudyDesign,
    sources: Integers,
    fit: Callable[[StudyDesign], tuple[Fit, Columns, tuple[Note, ...]]],
) -> Floats:
    every = treatment_terms(design)
    values = np.full((len(sources), len(every)), np.nan)
    for row, source in zip(values, sources, strict=True):
        with suppress(DesignError):
            fitted, columns, _ = fit(design.with_treatment_of(source))
            row[[every.index(term) for term in columns.terms]] = fitted.value[: len(columns.terms)]
    return values
