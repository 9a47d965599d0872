"""Kaplan-Meier: the share of spells that are still open, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from evaluation.design import Durations
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import CheckResult, Estimate, Inference, Term
from evaluation.survival._checks import before_end, follow_up
from evaluation.survival._events import Events, as_one_cause, by_arm

Floats = NDArray[np.float64]
Transform = Literal["log", "loglog", "plain"]
TRANSFORMS = ("log", "loglog", "plain")


def kaplan_meier(design: Durations, *, times: Sequence[float]) -> Estimate:
    r"""Share of spells that did not end by a time, whatever the cause.

    .. math:: \hat S(t) = \prod_{u \le t} (1 - d_u / n_u)

    with d ends among n at risk. A share says how many stayed, never what a programme changed: for that there
    must be a comparison. Where other ends compete (death, an institution, a better home), it treats only
    those as ended whose end was seen, of any cause; for one cause among others see `cumulative_incidence`.
    Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452.

    Parameters
    ----------
    design : Durations
    times : sequence of float
        In the unit of the data.

    Returns
    -------
    Estimate
        Estimand ``survival``; a term for each group and time, named after the group, the time as its period.
        Influence values of shape (n_units, k). For Greenwood's intervals see `greenwood`.

    Raises
    ------
    DataError
        If a time lies beyond the follow-up of a group.

    Examples
    --------
    Six tenancies, of which three ended after 1, 3 and 4 months and three are watched for 2, 5 and 6:

    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 0, 1, 1, 0, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost")
    >>> kaplan_meier(design, times=[1, 3, 6]).value.round(4)       # 5/6, 5/6 x 3/4, 5/6 x 3/4 x 2/3
    array([0.8333, 0.625 , 0.4167])
    """
    wanted = np.asarray(times, dtype=np.float64)
    arms = by_arm(design)
    before_end(design, arms, wanted)
    values = np.concatenate([_at(arm, arm.survival, wanted, start=1.0) for arm in arms])
    psi = [arm.influence(_weights(arm, wanted), design.n_units) for arm in arms]
    terms = [Term(str(label), period=float(t)) for label in design.arm.labels for t in wanted]
    return Estimate(
        estimator="kaplan_meier",
        estimand="survival",
        terms=tuple(terms),
        value=values,
        design=design,
        options={"times": tuple(wanted.tolist())},
        influence=design.n_units * np.hstack(psi),
    )


def greenwood(estimate: Estimate, *, transform: Transform = "loglog", conf_level: float = 0.95) -> Inference:
    r"""Greenwood's standard error of a survival share, with an interval on a transformed scale.

    .. math:: \widehat{Var}\{\hat S(t)\} = \hat S(t)^2 \sum_{u \le t} \frac{d_u}{n_u (n_u - d_u)}

    ``loglog`` keeps the interval within 0 and 1 and covers well in small groups; ``log`` is the default of
    R's survival; ``plain`` is symmetric. Spells count as independent; for spells of one town see
    `inference.clustered`. Borgan and Liestol (1990), Scandinavian Journal of Statistics 17, 35-41.

    Parameters
    ----------
    estimate : Estimate
        Of `kaplan_meier`.
    transform : {"loglog", "log", "plain"}
    conf_level : float

    Returns
    -------
    Inference
        Without p-values: a share is not compared with anything.

    Raises
    ------
    InferenceError
        If the estimate is another one.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 0, 1, 1, 0, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost")
    >>> kept = kaplan_meier(design, times=[3]).infer(greenwood)
    >>> kept.tidy()[["estimate", "std_error", "conf_low", "conf_high"]].round(3).values.tolist()
    [[0.625, 0.213, 0.142, 0.893]]
    """
    require_option(InferenceError, "greenwood", "transform", transform, TRANSFORMS)
    design = estimate.design
    if estimate.estimator != "kaplan_meier" or not isinstance(design, Durations):
        raise InferenceError("not-a-survival-share", method="greenwood", estimator=estimate.estimator)
    wanted = np.asarray(estimate.options["times"])
    errors = np.concatenate([_std_error(arm, _weights(arm, wanted)) for arm in by_arm(design)])
    low, high = _interval(estimate.value, errors, transform, conf_level)
    return Inference.of(
        "greenwood", len(errors), conf_level=conf_level, std_error=errors, conf_low=low, conf_high=high
    )


def survival_curve(
    design: Durations,
    *,
    transform: Transform = "loglog",
    conf_level: float = 0.95,
    numbers_at: Sequence[float] = (),
) -> CheckResult:
    """Lay out the whole curve of each group, with numbers at risk.

    Parameters
    ----------
    design : Durations
    transform : {"loglog", "log", "plain"}
        See `greenwood`.
    conf_level : float
    numbers_at : sequence of float
        Times at which readers want the number at risk; marks rows of their own where no spell ended.

    Returns
    -------
    CheckResult
        Name ``retention_curve``. Table: group, time, survival, std_error, conf_low, conf_high, at_risk,
        ended, censored; one row per group and time, beginning with time zero. Numbers: conf_level, n_spells,
        n_ended, follow_up, median of each group as ``median_<group>`` where half of the spells ended.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 0, 1, 1, 0, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost")
    >>> survival_curve(design).table[["time", "survival", "at_risk"]].round(3).values.tolist()[:3]
    [[0.0, 1.0, 6.0], [1.0, 0.833, 6.0], [2.0, 0.833, 5.0]]
    """
    require_option(InferenceError, "survival_curve", "transform", transform, TRANSFORMS)
    tables, medians = [], {}
    for label, arm in zip(design.arm.labels, by_arm(design), strict=True):
        tables.append(_curve(str(label), arm, transform, conf_level, numbers_at))
        reached = np.flatnonzero(arm.survival <= 0.5 + 1e-12)
        if len(reached):
            medians[f"median_{label}"] = float(arm.times[reached[0]])
    numbers: dict[str, Any] = {
        "conf_level": conf_level,
        "n_spells": design.n_units,
        "n_ended": int((design.cause > 0).sum()),
        "follow_up": float(design.time.max()),
    }
    table = pd.concat(tables, ignore_index=True)
    return CheckResult("retention_curve", None, table, numbers | medians, (*design.notes, *follow_up(design)))


def quantiles(
    design: Durations, *, shares: Sequence[float] = (0.25, 0.5, 0.75), conf_level: float = 0.95
) -> CheckResult:
    """Find the times by which a share of the spells had ended, with intervals by inverting the curve's.

    Brookmeyer and Crowley (1982), doi:10.2307/2530286; the interval of the curve is on the log scale, as R's
    survival makes it. NaN where the curve does not come down so far: the time is not known.

    Parameters
    ----------
    design : Durations
    shares : sequence of float
    conf_level : float

    Returns
    -------
    CheckResult
        Name ``quantiles``; table: group, share, time, conf_low, conf_high.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 0, 1, 1, 0, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost")
    >>> quantiles(design, shares=[0.5]).table[["time", "conf_low"]].values.tolist()
    [[4.0, 3.0]]
    """
    rows = []
    for label, arm in zip(design.arm.labels, by_arm(design), strict=True):
        curve = arm.survival
        errors = _std_error(arm, _weights(arm, arm.times))
        low, high = _interval(curve, errors, "log", conf_level)
        for share in shares:
            found = [_crossing(arm.times, one, 1 - share) for one in (curve, low, high)]
            rows.append((str(label), share, *found))
    table = pd.DataFrame(rows, columns=["group", "share", "time", "conf_low", "conf_high"])
    return CheckResult("quantiles", None, table, {"conf_level": conf_level}, design.notes)


def _crossing(times: Floats, curve: Floats, level: float) -> float:
    """Return where a curve comes down to a level: the middle of the stretch on which it lies upon it."""
    upon = np.flatnonzero(np.abs(curve - level) < 1e-12)
    below = np.flatnonzero(curve < level - 1e-12)
    if len(upon):
        after = times[below[0]] if len(below) else times[-1]
        return float((times[upon[0]] + after) / 2)
    return float(times[below[0]]) if len(below) else float("nan")


def _at(arm: Events, curve: Floats, wanted: Floats, *, start: float) -> Floats:
    """Return the value of a right-continuous step function."""
    return np.concatenate([[start], curve])[np.searchsorted(arm.times, wanted, side="right")]


def _weights(arm: Events, wanted: Floats) -> Floats:
    """Return what an end at u takes off the survival at each wanted time, shape (q, K, m)."""
    ended = arm.ended.sum(axis=0)
    left = arm.at_risk - ended
    per_end = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    values = _at(arm, arm.survival, wanted, start=1.0)
    reached = arm.times[None, :] <= wanted[:, None]
    return as_one_cause(-values[:, None] * reached * per_end, len(arm.ended))


def _std_error(arm: Events, weights: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(np.diag(arm.variance(weights)), 0)))


def _interval(value: Floats, error: Floats, transform: Transform, conf_level: float) -> tuple[Floats, Floats]:
    z = float(ndtri((1 + conf_level) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        if transform == "plain":
            low, high = value - z * error, value + z * error
        elif transform == "log":
            low, high = value * np.exp(-z * error / value), value * np.exp(z * error / value)
        else:
            reach = z * error / (value * np.abs(np.log(value)))
            low, high = value ** np.exp(reach), value ** np.exp(-reach)
    unknown = (value <= 0) | (value >= 1)
    edge = np.where(unknown & (value >= 1), 1.0, np.nan)
    return np.where(unknown, edge, np.maximum(low, 0.0)), np.where(unknown, edge, np.minimum(high, 1.0))


def _curve(
    label: str, arm: Events, transform: Transform, conf_level: float, numbers_at: Sequence[float]
) -> pd.DataFrame:
    times = np.unique(np.concatenate([[0.0], arm.times, np.asarray(numbers_at, dtype=np.float64)]))
    times = times[times <= arm.times[-1]]
    value = _at(arm, arm.survival, times, start=1.0)
    error = _std_error(arm, _weights(arm, times))
    low, high = _interval(value, error, transform, conf_level)
    place = np.searchsorted(arm.times, times)
    own = arm.times[place] == times
    return pd.DataFrame(
        {
            "group": label,
            "time": times,
            "survival": value,
            "std_error": error,
            "conf_low": low,
            "conf_high": high,
            "at_risk": arm.at_risk[place],
            "ended": np.where(own, arm.ended.sum(axis=0)[place], 0.0),
            "censored": np.where(own, arm.censored[place], 0.0),
        }
    )
