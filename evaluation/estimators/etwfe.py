"""Extended two-way fixed effects (Wooldridge): one effect for each cohort and period in one regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators._cells import cohorts_required, with_untreated_comparison
from evaluation.estimators._saturated import Saturated, saturated
from evaluation.estimators._saturated_fit import Data, SaturatedFit, fit_saturated

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CHOICES = {
    "family": ("gaussian", "poisson", "logit"),
    "control_group": ("not_yet_treated", "never_treated"),
    "effects": ("unit", "cohort"),
    "scale": ("response", "log"),
}


@estimator(
    variants=(
        Variant({}),
        Variant({"control_group": "never_treated", "effects": "cohort"}),
        Variant({"family": "poisson"}, link="log"),
        Variant({"family": "poisson", "scale": "log"}, link="log"),
    )
)
def etwfe(
    design: StudyDesign,
    *,
    family: Literal["gaussian", "poisson", "logit"] = "gaussian",
    control_group: Literal["not_yet_treated", "never_treated"] = "not_yet_treated",
    effects: Literal["unit", "cohort"] | None = None,
    scale: Literal["response", "log"] = "response",
) -> Estimate:
    r"""Estimate ATT(g, t) by one regression that is saturated in cohorts and periods.

    The linear predictor of unit i of cohort g in period t is

    .. math:: \alpha + \lambda_t + x_{it}'(\beta + \beta_g + \beta_t)
              + D_{gt} \{\tau_{gt} + (x_{it} - \bar x_g)' \xi_{gt}\},

    with alpha an effect of each unit or of each cohort, and D_gt = 1 in the cells of treated cohorts from
    their start on (less anticipation); with ``control_group="never_treated"`` in all their cells but the last
    before it. The mean is the predictor, its exponential times the exposure (``poisson``), or its logistic
    transform (``logit``). ATT(g, t) is the mean over the units of the cell of the fitted mean less the fitted
    mean without the braces; what is assumed is parallel trends of the predictor. Of linear models on
    balanced panels unit and cohort effects give the same.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. Covariates should not change with the treatment; a unit's own values are used in
        each period. Where every unit is treated sooner or later the last cohort is compared with, and the
        panel ends before its start.
    family : {"gaussian", "poisson", "logit"}
    control_group : {"not_yet_treated", "never_treated"}
        Whether effects before the start are set to zero, so that these periods serve in comparisons, or
        are estimated.
    effects : {"unit", "cohort"}, optional
        By default unit effects; cohort effects for ``logit``, which with unit effects would be biased.
    scale : {"response", "log"}
        ``log``, for the Poisson family: the mean of the braces, a log ratio.

    Returns
    -------
    Estimate
        One term per cohort and period for `aggregate`; contracts influence and refit. The influence is that
        of the delta method and of the sampling of units: the mean over a cell is an estimate too.
        Estimand ``att``, or ``log_ratio`` where ``scale="log"``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, an option is unknown, no unit is left to compare with, an outcome
        is outside what the family allows, or there is no finite estimate.

    References
    ----------
    Wooldridge (2021), doi:10.2139/ssrn.3906345. Wooldridge (2023), doi:10.1093/ectj/utad016.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "g": [2, 2, 0, 0, 0, 0],
    ...                       "y": [1.0, 4.0, 2.0, 3.0, 0.0, 2.0]})
    >>> etwfe(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")).value.round(9)
    array([1.5])
    """
    effects = effects or ("cohort" if family == "logit" else "unit")
    _check(design, family, control_group, effects, scale)
    design, notes = _usable(design, control_group)
    data, lost = _data(design, family, unit_effects=effects == "unit")
    plan = _layout(design, data, control_group)
    _refuse_separated(data, plan)
    fit = fit_saturated(data, plan.layout)
    found = cell_effects(data, plan.layout, fit, response=scale == "response")
    kept = plan.layout.of_cells(fit.kept)
    return Estimate(
        estimator="etwfe",
        estimand="log_ratio" if scale == "log" else "att",
        terms=tuple(plan.terms[c] for c in np.flatnonzero(kept)),
        value=found.value[kept],
        design=design,
        influence=np.ascontiguousarray((found.delta + found.sampled)[:, kept]),
        notes=notes + lost + _changing(design) + plan.unidentified(kept),
    )


def _check(design: StudyDesign, family: str, control_group: str, effects: str, scale: str) -> None:
    given = {"family": family, "control_group": control_group, "effects": effects, "scale": scale}
    for option, value in given.items():
        known = CHOICES[option]
        if option == "scale" and family != "poisson":
            known = ("response",)
        if option == "effects" and family == "logit":
            known = ("cohort",)
        require_option(DesignError, f"etwfe(family={family!r})", option, value, known)
    if family != "poisson" and design.exposure is not None:
        raise DesignError("exposure-not-used", estimator="etwfe", family=family)


def _usable(design: StudyDesign, control_group: str) -> tuple[StudyDesign, tuple[Note, ...]]:
    cohort = cohorts_required(design, "etwfe")
    if control_group == "never_treated" and not np.isinf(cohort).any():
        raise DesignError("no-never-treated", cohorts=len(np.unique(cohort)))
    observed = design.observed.any(axis=1)
    return with_untreated_comparison(
        design if observed.all() else design.take(np.flatnonzero(observed)), "etwfe"
    )


def _data(design: StudyDesign, family: str, *, unit_effects: bool) -> tuple[Data, tuple[Note, ...]]:
    observed = design.observed
    outcome = np.where(observed, design.outcome, 0.0)
    outside = (outcome < 0) & (family != "gaussian") | (outcome > 1) & (family == "logit")
    if outside.any():
        i, t = np.argwhere(outside)[0]
        where = f"{design.units[i]}, {design.periods[t]}: {outcome[i, t]:g}"
        code = "outcome-not-share" if family == "logit" else "negative-outcome"
        raise DesignError(code, count=int(outside.sum()), example=where)
    weights = np.where(observed, design.weights, 0.0)
    notes: tuple[Note, ...] = ()
    if family == "poisson" and unit_effects:
        zero = observed.any(axis=1) & ~outcome.any(axis=1)
        lost = {"units": int(zero.sum()), "periods": 0, "observations": int(observed[zero].sum())}
        notes = (Note("separated_dropped", lost),) if zero.any() else ()
    exposure = np.ones(observed.shape) if design.exposure is None else design.exposure
    offset = np.where(observed, np.log(np.where(observed, exposure, 1.0)), 0.0)
    return Data(outcome, offset, weights / weights[observed].mean(), family, unit_effects), notes


@dataclass(frozen=True, eq=False, repr=False)
class _Plan:
    """The regression, and the name of each of its effects."""

    layout: Saturated
    terms: tuple[Term, ...]

    def unidentified(self, kept: Flags) -> tuple[Note, ...]:
        names = tuple(
            f"{term.cohort}/{term.period}" for term, k in zip(self.terms, kept, strict=True) if not k
        )
        return (Note("cells_without_controls", {"cells": len(names), "names": names}),) if names else ()


def _layout(design: StudyDesign, data: Data, control_group: str) -> _Plan:
    cohort = cohorts_required(design, "etwfe")
    numbers, lead = design.period_numbers, design.anticipation
    starts = np.unique(cohort[cohort - lead <= numbers[-1]])
    group = np.where(cohort - lead <= numbers[-1], np.searchsorted(starts, cohort), len(starts))
    distance = numbers[None, :] - starts[:, None]
    treated = distance >= -lead
    if control_group == "never_treated":
        clean = np.where(treated, -np.inf, distance).max(axis=1, keepdims=True)
        treated = distance != clean
    seen = np.stack([(data.weights[group == g] > 0).any(axis=0) for g in range(len(starts))])
    treated = np.vstack([treated & seen, np.zeros((1, len(numbers)), dtype=bool)])
    terms = tuple(
        Term("att", design.period_of(float(starts[g])), design.periods[t], float(distance[g, t]))
        for g, t in np.argwhere(treated)
    )
    x = _standardised(design, data.weights)
    cohort_effects = not data.unit_effects
    return _Plan(saturated(group, x, data.weights, treated, cohort_effects=cohort_effects), terms)


def _changing(design: StudyDesign) -> tuple[Note, ...]:
    """Name the covariates that change within a unit: the treatment may change them too."""
    x = np.where(design.observed[:, :, None], design.covariates, np.nan)
    moves = (np.nanmax(x, axis=1) > np.nanmin(x, axis=1)).any(axis=0)
    names = tuple(name for name, moved in zip(design.names.covariates, moves, strict=True) if moved)
    return (Note("covariates_change", {"names": names}),) if names else ()


def _standardised(design: StudyDesign, weights: Floats) -> Floats:
    """Covariates with mean zero and variance one: the model is the same, its equations are well scaled."""
    x = np.where(design.observed[:, :, None], design.covariates, 0.0)
    share = weights / weights.sum()
    x = x - np.einsum("it,itp->p", share, x)
    deviation = np.sqrt(np.einsum("it,itp->p", share, x**2))
    return np.where(weights[:, :, None] > 0, x / np.where(deviation > 0, deviation, 1.0), 0.0)


def _refuse_separated(data: Data, plan: _Plan) -> None:
    """Cells of treatment whose outcome is at the edge throughout have an infinite effect."""
    if data.family == "gaussian":
        return
    names = []
    for term, (g, t) in zip(plan.terms, plan.layout.cells, strict=True):
        values = data.outcome[(plan.layout.group == g) & (data.weights[:, t] > 0), t]
        if (values == 0).all() or (data.family == "logit" and (values == 1).all()):
            names.append(f"{term.cohort}/{term.period}")
    if names:
        raise DesignError("separated-cells", count=len(names), of=len(plan.terms), family=data.family,
                          example=names[0])  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class CellEffects:
    """Mean effects of cells with the influence of the coefficients and that of the sampled units.

    Attributes
    ----------
    value : ndarray, shape (n_cells,)
    delta, sampled : ndarray, shape (n_units, n_cells)
    """

    value: Floats
    delta: Floats
    sampled: Floats


def cell_effects(data: Data, layout: Saturated, fit: SaturatedFit, *, response: bool) -> CellEffects:
    """Average the effects of the units in each treated cell."""
    cohort, period = layout.cells.T
    share = np.where(layout.group[:, None] == cohort, data.weights[:, period], 0.0)  # (n_units, n_cells)
    share /= share.sum(axis=0)
    change = layout.effect(fit.theta)
    each, slope_with, slope_without = change, np.zeros_like(change), np.ones_like(change)
    if response:
        with_it, without = data.mean(fit.predictor), data.mean(fit.predictor - change)
        each, slope_with, slope_without = with_it - without, data.slope(with_it), data.slope(without)
        slope_with = slope_with - slope_without
    value = (share * each[:, period]).sum(axis=0)
    weights = share @ (period[:, None] == np.arange(data.weights.shape[1])).astype(np.float64)
    jacobian = layout.pull(weights * slope_with) + layout.pull(weights * slope_without, effects_only=True)
    if data.unit_effects:
        jacobian += (share * slope_with[:, period]).T @ fit.unit_slopes
    n = len(layout.group)
    return CellEffects(
        value, n * fit.scores @ (fit.bread @ jacobian.T), n * share * (each[:, period] - value)
    )
