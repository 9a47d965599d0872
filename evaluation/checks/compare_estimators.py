"""Every estimator on one design: whether the finding hangs on the choice of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import evaluation.estimators  # noqa: F401 -- registers them
from evaluation.aggregate import aggregate
from evaluation.design import Note, StudyDesign, require_panel
from evaluation.design.note import Number
from evaluation.errors import DesignError, InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Term, combine, registry
from evaluation.estimate.check import CheckResult
from evaluation.inference import clustered

COLUMNS = (
    "estimator",
    "event_time",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "last_event_time",
    "reason",
)
ESTIMAND = {"gaussian": "att", "poisson": "log_ratio"}
Floats = NDArray[np.float64]
Options = Mapping[str, Any]


def compare_estimators(
    design: StudyDesign,
    *,
    leading: str = "att_gt",
    family: str = "gaussian",
    options: Mapping[str, Options] | None = None,
    conf_level: float = 0.95,
) -> CheckResult:
    r"""Estimate the effect on the treated with every registered estimator that can run on the design.

    The overall effect is the mean over the treated cells that have an untreated period before them,

    .. math:: \sum_{g, t \ge g} n_{gt} ATT(g, t) / \sum_{g, t \ge g} n_{gt}.

    Effects by cohort and period, or by distance from the start, are averaged so; a coefficient is taken as it
    is, which under effects that differ is not this mean. Standard errors are clustered. On why estimators
    differ Roth, Sant'Anna, Bilinski and Poe (2023), doi:10.1016/j.jeconom.2023.03.008. The cost is one fit
    each, and a second one for estimators whose option ``by`` chooses the terms.

    Parameters
    ----------
    design : StudyDesign
    leading : str
        The estimator that the others are compared with; it must run.
    family : {"gaussian", "poisson"}
        ``"poisson"``: estimators of log ratios only.
    options : Mapping[str, Mapping], optional
        Options by estimator. Without a window of its own `stacked` has the longest in which no cohort is
        missing.
    conf_level : float

    Returns
    -------
    CheckResult
        Informational. Table: estimator (the leading one first), event_time (NaN: the overall effect),
        estimate, std_error, conf_low, conf_high, last_event_time (where the overall effect covers distances
        up to it only), and reason: the code of the error for those that cannot run, "additive-only" for those
        without this family, "other-estimand" for those whose options make them estimate something else,
        "options-needed" for those that have required options. Numbers: leading,
        estimand, estimate, conf_low, conf_high, conf_level, estimated and of (how many), lowest, highest,
        lowest_by, highest_by, opposite_sign and outside (names: outside the interval of the leading one).
        Notes ``estimators_disagree`` and those of the clustered inference of the leading one.

    Raises
    ------
    DesignError
        If the leading estimator is unknown, cannot run, or estimates something else.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=30, n_periods=8, cohorts={4: 5, 6: 5}, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> table = compare_estimators(design).table
    >>> table.loc[table["reason"] != "", ["estimator", "reason"]].to_numpy().tolist()
    [['did_2x2', 'several-cohorts']]
    """
    panel = require_panel(design, "compare_estimators")
    require_option(DesignError, "compare_estimators", "leading", leading, tuple(registry()))
    require_option(DesignError, "compare_estimators", "family", family, ("gaussian", "poisson"))
    given = options or {}
    every = {
        name: _attempt(name, panel, family, given.get(name, {}))
        for name in (leading, *(one for one in registry() if one != leading))
    }
    first = every[leading]
    if not isinstance(first, _Effects):
        raise (
            first
            if isinstance(first, DesignError)
            else DesignError("bad-leading", leading=leading, family=family)
        )
    rows = [row for name, attempt in every.items() for row in _rows(name, attempt, conf_level)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = _numbers(table, {"leading": leading, "estimand": ESTIMAND[family], "conf_level": conf_level})
    inferred = _inferred(first.overall, conf_level)
    notes = _disagreement(numbers) + (() if inferred is None else inferred.notes)
    return CheckResult("compare_estimators", None, table, numbers, notes)


def _disagreement(numbers: Mapping[str, Any]) -> tuple[Note, ...]:
    apart = len({*numbers["opposite_sign"], *numbers["outside"]})
    told = {"estimators": apart, "of": int(numbers["estimated"]) - 1}
    return (Note("estimators_disagree", told),) if apart else ()


@dataclass(frozen=True, eq=False)
class _Effects:
    """What an estimator found.

    Attributes
    ----------
    overall : Estimate
        One term.
    path : Estimate or None
        One term for each distance from the start.
    last : float
        The last distance that the overall effect covers; NaN where it covers all.
    """

    overall: Estimate
    path: Estimate | None
    last: float = np.nan


def _attempt(name: str, design: StudyDesign, family: str, given: Options) -> _Effects | DesignError | str:
    """Return the effects, the error, or the reason why it was not tried."""
    function = registry()[name].function
    parameters = inspect.signature(function).parameters
    chosen = dict(given)
    if family != "gaussian":
        if "family" not in parameters:
            return "additive-only"
        chosen = {"family": family, **({"scale": "log"} if "scale" in parameters else {}), **chosen}
    needed = {
        one.name for one in parameters.values() if one.kind is one.KEYWORD_ONLY and one.default is one.empty
    }
    if missing := needed - set(chosen):
        window = _window(design)
        if missing != set(window):
            return "options-needed"
        chosen |= window
    try:
        found = _effects(function, design, chosen, by="by" in parameters and "by" not in chosen)
    except DesignError as error:
        return error
    return found if found.overall.estimand == ESTIMAND[family] else "other-estimand"


def _window(design: StudyDesign) -> dict[str, int]:
    """Return the longest window with one period before it in which no cohort is missing."""
    followed = _followed(design)
    return {"first": -1 - design.anticipation, "last": int(followed.min()) if len(followed) else 0}


def _followed(design: StudyDesign) -> Floats:
    """Return the last distance seen of each unit that is treated after an untreated period."""
    if design.cohort is None:
        return np.zeros(0)
    first, last = design.period_numbers[0], design.period_numbers[-1]
    starts = design.cohort[(design.cohort - design.anticipation > first) & (design.cohort <= last)]
    return np.asarray(last - starts)


def _effects(
    function: Callable[..., Estimate], design: StudyDesign, chosen: Options, *, by: bool
) -> _Effects:
    """Fit, and average over all treated cells where there are several effects."""
    found = function(design, **chosen)
    if all(term.cohort is not None and term.event_time is not None for term in found.terms):
        return _Effects(aggregate(found, by="simple"), aggregate(found, by="event_time"))
    if all(term.event_time is not None for term in found.terms):
        last = float(chosen["last"]) if "last" in chosen else np.nan
        return _Effects(_over_distances(found, design), found, last)
    path = function(design, **chosen, by="event_time") if by else None
    return _Effects(_the_one(found), path)


def _over_distances(path: Estimate, design: StudyDesign) -> Estimate:
    """Average the effects after the start by the treated units that are seen at each distance."""
    followed = _followed(design)
    distance = np.array([term.event_time for term in path.terms], dtype=np.float64)
    seen = np.array([float((followed >= e).sum()) if e >= 0 else 0.0 for e in distance])
    seen[~np.isfinite(path.value)] = 0.0
    if not seen.any():
        raise DesignError("nothing-to-aggregate", by="simple", terms=len(path.terms))
    return combine(path, (seen / seen.sum())[None, :], (Term("att"),))


def _the_one(found: Estimate) -> Estimate:
    """Return the only term, or that which is named as the effect."""
    names = [term.name for term in found.terms]
    if len(names) == 1:
        return found
    if "att" not in names:
        raise DesignError("several-terms", what="compare_estimators", terms=len(names))
    return combine(found, np.eye(len(names))[[names.index("att")]], (Term("att"),))


def _rows(name: str, attempt: _Effects | DesignError | str, conf_level: float) -> Iterator[dict[str, Any]]:
    """Yield the row of the overall effect, then one for each distance; or one that says why there is none."""
    if not isinstance(attempt, _Effects):
        yield {"estimator": name, "reason": attempt if isinstance(attempt, str) else attempt.code}
        return
    for estimate in (attempt.overall, attempt.path):
        if estimate is None:
            continue
        inferred = _inferred(estimate, conf_level)
        for i, term in enumerate(estimate.terms):
            at = np.nan if estimate is attempt.overall else term.event_time
            row = {"estimator": name, "event_time": at, "estimate": estimate.value[i], "reason": ""}
            if inferred is not None:
                row |= {part: getattr(inferred, part)[i] for part in ("std_error", "conf_low", "conf_high")}
            yield row | ({"last_event_time": attempt.last} if estimate is attempt.overall else {})


def _inferred(estimate: Estimate, conf_level: float) -> Inference | None:
    try:
        return clustered(estimate, conf_level=conf_level)
    except InferenceError:
        return None


def _numbers(table: pd.DataFrame, known: dict[str, Number]) -> dict[str, Number]:
    overall = table[table["event_time"].isna()]
    found = overall[overall["estimate"].notna()].reset_index(drop=True)
    lead, others = found.iloc[0], found.iloc[1:]
    value = found["estimate"].astype(float)
    beyond = (others["estimate"] < lead["conf_low"]) | (others["estimate"] > lead["conf_high"])
    opposite = np.sign(others["estimate"].astype(float)) == -np.sign(float(lead["estimate"]))
    return known | {
        "estimate": float(lead["estimate"]),
        "conf_low": float(lead["conf_low"]),
        "conf_high": float(lead["conf_high"]),
        "estimated": len(found),
        "of": len(overall),
        "lowest": float(value.min()),
        "highest": float(value.max()),
        "lowest_by": str(found["estimator"].iloc[int(value.argmin())]),
        "highest_by": str(found["estimator"].iloc[int(value.argmax())]),
        "opposite_sign": tuple(others.loc[opposite, "estimator"]),
        "outside": tuple(others.loc[beyond, "estimator"]),
    }
