"""Imputation of outcomes without treatment (Borusyak, Jaravel and Spiess 2024)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators._cohorts import averages
from evaluation.estimators._linear import identified, least_squares, own_variation
from evaluation.estimators._untreated import Untreated, untreated

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@estimator(
    variants=(
        Variant(),
        Variant({"by": "event_time", "pretrends": 2}),
        Variant({"by": "cohort_period", "exclude_self": True}),
        Variant({"by": "cohort", "unit_trends": True}),
        Variant({"by": "period", "period_effects_by": "region"}),
    )
)
def imputation(
    design: StudyDesign,
    *,
    by: str = "simple",
    pretrends: int = 0,
    unit_trends: bool = False,
    period_effects_by: str | None = None,
    exclude_self: bool = False,
) -> Estimate:
    r"""Impute what treated cells would have been, and average the differences.

    In the untreated cells (also of units treated later, up to the anticipation)

    .. math:: Y_{it} = \alpha_i + \lambda_t + X_{it}'\beta + \varepsilon_{it}

    is fitted by weighted least squares. The effect of a treated cell is
    :math:`\hat\tau_{it} = Y_{it} - \hat\alpha_i - \hat\lambda_t - X_{it}'\hat\beta`, and a term is its
    weighted mean over some cells. Effects may differ between units and change with time; where errors are
    homoskedastic and not correlated no other linear unbiased estimator has a smaller variance. Borusyak,
    Jaravel and Spiess (2024), doi:10.1093/restud/rdae007.

    The variance is theirs, :math:`\sum_i (\sum_t v_{it} \tilde\varepsilon_{it})^2` with the weights v of the
    outcomes in the estimate: residuals in untreated cells, and in treated cells the effect less the mean
    effect of its cohort and period, weighted by v squared. It is conservative where effects differ within
    these. Influence values are n times the inner sum.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. `weights` weigh the regression and the mean of the effects.
    by : {"simple", "event_time", "cohort", "period", "cohort_period"}
        One mean of all effects since the start, or one for each distance (those of the anticipation as well),
        cohort, period, or cohort and period.
    pretrends : int
        So many effects before the start (and its anticipation) are added: coefficients of a regression of the
        untreated cells alone on indicators of these distances, unit and period effects and covariates. Test
        them with `evaluation.checks.pretrends`.
    unit_trends : bool
        Each unit has a linear trend of its own.
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.
    exclude_self : bool
        The mean effect in the variance leaves out the unit's own cluster: no downward bias in small cohorts.

    Returns
    -------
    Estimate
        Contracts influence and refit. Influence values have mean zero, unless weights differ within a cohort
        and period (with `exclude_self` the sizes of clusters). Notes: ``not_imputed``, ``single_unit_cells``,
        ``collinear_dropped``, ``leads_not_identified``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, an option is unknown, nothing can be imputed; with `exclude_self`,
        if a cohort has one cluster only in a period.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [0] * 3,
    ...                       "y": [1.0, 4.0, 6.0, 2.0, 3.0, 3.0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> imputation(design, by="event_time").value.round(9).tolist()
    [2.0, 4.0]
    """
    fit = untreated(design, what="imputation", unit_trends=unit_trends, period_effects_by=period_effects_by)
    weights = np.where(fit.imputed, design.weights, 0.0)
    terms, table = averages(design, fit.cohorts, fit.cohorts.sums(weights), by=by, what="imputation")
    value = np.einsum("ct,ctk->k", fit.cohorts.sums(weights * fit.gap), table)
    spread, notes = _spread(fit, weights, table, exclude_self=exclude_self)
    influence = design.n_units * (spread + fit.first_stage(table, weights))
    if pretrends:
        leads, before, scores, more = _before(fit, pretrends)
        terms, value = leads + terms, np.concatenate([before, value])
        influence, notes = np.hstack([scores, influence]), notes + more
    return Estimate(
        estimator="imputation",
        estimand="att",
        terms=terms,
        value=value,
        design=design,
        influence=influence,
        notes=fit.notes + notes,
    )


def _spread(
    fit: Untreated, weights: Floats, table: Floats, *, exclude_self: bool
) -> tuple[Floats, tuple[Note, ...]]:
    """Weighted deviations of effects from the mean effect of their cohort and period: (n_units, k)."""
    cohorts = fit.cohorts
    squares: Floats = weights**2
    used: Flags = np.asarray(table.any(axis=2))
    if exclude_self:
        return cohorts.spread(weights * (fit.gap - _mean_of_others(fit, squares, used)), table), ()
    total = cohorts.sums(squares)
    mean = np.divide(cohorts.sums(squares * fit.gap), total, out=np.zeros_like(total), where=total > 0)
    spread = cohorts.spread(weights * fit.gap, table) - cohorts.spread(weights, table * mean[..., None])
    alone = (cohorts.sums((weights > 0).astype(np.float64)) == 1) & used
    cells = {"cells": int(alone.sum()), "of": int(used.sum())}
    return spread, (Note("single_unit_cells", cells),) if alone.any() else ()


def _mean_of_others(fit: Untreated, squares: Floats, used: Flags) -> Floats:
    """Mean effect of the other clusters of the same cohort in the same period, shape (n_units, n_periods)."""
    design, cohorts = fit.design, fit.cohorts
    size = cohorts.sums_of_others(squares, design.cluster)
    alone = (size <= 0) & (squares > 0) & cohorts.expand(used, False, design.n_units)
    if alone.any():
        i, t = np.argwhere(alone)[0]
        example = (
            f"{design.cluster.name} {design.cluster.labels[design.cluster.codes[i]]}, {design.periods[t]}"
        )
        cells = int((cohorts.sums(alone.astype(np.float64)) > 0).sum())
        raise DesignError("exclude-self-alone", cells=cells, column=design.cluster.name, example=example)
    effects = cohorts.sums_of_others(squares * fit.gap, design.cluster)
    return np.divide(effects, size, out=np.zeros_like(size), where=size > 0)


def _before(fit: Untreated, most: int) -> tuple[tuple[Term, ...], Floats, Floats, tuple[Note, ...]]:
    """Effects at the last `most` distances before the start, by a regression of the untreated cells.

    The nearest go first, so that it is the furthest that are left out where not all are identified.
    """
    design, weights = fit.design, fit.projection.weights
    if most < 0 or int(most) != most:
        raise DesignError("bad-pretrends", value=most)
    times = -design.anticipation - np.arange(1.0, most + 1)
    distance = fit.cohorts.expand(fit.cohorts.event_time, np.inf, design.n_units)
    raw = ((distance == times[:, None, None]) & (weights > 0)).astype(np.float64)
    columns = np.concatenate([fit.projection.residual(raw), fit.covariates])
    scale = np.concatenate([own_variation(raw, weights), np.einsum("it,qit->q", weights, fit.covariates**2)])
    flags = identified(columns, scale, weights, most)
    kept = times[flags[:most]]
    lost = {"terms": most - len(kept), "of": most}
    notes = (Note("leads_not_identified", lost),) if lost["terms"] else ()
    found = least_squares(columns[flags], fit.outcome, weights)
    scores = np.einsum("qit,it,it->iq", found.columns, weights, found.error)
    influence = design.n_units * scores @ found.bread
    order = np.argsort(kept)
    return (
        tuple(Term("att", event_time=float(e)) for e in kept[order]),
        found.value[order],
        influence[:, order],
        notes,
    )
