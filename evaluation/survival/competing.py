"""Aalen-Johansen: the share of spells that ended by each of several causes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from evaluation.design import Durations
from evaluation.errors import InferenceError
from evaluation.estimate import CheckResult, Estimate, Inference, Term
from evaluation.survival._checks import before_end, follow_up
from evaluation.survival._events import Events, by_arm

Floats = NDArray[np.float64]


def cumulative_incidence(design: Durations, *, times: Sequence[float], cause: Any | None = None) -> Estimate:
    r"""Share of spells that ended by a cause up to a time, other causes competing with it.

    .. math:: \hat F_k(t) = \sum_{u \le t} \hat S(u-) \, d_{ku} / n_u

    with S the share not ended by any cause. One minus Kaplan-Meier, with the other causes as censored, would
    say how many had ended were the others done away with, which is more than did end. Aalen and Johansen
    (1978), Scandinavian Journal of Statistics 5, 141-150.

    Parameters
    ----------
    design : Durations
    times : sequence of float
    cause : value of the event column, optional
        The first by default.

    Returns
    -------
    Estimate
        Estimand ``cumulative_incidence``; a term for each group and time, the time as its period. Influence
        values of shape (n_units, k) are exact derivatives by the weight of a spell; `incidence_error` has the
        model-based standard error.

    Raises
    ------
    DataError
        If a time lies beyond the follow-up of a group, or no spell ended by the cause.

    Examples
    --------
    Six tenancies: one lost after a month, one death after two, one lost after three, three still kept:

    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "end": ["lost", "died", "lost", "", "", ""]})
    >>> design = Durations.from_frame(homes, time="months", event="end", censored="")
    >>> cumulative_incidence(design, times=[3], cause="lost").value.round(4)    # 1/6 + 4/6 x 1/4
    array([0.3333])
    """
    code, wanted, arms = design.code_of(cause), np.asarray(times, dtype=np.float64), by_arm(design)
    before_end(design, arms, wanted)
    values = np.concatenate([_at(arm, _incidence(arm, code), wanted) for arm in arms])
    psi = [arm.influence(_weights(arm, code, wanted), design.n_units) for arm in arms]
    terms = [Term(str(label), period=float(t)) for label in design.arm.labels for t in wanted]
    return Estimate(
        estimator="cumulative_incidence",
        estimand="cumulative_incidence",
        terms=tuple(terms),
        value=values,
        design=design,
        options={"times": tuple(wanted.tolist()), "cause": design.causes[code - 1]},
        influence=design.n_units * np.hstack(psi),
    )


def incidence_error(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Model-based standard error of a cumulative incidence, with an interval on the scale of log(-log).

    Each time is a multinomial draw among those at risk; the delta method adds them up (Gaynor et al. 1993,
    doi:10.1080/01621459.1993.10476289). Spells count as independent.

    Parameters
    ----------
    estimate : Estimate
        Of `cumulative_incidence`.
    conf_level : float

    Returns
    -------
    Inference
        Without p-values.

    Raises
    ------
    InferenceError
        If the estimate is another one.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "end": ["lost", "died", "lost", "", "", ""]})
    >>> design = Durations.from_frame(homes, time="months", event="end", censored="")
    >>> lost = cumulative_incidence(design, times=[3], cause="lost").infer(incidence_error)
    >>> lost.tidy().std_error.round(4).tolist()                         # sqrt(2/6 x 4/6 / 6)
    [0.1925]
    """
    design = estimate.design
    if estimate.estimator != "cumulative_incidence" or not isinstance(design, Durations):
        raise InferenceError("not-a-survival-share", method="incidence_error", estimator=estimate.estimator)
    code, wanted = design.code_of(estimate.options["cause"]), np.asarray(estimate.options["times"])
    arms = by_arm(design)
    error = np.concatenate(
        [np.sqrt(np.maximum(np.diag(arm.variance(_weights(arm, code, wanted))), 0)) for arm in arms]
    )
    low, high = _interval(estimate.value, error, conf_level)
    return Inference.of(
        "incidence_error", len(error), conf_level=conf_level, std_error=error, conf_low=low, conf_high=high
    )


def incidence_curves(design: Durations, *, conf_level: float = 0.95) -> CheckResult:
    """Lay out the curves of all causes, group by group: with the share still open they add up to one.

    Returns
    -------
    CheckResult
        Name ``incidence_curves``. Table: group, cause, time, incidence, std_error, conf_low, conf_high,
        at_risk; beginning with time zero.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "end": ["lost", "died", "lost", "", "", ""]})
    >>> design = Durations.from_frame(homes, time="months", event="end", censored="")
    >>> table = incidence_curves(design).table
    >>> table[table.time == 6].set_index("cause").incidence.round(4).to_dict()
    {'died': 0.1667, 'lost': 0.3333}
    """
    tables = []
    for label, arm in zip(design.arm.labels, by_arm(design), strict=True):
        times = np.concatenate([[0.0], arm.times]) if arm.times[0] > 0 else arm.times
        at_risk = arm.at_risk[np.searchsorted(arm.times, times)]
        for code, cause in enumerate(design.causes, start=1):
            value = _at(arm, _incidence(arm, code), times)
            weights = _weights(arm, code, times)
            error = np.sqrt(np.maximum(np.diag(arm.variance(weights)), 0))
            low, high = _interval(value, error, conf_level)
            part: dict[str, Any] = {
                "group": str(label),
                "cause": str(cause),
                "time": times,
                "incidence": value,
            }
            part |= {"std_error": error, "conf_low": low, "conf_high": high, "at_risk": at_risk}
            tables.append(pd.DataFrame(part))
    numbers: dict[str, Any] = {
        "conf_level": conf_level,
        "n_spells": design.n_units,
        "causes": tuple(map(str, design.causes)),
    }
    table = pd.concat(tables, ignore_index=True)
    return CheckResult("incidence_curves", None, table, numbers, (*design.notes, *follow_up(design)))


def _incidence(arm: Events, code: int) -> Floats:
    return np.cumsum(arm.survival_before * arm.ended[code - 1] / arm.at_risk)


def _at(arm: Events, curve: Floats, wanted: Floats) -> Floats:
    return np.concatenate([[0.0], curve])[np.searchsorted(arm.times, wanted, side="right")]


def _weights(arm: Events, code: int, wanted: Floats) -> Floats:
    """Return what one end by each cause at u adds to the incidence at each wanted time, (q, K, m)."""
    left = arm.at_risk - arm.ended.sum(axis=0)
    per_end = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    curve = _incidence(arm, code)
    reached = arm.times[None, :] <= wanted[:, None]
    still = (_at(arm, curve, wanted)[:, None] - curve[None, :]) * reached * per_end
    weights = np.repeat(-still[:, None, :], len(arm.ended), axis=1)
    weights[:, code - 1, :] += reached * (arm.survival_before / arm.at_risk)
    return weights


def _interval(value: Floats, error: Floats, conf_level: float) -> tuple[Floats, Floats]:
    z = float(ndtri((1 + conf_level) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = z * error / (value * np.abs(np.log(value)))
        low, high = value ** np.exp(reach), value ** np.exp(-reach)
    inside = (value > 0) & (value < 1)
    return np.where(inside, low, value), np.where(inside, high, np.where(value > 0, value, np.nan))
