"""Two groups, two periods, different units in each: for cross-sections and unbalanced panels.

An estimate is a signed sum of weighted means mean(w h) / mean(w) over all observations of both periods.
Each part says which regressions its h contains and whether its w contains the propensity score, so that
the influence of the nuisance parameters follows from derivatives alone.
Sant'Anna and Zhao (2020), doi:10.1016/j.jeconom.2020.06.003.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluation.estimate.nuisance import (
    PARAMETRIC,
    Models,
    Propensity,
    Regression,
    logit,
    tilting,
)
from evaluation.estimators._two_by_two import Difference, weighted_mean

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pooled:
    """Observations of a period and its base period.

    Attributes
    ----------
    outcome, post, treated, weights : ndarray, shape (n,)
        Weights have mean one.
    x : ndarray, shape (n, p)
        Covariates with a constant in the first column.
    """

    outcome: Floats
    post: Floats
    treated: Floats
    x: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class _Part:
    """sign x mean(w h) / mean(w); `models` maps a regression to the sign with which h contains it."""

    sign: float
    w: Floats
    h: Floats
    models: Mapping[str, float] = field(default_factory=dict)
    weighted_by_score: bool = False


def _sum_parts(
    c: Pooled, parts: list[_Part], models: Mapping[str, Regression], score: Propensity | None
) -> Difference:
    att, influence = 0.0, np.zeros((len(c.x), 1))
    direction = {name: np.zeros(c.x.shape[1]) for name in models}
    through_score = np.zeros(c.x.shape[1])
    for part in parts:
        theta, own = weighted_mean(part.w, part.h[:, None])
        att += part.sign * float(theta[0])
        influence += part.sign * own
        toward = (part.w @ c.x) / part.w.sum()
        for name, sign in part.models.items():
            direction[name] += part.sign * sign * toward
        if part.weighted_by_score:
            through_score += part.sign * (c.x.T @ (part.w * (part.h - theta))) / part.w.sum()
    for name, model in models.items():
        influence += model.influence_along(c.x, direction[name])
    if score is not None and score.influence is not None:
        influence += (score.influence @ through_score)[:, None]
    return Difference(np.array([att]), influence)


def _regressions(
    c: Pooled, weights: Mapping[str, Floats], models: Models = PARAMETRIC
) -> dict[str, Regression]:
    return {name: models.outcome(c.x, c.outcome[:, None], w) for name, w in weights.items()}


def _cells(c: Pooled, control: Floats) -> dict[str, Floats]:
    treat = c.weights * c.treated
    return {
        "treat_post": treat * c.post,
        "treat_pre": treat * (1 - c.post),
        "control_post": control * c.post,
        "control_pre": control * (1 - c.post),
    }


def unconditional(c: Pooled) -> Difference:
    """Compare the four means."""
    return _four_means(c, c.weights * (1 - c.treated), None)


def _four_means(c: Pooled, control: Floats, score: Propensity | None) -> Difference:
    signs = {"treat_post": 1.0, "treat_pre": -1.0, "control_post": -1.0, "control_pre": 1.0}
    parts = [
        _Part(signs[name], w, c.outcome, weighted_by_score=name.startswith("control"))
        for name, w in _cells(c, control).items()
    ]
    return _sum_parts(c, parts, {}, score)


def ipw(c: Pooled) -> Difference:
    """Normalised inverse probability weighting."""
    score = logit(c.x, c.treated, c.weights)
    return _four_means(c, c.weights * (1 - c.treated) * score.odds, score)


def ipw_unnormalised(c: Pooled) -> Difference:
    """Abadie (2005) for repeated cross-sections: divided by the share of treated and of each period."""
    score = logit(c.x, c.treated, c.weights)
    treat = c.weights * c.treated
    control = c.weights * (1 - c.treated) * score.odds
    share, late = treat.mean(), float((c.weights * c.post).mean())
    sign = c.post / late - (1 - c.post) / (1 - late)
    value = (treat - control) * sign * c.outcome
    att = value.mean() / share
    slope = ((treat - control) * (c.post / late**2 + (1 - c.post) / (1 - late) ** 2) * c.outcome).mean()
    shift = -slope * c.weights * (c.post - late)
    extra = np.zeros(len(value))
    if score.influence is not None:
        extra = score.influence @ (c.x.T @ (control * sign * c.outcome)) / len(value)
    influence = (value - treat * att + shift - extra) / share
    return Difference(np.array([att]), influence[:, None])


def outcome_regression(c: Pooled) -> Difference:
    """Compare the treated of both periods with regressions among controls of each period."""
    control = c.weights * (1 - c.treated)
    models = _regressions(c, {"post": control * c.post, "pre": control * (1 - c.post)})
    treat = _cells(c, control)
    change = (models["post"].fitted - models["pre"].fitted)[:, 0]
    parts = [
        _Part(1.0, treat["treat_post"], c.outcome),
        _Part(-1.0, treat["treat_pre"], c.outcome),
        _Part(-1.0, c.weights * c.treated, change, {"post": 1.0, "pre": -1.0}),
    ]
    return _sum_parts(c, parts, models, None)


def _locally_efficient(
    c: Pooled, score: Propensity, fit_weights: Floats, learned: Models = PARAMETRIC
) -> Difference:
    """Doubly robust parts and the terms that make them locally efficient."""
    treat, control = c.weights * c.treated, c.weights * (1 - c.treated) * score.odds
    models = _regressions(
        c,
        {
            "control_post": fit_weights * c.post,
            "control_pre": fit_weights * (1 - c.post),
            "treat_post": treat * c.post,
            "treat_pre": treat * (1 - c.post),
        },
        learned,
    )
    fitted = {name: model.fitted[:, 0] for name, model in models.items()}
    cells, parts = _cells(c, control), []
    for when, sign in (("post", 1.0), ("pre", -1.0)):
        mu, own = f"control_{when}", f"treat_{when}"
        gap = c.outcome - fitted[mu]
        lead = fitted[own] - fitted[mu]
        both = {own: 1.0, mu: -1.0}
        parts += [
            _Part(sign, cells[own], gap, {mu: -1.0}),
            _Part(-sign, cells[mu], gap, {mu: -1.0}, weighted_by_score=True),
            _Part(sign, treat, lead, both),
            _Part(-sign, cells[own], lead, both),
        ]
    influential = models if score.influence is not None else {}
    if not influential:
        parts = [_Part(part.sign, part.w, part.h) for part in parts]
    return _sum_parts(c, parts, influential, score)


def doubly_robust(c: Pooled, models: Models = PARAMETRIC) -> Difference:
    """Locally efficient doubly robust estimator with logit weights, or those of a learner."""
    score = models.propensity(c.x, c.treated, c.weights)
    return _locally_efficient(c, score, c.weights * (1 - c.treated), models)


def doubly_robust_improved(c: Pooled) -> Difference:
    """Locally efficient doubly robust estimator with tilted weights."""
    score = tilting(c.x, c.treated, c.weights)
    return _locally_efficient(c, score, c.weights * (1 - c.treated) * score.odds)


METHODS: dict[str, Callable[[Pooled], Difference]] = {
    "dr": doubly_robust,
    "dr_improved": doubly_robust_improved,
    "ipw": ipw,
    "ipw_unnormalised": ipw_unnormalised,
    "reg": outcome_regression,
}
