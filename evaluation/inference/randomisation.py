"""Randomisation inference: the estimate under the assignments that could have been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign, require_panel
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Together, require
from evaluation.inference._assignments import Assignments, assignments
from evaluation.inference.methods import METHODS

Floats = NDArray[np.float64]
Alternative = Literal["two-sided", "greater", "less"]

TIE = 1e-9
"""Values closer than this share of the largest absolute value count as equal, that is as extreme."""

_MEASURES: dict[str, Callable[[Floats], Floats]] = {
    "two-sided": np.abs,
    "greater": lambda values: values,
    "less": lambda values: -values,
}


def randomisation(
    estimate: Estimate,
    *,
    draws: int = 9999,
    seed: int = 0,
    max_exact: int = 50_000,
    alternative: Alternative = "two-sided",
    conf_level: float = 0.95,
) -> Inference:
    """Compare the estimate with what it is under the other assignments that the rule admits.

    Under the sharp null hypothesis of no effect on any unit the outcomes are the same whoever is treated.
    Treatment paths are exchanged among the admissible units of assignment within strata, see `Assignment`.
    Of the N distinct assignments, the one that happened among them, p = #{|T_b| >= |T|} / N; where N is more
    than `max_exact`, B are drawn and p = (1 + #{|T_b| >= |T|}) / (1 + B). Fisher (1935); Young (2019),
    doi:10.1093/qje/qjy029; on the drawn p Phipson and Smyth (2010), doi:10.2202/1544-6115.1585.

    Parameters
    ----------
    estimate : Estimate
        With a refit.
    draws : int
        B.
    seed : int
    max_exact : int
        Up to so many assignments are enumerated; up to `draws` where the estimator fits them one by one.
    alternative : {"two-sided", "greater", "less"}
        For each term on its own.
    conf_level : float
        Kept in the result; this method gives no interval.

    Returns
    -------
    Inference
        p_value (k,) and distribution (B, k): the estimates under the assignments, where enumerated with the
        one that happened. Standard errors and intervals are NaN. Note ``assignments``: admissible, used,
        exact, smallest_p. Assignments under which a term is not identified count as extreme, with the note
        ``assignments_not_identified``.

    Raises
    ------
    InferenceError
        If the estimate has no refit, the rule admits one assignment only, or an option is wrong.

    Examples
    --------
    >>> import evaluation as ev
    >>> from evaluation.simulate import did_panel
    >>> panel = did_panel(n_units=7, n_treated=1, n_periods=6, effect=9.0, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> result = ev.twfe(design).infer(randomisation)
    >>> result.inference.p_value.round(4), dict(result.inference.notes[0].numbers)["admissible"]
    (array([0.1429]), 7)
    """
    require(estimate, "refit", "randomisation", METHODS)
    _check(draws, alternative)
    design = require_panel(estimate.design, "randomisation")
    refit, terms = estimate.refit, estimate.terms
    assert refit is not None
    together = refit.together(design)
    fitted = together or refit.one_by_one(design)
    rule = _rule(estimate, design, fitted)
    exact = rule.count <= (max_exact if together is not None else min(max_exact, draws))
    chunks = rule.every() if exact else rule.sample(draws, np.random.default_rng(seed))
    values = np.concatenate([fitted(sources, terms) for sources in chunks])
    extreme, unidentified = _extreme(estimate.value, values, _MEASURES[alternative])
    used = len(values)
    p_value = extreme / used if exact else (1 + extreme) / (1 + used)
    numbers = {
        "admissible": rule.count,
        "used": used,
        "exact": exact,
        "smallest_p": 1 / used if exact else 1 / (1 + used),
    }
    notes = [Note("assignments", numbers)]
    if unidentified:
        notes.append(Note("assignments_not_identified", {"assignments": unidentified, "used": used}))
    return Inference.of(
        "randomisation",
        len(terms),
        conf_level=conf_level,
        p_value=p_value,
        distribution=values,
        notes=tuple(notes),
    )


def _rule(estimate: Estimate, design: StudyDesign, fitted: Together) -> Assignments:
    """Return the assignments to compare, among them the one that happened, with the value that it had.

    Units that start after the last period count as never treated, unless the estimate tells them apart.
    """
    rule = assignments(design)
    if not rule.strata or rule.count < 2:
        raise InferenceError("nothing-to-permute", admissible=rule.count)
    cohort = np.empty(0) if design.cohort is None else design.cohort
    if not (np.isfinite(cohort) & (cohort > design.period_numbers[-1])).any():
        return rule
    value = fitted(rule.happened, estimate.terms)[0]
    near = TIE * np.nanmax(np.abs(estimate.value))
    same = np.allclose(value, estimate.value, rtol=0, atol=near, equal_nan=True)
    return rule if same else assignments(design, not_yet_apart=True)


def _check(draws: int, alternative: str) -> None:
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    require_option(InferenceError, "randomisation", "alternative", alternative, _MEASURES)


def _extreme(
    value: Floats, values: Floats, measure: Callable[[Floats], Floats]
) -> tuple[NDArray[np.int64], int]:
    """Count the assignments at least as extreme as the one that happened, by term."""
    unknown = np.isnan(values)
    scale = np.fmax(np.abs(value), np.nanmax(np.abs(np.vstack([values, value])), axis=0))
    reached = measure(values) >= measure(value) - TIE * scale
    return (reached | unknown).sum(axis=0), int(unknown.any(axis=1).sum())
