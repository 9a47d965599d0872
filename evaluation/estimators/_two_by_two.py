"""Two groups, two periods, many outcomes: the building block of group-time effects.

All methods are differences of weighted means, mean(w h) / mean(w). The influence of such a mean is
w (h - theta) / mean(w), plus the influence of every estimated nuisance parameter times the derivative:
a regression coefficient enters h, a propensity coefficient enters w, whose derivative is w x.
Sant'Anna and Zhao (2020), doi:10.1016/j.jeconom.2020.06.003; Abadie (2005), doi:10.1111/0034-6527.00321.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.estimate.nuisance import PARAMETRIC, Models, Propensity, logit, regression, tilting

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Treated and control units and the change of m outcomes.

    Attributes
    ----------
    change : ndarray, shape (n, m)
        Outcome in the period minus outcome in the base period.
    treated : ndarray of 0/1, shape (n,)
    x : ndarray, shape (n, p)
        Covariates with a constant in the first column.
    weights : ndarray, shape (n,)
        Sampling weights with mean one.
    """

    change: Floats
    treated: Floats
    x: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class Difference:
    """Estimates and influence values of m outcomes.

    Attributes
    ----------
    att : ndarray, shape (m,)
    influence : ndarray, shape (n, m)
        Mean zero; the variance is sum(influence^2) / n^2.
    """

    att: Floats
    influence: Floats


def weighted_mean(w: Floats, h: Floats) -> tuple[Floats, Floats]:
    """Return mean(w h) / mean(w) by column and its influence values."""
    total = w.mean()
    theta = (w @ h) / len(w) / total
    return theta, w[:, None] * (h - theta) / total


def unconditional(c: Comparison) -> Difference:
    """Compare mean changes: all methods agree when there are no covariates."""
    treat, inf_treat = weighted_mean(c.weights * c.treated, c.change)
    control, inf_control = weighted_mean(c.weights * (1 - c.treated), c.change)
    return Difference(treat - control, inf_treat - inf_control)


def outcome_regression(c: Comparison) -> Difference:
    """Compare the treated with what a regression among controls predicts for them."""
    fit = regression(c.x, c.change, c.weights * (1 - c.treated))
    w = c.weights * c.treated
    att, influence = weighted_mean(w, c.change - fit.fitted)
    toward = (w @ c.x) / w.sum()
    return Difference(att, influence - fit.influence_along(c.x, toward))


def _control_weights(c: Comparison, score: Propensity) -> Floats:
    return c.weights * (1 - c.treated) * score.odds


def _from_propensity(c: Comparison, score: Propensity, w: Floats, gap: Floats) -> Floats:
    """Influence of the propensity through weights w of a mean whose deviations are `gap`: (n, m)."""
    if score.influence is None:
        return np.zeros_like(gap)
    return score.influence @ (c.x.T @ (w[:, None] * gap)) / len(w)


def ipw(c: Comparison) -> Difference:
    """Normalised inverse probability weighting (Hajek)."""
    score = logit(c.x, c.treated, c.weights)
    treat, inf_treat = weighted_mean(c.weights * c.treated, c.change)
    w = _control_weights(c, score)
    control, inf_control = weighted_mean(w, c.change)
    extra = _from_propensity(c, score, w, c.change - control) / w.mean()
    return Difference(treat - control, inf_treat - inf_control - extra)


def ipw_unnormalised(c: Comparison) -> Difference:
    """Inverse probability weighting as in Abadie (2005): both sides divided by the share of treated."""
    score = logit(c.x, c.treated, c.weights)
    w_treat, w = c.weights * c.treated, _control_weights(c, score)
    share = w_treat.mean()
    att = ((w_treat - w) @ c.change) / len(w) / share
    first = (w_treat - w)[:, None] * c.change - w_treat[:, None] * att
    extra = _from_propensity(c, score, w, c.change)
    return Difference(att, (first - extra) / share)


def doubly_robust(c: Comparison, models: Models = PARAMETRIC) -> Difference:
    """Augment the regression among controls with inverse probability weighting."""
    score = models.propensity(c.x, c.treated, c.weights)
    fit = models.outcome(c.x, c.change, c.weights * (1 - c.treated))
    gap = c.change - fit.fitted
    w_treat, w = c.weights * c.treated, _control_weights(c, score)
    treat, inf_treat = weighted_mean(w_treat, gap)
    control, inf_control = weighted_mean(w, gap)
    toward = (w_treat @ c.x) / w_treat.sum() - (w @ c.x) / w.sum()
    extra = _from_propensity(c, score, w, gap - control) / w.mean()
    influence = inf_treat - inf_control - extra - fit.influence_along(c.x, toward)
    return Difference(treat - control, influence)


def doubly_robust_improved(c: Comparison) -> Difference:
    """Tilted weights and a regression weighted by them: inference is doubly robust too."""
    score = tilting(c.x, c.treated, c.weights)
    w = _control_weights(c, score)
    gap = c.change - regression(c.x, c.change, w).fitted
    treat, inf_treat = weighted_mean(c.weights * c.treated, gap)
    control, inf_control = weighted_mean(w, gap)
    return Difference(treat - control, inf_treat - inf_control)


METHODS: dict[str, Callable[[Comparison], Difference]] = {
    "dr": doubly_robust,
    "dr_improved": doubly_robust_improved,
    "ipw": ipw,
    "ipw_unnormalised": ipw_unnormalised,
    "reg": outcome_regression,
}
