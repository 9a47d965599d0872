"""Randomisation inference: the estimate under the assignments that could have been."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign, require_panel
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Refit, Together, require
from evaluation.inference._assignments import Assignments, assignments
from evaluation.inference._constant_effect import TIE, Inversion, Pieces, response, treatment_as_outcome
from evaluation.inference._studentised import t_values
from evaluation.inference.methods import METHODS

Floats = NDArray[np.float64]
Alternative = Literal["two-sided", "greater", "less"]
Statistic = Literal["estimate", "t"]

_PROBES = 5  # assignments at which linearity is tried

_MEASURES: dict[str, Callable[[Floats], Floats]] = {
    "two-sided": np.abs,
    "greater": lambda values: values,
    "less": lambda values: -values,
}


def randomisation(
    estimate: Estimate,
    *,
    statistic: Statistic = "estimate",
    draws: int = 9999,
    seed: int = 0,
    max_exact: int = 50_000,
    alternative: Alternative = "two-sided",
    interval: bool = True,
    conf_level: float = 0.95,
) -> Inference:
    """Compare the estimate with what it is under the other assignments that the rule admits.

    Under the sharp null hypothesis of no effect on any unit the outcomes are the same whoever is treated.
    Treatment paths are exchanged among the admissible units of assignment within strata, see `Assignment`.
    Of the N distinct assignments, the one that happened among them, p = #{|T_b| >= |T|} / N; where N is more
    than `max_exact`, B are drawn and p = (1 + #{|T_b| >= |T|}) / (1 + B). Fisher (1935); Young (2019),
    doi:10.1093/qje/qjy029; on the drawn p Phipson and Smyth (2010), doi:10.2202/1544-6115.1585.

    The confidence set holds every constant effect tau that the same test does not reject. An estimator that
    is linear in the outcome gives T_b(Y - tau D) = T_b(Y) - tau T_b(D), so the set is found exactly, from the
    estimates of the outcome and of the treatment D itself: Rosenbaum (2002), doi:10.1007/978-1-4757-3692-2.

    With ``statistic="t"`` each estimate is divided by its own cluster-robust standard error, which holds the
    size better where the treated vary more or less than the others and are not very few: MacKinnon and Webb
    (2020), doi:10.1016/j.jeconom.2020.04.024.

    Parameters
    ----------
    estimate : Estimate
        With a refit.
    statistic : {"estimate", "t"}
        What is compared. For "t" every assignment is fitted on its own.
    draws : int
        B.
    seed : int
    max_exact : int
        Up to so many assignments are enumerated; up to `draws` where they are fitted one by one.
    alternative : {"two-sided", "greater", "less"}
        For each term on its own.
    interval : bool
        Whether to invert the test, which takes as long again as the test.
    conf_level : float

    Returns
    -------
    Inference
        p_value (k,) and distribution (B, k): the estimates under the assignments, where enumerated with the
        one that happened (not with "t"). conf_set, and the smallest interval that holds it: unbounded where
        there are few assignments. There is none for terms that no effect moves, such as leads (note
        ``interval_no_effect``), or that are not linear in the outcome (``interval_not_linear``), for several
        treatments (``interval_several_treatments``) and for "t" (``studentised``). Standard errors are NaN.
        Note ``assignments``: admissible, used, exact, smallest_p. Assignments under which a term is not
        identified count as extreme, with the note ``assignments_not_identified``.

    Raises
    ------
    InferenceError
        If the estimate has no refit, the rule admits one assignment only, or an option is wrong; with "t",
        also if the refit has neither moments nor influence values.

    Examples
    --------
    >>> import evaluation as ev
    >>> from evaluation.simulate import did_panel
    >>> panel = did_panel(n_units=21, n_treated=1, n_periods=6, effect=9.0, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> result = ev.twfe(design).infer(randomisation).inference
    >>> result.p_value.round(4), dict(result.notes[0].numbers)["admissible"]
    (array([0.0476]), 21)
    >>> bool(0 < result.conf_low[0] < 9 < result.conf_high[0])
    True
    """
    require(estimate, "refit", "randomisation", METHODS)
    _check(draws, alternative, statistic)
    design = require_panel(estimate.design, "randomisation")
    refit = estimate.refit
    assert refit is not None
    together = refit.together(design)
    rule = _rule(estimate, design, together or refit.one_by_one(design))
    fast = statistic == "estimate" and together is not None
    exact = rule.count <= (max_exact if fast else min(max_exact, draws))
    unit, notes = _unit(estimate, design, rule, statistic) if interval else (None, ())
    asked = [design] if unit is None else [design, treatment_as_outcome(design)]
    fits = [_fits(refit, one, statistic) for one in asked]
    chunks = rule.every() if exact else rule.sample(draws, np.random.default_rng(seed))
    parts = [[fit(sources, estimate.terms) for fit in fits] for sources in chunks]
    values, *responses = (np.concatenate(part) for part in zip(*parts, strict=True))
    observed = estimate.value if statistic == "estimate" else fits[0](rule.happened, estimate.terms)[0]
    reached, unidentified = extreme(observed, values, _MEASURES[alternative])
    used = len(values)
    return Inference.of(
        "randomisation",
        len(observed),
        conf_level=conf_level,
        p_value=reached / used if exact else (1 + reached) / (1 + used),
        distribution=values if statistic == "estimate" else None,
        notes=_notes(rule, used, unidentified, exact=exact) + notes,
        **_sets(estimate, unit, values, responses, exact=exact, alternative=alternative, level=conf_level),
    )


def _unit(
    estimate: Estimate, design: StudyDesign, rule: Assignments, statistic: str
) -> tuple[Floats | None, tuple[Note, ...]]:
    """Return what the terms are where every effect is one, or None and why the test is not inverted."""
    if statistic == "t":
        return None, (Note("studentised", {}),)
    if design.treatment.shape[2] > 1:
        return None, (Note("interval_several_treatments", {"treatments": design.treatment.shape[2]}),)
    unit = response(estimate, design, next(rule.sample(_PROBES, np.random.default_rng(0))))
    counts = {
        "interval_not_linear": int(np.isnan(unit).sum()),
        "interval_no_effect": int((unit == 0).sum()),
    }
    notes = tuple(Note(code, {"terms": n, "of": len(unit)}) for code, n in counts.items() if n)
    return (unit if sum(counts.values()) < len(unit) else None), notes


def _sets(
    estimate: Estimate,
    unit: Floats | None,
    values: Floats,
    responses: list[Floats],
    *,
    exact: bool,
    alternative: str,
    level: float,
) -> dict[str, Any]:
    """Invert the test term by term: the confidence sets and their ends."""
    if unit is None:
        return {}
    sets: list[Pieces] = []
    for one, value, column, slopes in zip(unit, estimate.value, values.T, responses[0].T, strict=True):
        known = np.isfinite(one) and one != 0 and np.isfinite(value)
        test = Inversion(value, column, slopes / (one if known else 1.0), exact, alternative)
        sets.append(test.accepted(1 - level) if known else ())
    return {
        "conf_set": tuple(sets),
        "conf_low": np.array([found[0][0] if found else np.nan for found in sets]),
        "conf_high": np.array([found[-1][1] if found else np.nan for found in sets]),
    }


def _notes(rule: Assignments, used: int, unidentified: int, *, exact: bool) -> tuple[Note, ...]:
    numbers = {
        "admissible": rule.count,
        "used": used,
        "exact": exact,
        "smallest_p": 1 / used if exact else 1 / (1 + used),
    }
    lost = Note("assignments_not_identified", {"assignments": unidentified, "used": used})
    return (Note("assignments", numbers), *((lost,) if unidentified else ()))


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


def _fits(refit: Refit, design: StudyDesign, statistic: str) -> Together:
    """Return what gives the statistics of a design under assignments."""
    if statistic == "t":
        return partial(t_values, refit, design)
    return refit.together(design) or refit.one_by_one(design)


def _check(draws: int, alternative: str, statistic: str) -> None:
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    require_option(InferenceError, "randomisation", "statistic", statistic, ("estimate", "t"))
    require_option(InferenceError, "randomisation", "alternative", alternative, _MEASURES)


def extreme(
    value: Floats, values: Floats, measure: Callable[[Floats], Floats]
) -> tuple[NDArray[np.int64], int]:
    """Count the assignments at least as extreme as the one that happened, by term; equal ones are.

    Parameters
    ----------
    value : ndarray, shape (k,)
    values : ndarray, shape (B, k)
        Under the assignments; NaN, where a term is not identified, counts as extreme.
    measure : callable
        What is large where a value is extreme.

    Returns
    -------
    counts : ndarray of int, shape (k,)
    unidentified : int
        Assignments that do not identify all terms.
    """
    unknown = np.isnan(values)
    scale = np.fmax(np.abs(value), np.nanmax(np.abs(np.vstack([values, value])), axis=0))
    reached = measure(values) >= measure(value) - TIE * scale
    return (reached | unknown).sum(axis=0), int(unknown.any(axis=1).sum())
