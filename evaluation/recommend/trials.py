"""False pilots in untouched data: the p-values of each inference without an effect, and with one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign, require_panel
from evaluation.errors import DesignError, EvaluationError
from evaluation.estimate import Estimate
from evaluation.inference._assignments import assignments
from evaluation.recommend.procedures import (
    ONE_BY_ONE,
    PROCEDURES,
    RANDOMISATION,
    Integers,
    Reference,
    is_fast,
    reference,
    values,
)

Floats = NDArray[np.float64]
Fit = Callable[[StudyDesign], Estimate]

TARGET = 2.8
"""Size of the pretended effect in standard deviations of the placebo estimates: a test that knows this
deviation finds it with a power of 80 % at 5 % (1.96 + 0.84)."""

POWER_REFERENCE = 199
"""Assignments with which randomisation compares in a trial with an effect, which has its own outcomes."""


@dataclass(frozen=True, eq=False)
class Trials:
    """The p-values of false pilots with one first start.

    Attributes
    ----------
    null : ndarray, shape (draws, m)
        Without an effect, one column for each method; NaN where the method does not exist.
    power : ndarray, shape (draws with an effect, m)
    effect : float
        Added to the treated cells; a log ratio where the estimate is one.
    noise : float
        Variance of a share of randomisation that its drawn assignments bring, over p (1 - p).
    unidentified : int
        Trials without an estimate.
    """

    null: Floats
    power: Floats
    effect: float
    noise: float
    unidentified: int


def trials(
    design: StudyDesign,
    fit: Fit,
    methods: Sequence[str],
    *,
    draws: int,
    with_effect: int,
    rng: np.random.Generator,
    step: Callable[[int], None],
) -> Trials:
    """Draw false pilots by the rule of a design, and judge each.

    All pilots without an effect share their outcomes, so their estimates have one distribution: randomisation
    reads its p-value from it. The same pilots are fitted once.

    Parameters
    ----------
    design : StudyDesign
        Untouched data with one false assignment.
    fit : callable
    methods : sequence of str
    draws, with_effect : int
    rng : Generator
    step : callable
        Told of the trials that were done.
    """
    rule, first = assignments(design), fit(design)
    known = reference(first, rule, rng)
    if not np.isfinite(known.value).any():
        raise DesignError("not-identified", term=first.terms[0].name)
    if known.exact:
        sources = known.sources[rng.integers(0, len(known.sources), draws)]
    else:
        sources = np.concatenate(list(rule.sample(draws, rng)))
    null, lost = _without_effect(design, fit, methods, sources, known, step)
    effect = TARGET * float(np.nanstd(known.value))
    powered = np.full((with_effect, len(methods)), np.nan)
    most = POWER_REFERENCE if is_fast(first, design) else POWER_REFERENCE // ONE_BY_ONE
    chosen = _some(design, known, most, rng)
    for i in range(with_effect):
        moved = _with_effect(design.with_treatment_of(sources[i]), effect, first.estimand)
        found = _judged(moved, fit, methods, chosen)
        powered[i] = np.nan if found is None else found
        step(1)
    return Trials(null, powered, effect, known.noise, lost)


def _without_effect(
    design: StudyDesign,
    fit: Fit,
    methods: Sequence[str],
    sources: Integers,
    known: Reference,
    step: Callable[[int], None],
) -> tuple[Floats, int]:
    """Return the p-values of each trial, and how many have no estimate; equal trials are fitted once."""
    different, which = np.unique(sources, axis=0, return_inverse=True)
    times = np.bincount(which.ravel())
    rows = np.full((len(different), len(methods)), np.nan)
    lost = 0
    for i, source in enumerate(different):
        found = _judged(design.with_treatment_of(source), fit, methods, lambda _: known)
        if found is None:
            lost += int(times[i])
        else:
            rows[i] = found
        step(int(times[i]))
    return rows[which.ravel()], lost


def _judged(
    design: StudyDesign, fit: Fit, methods: Sequence[str], known: Callable[[Estimate], Reference]
) -> Floats | None:
    """Return the p-value of each method, or nothing where there is no estimate."""
    try:
        estimate = fit(design)
    except EvaluationError:
        return None
    return np.array(
        [
            known(estimate).p_value(float(estimate.value[0]))
            if method == RANDOMISATION
            else PROCEDURES[method].p_value(estimate)
            for method in methods
        ]
    )


def _some(
    design: StudyDesign, known: Reference, most: int, rng: np.random.Generator
) -> Callable[[Estimate], Reference]:
    """Return how some of the assignments, which are told in units of this design, are estimated again."""
    exact = known.exact and len(known.sources) <= most
    sources: Integers = known.sources
    if not exact:
        sources = sources[rng.choice(len(sources), most, replace=False)]

    def again(estimate: Estimate) -> Reference:
        outcome = require_panel(estimate.design, "recommend").outcome
        return Reference(
            sources, values(estimate, dataclasses.replace(design, outcome=outcome), sources), exact
        )

    return again


def _with_effect(design: StudyDesign, effect: float, estimand: str) -> StudyDesign:
    """Add the effect to the treated cells, or multiply them where the estimate is a log ratio."""
    treated = design.treatment[..., 0]
    if estimand == "log_ratio":
        return dataclasses.replace(design, outcome=design.outcome * np.exp(effect * treated))
    return dataclasses.replace(design, outcome=design.outcome + effect * treated)
