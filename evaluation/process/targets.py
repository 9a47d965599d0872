"""`Target`, `target_state`, `deadline_state`: the exact rule of a target, and where it stands."""

from __future__ import annotations

import math
import operator as compare
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from evaluation.design.note import Number
from evaluation.errors import DataError, require_option
from evaluation.estimate import CheckResult
from evaluation.process._dates import day, iso

Operator = Literal["at_least", "more_than", "at_most", "less_than", "equal_to"]
OPERATORS = {
    "at_least": compare.ge,
    "more_than": compare.gt,
    "at_most": compare.le,
    "less_than": compare.lt,
    "equal_to": compare.eq,
}
STATES = ("met", "on_track", "at_risk", "missed", "open", "no_data", "undefined")
ROUNDING = 1e-9
"""Values that differ by less than this share of the target are equal: 0.1 + 0.2 reaches 0.3."""


@dataclass(frozen=True)
class Target:
    """What was promised, exactly.

    Attributes
    ----------
    value : float
    operator : {"at_least", "more_than", "at_most", "less_than", "equal_to"}
        "More than 11 %" is not met by 11 %.
    due : date or quarter, optional
        Last day on which it may be met.
    start, baseline : date or quarter, optional, and float
        Where the path begins.
    path : tuple of (date or quarter, float)
        Periodic targets on the way.
    shape : {"linear", "step"}
        Between two points of the path the expected value rises along a line, or stays at the earlier one.
    margin : float
        Share of the way from the baseline by which the path may be missed and still be on track.

    Raises
    ------
    DataError
        If the operator or the shape is unknown, a date cannot be read, the path is not in order of time, or
        the margin is not between 0 and 1.

    Examples
    --------
    >>> Target(500, due="2022-10-31").met(500), Target(0.11, operator="more_than").met(0.11)
    (True, False)
    """

    value: float
    operator: Operator = "at_least"
    due: Any = None
    start: Any = None
    baseline: float = 0.0
    path: tuple[tuple[Any, float], ...] = ()
    shape: Literal["linear", "step"] = "linear"
    margin: float = 0.1

    def __post_init__(self) -> None:
        require_option(DataError, "Target", "operator", self.operator, OPERATORS)
        require_option(DataError, "Target", "shape", self.shape, ("linear", "step"))
        if not 0 <= self.margin < 1 or not math.isfinite(self.value):
            raise DataError(
                "bad-target",
                reason=f"value {self.value}, margin {self.margin}",
                advice="Give a number as value and a margin from 0 to below 1.",
            )
        days = [point[0] for point in self.points()]
        if days != sorted(set(days)):
            raise DataError(
                "bad-target",
                reason="its dates are not in order: " + ", ".join(iso(one) for one in days),
                advice="Start, periodic targets and the due date follow each other in time.",
            )

    def met(self, value: float) -> bool:
        """Whether a value satisfies the target; an unknown one does not."""
        if math.isnan(value):
            return False
        near = math.isclose(value, self.value, rel_tol=ROUNDING, abs_tol=0)
        return bool(OPERATORS[self.operator](self.value if near else value, self.value))

    def points(self) -> list[tuple[pd.Timestamp, float]]:
        """Points of the path: start and baseline, periodic targets, due date and value, as far as given."""
        ends = [] if self.due is None else [(self.due, self.value)]
        first = [] if self.start is None else [(self.start, self.baseline)]
        return [(day(when, "target"), float(value)) for when, value in (*first, *self.path, *ends)]

    def expected(self, at: Any) -> float:
        """Value that the path asks for on a day; NaN before its first point or without one.

        Examples
        --------
        >>> Target(500, start="2020-01-01", due="2020-12-31").expected("2020-07-01").__round__()
        249
        """
        points, when = self.points(), day(at)
        if not points or when < points[0][0]:
            return math.nan
        days = [one.toordinal() for one, _ in points]
        values = [value for _, value in points]
        if self.shape == "step":
            return values[int(np.searchsorted(days, when.toordinal(), side="right")) - 1]
        return float(np.interp(when.toordinal(), days, values))


def target_state(
    value: float,
    target: Target,
    *,
    at: Any,
    state: str = "measured",
    conf_low: float = math.nan,
    conf_high: float = math.nan,
) -> CheckResult:
    """Say where a target stands, by this rule and in this order.

    1. ``no_data`` or ``undefined``, where the indicator is; never a zero in their place.
    2. ``met`` where the value satisfies the operator. No test is made: a target is a promise about what was
       counted. Whether the interval reaches over the target is told apart (`certain`).
    3. ``missed`` where the last day has come.
    4. ``open`` where no path says what should be reached by now.
    5. ``on_track`` where the value is not worse than the expected one by more than `Target.margin` of the way
       that the path has come from the baseline, otherwise ``at_risk``.

    A target of "at most" or "less than" that holds today can still be lost; `final` says whether the last day
    has come.

    Parameters
    ----------
    value, conf_low, conf_high : float
        The indicator and its interval, NaN where there is none.
    target : Target
    at : date or quarter
        Cut-off.
    state : {"measured", "no_data", "undefined"}
        State of the indicator, as in `indicator_table`.

    Returns
    -------
    CheckResult
        ``target``; passed is True for met, False for missed, otherwise None. One row: at, value, conf_low,
        conf_high, operator, target, due, expected, state. Numbers: state, final, certain.

    Raises
    ------
    DataError
        If the state is unknown or the cut-off is no date.

    Examples
    --------
    >>> trained = Target(500, start="2020-01-01", due="2022-10-31")
    >>> [target_state(n, trained, at="2021Q2").numbers["state"] for n in (520, 270, 100)]
    ['met', 'on_track', 'at_risk']
    """
    require_option(DataError, "target_state", "state", state, ("measured", "no_data", "undefined"))
    cut, due = day(at), day(target.due, "due")
    final = bool(cut >= due)
    found = "no_data" if state == "measured" and math.isnan(value) else state
    expected = target.expected(at)
    light = _light(value, target, expected, final=final) if found == "measured" else found
    row = {
        "at": iso(cut),
        "value": value,
        "conf_low": conf_low,
        "conf_high": conf_high,
        "operator": target.operator,
        "target": target.value,
        "due": iso(due),
        "expected": expected,
        "state": light,
    }
    within = math.isnan(conf_low) or conf_low > target.value or conf_high < target.value
    numbers: dict[str, Number] = {"state": light, "final": final, "certain": within and found == "measured"}
    return CheckResult("target", _passed(light), pd.DataFrame([row]), numbers)


def _passed(light: str) -> bool | None:
    return {"met": True, "missed": False}.get(light)


def _light(value: float, target: Target, expected: float, *, final: bool) -> str:
    if target.met(value):
        return "met"
    if final:
        return "missed"
    if math.isnan(expected):
        return "open"
    behind = {"at_most": value - expected, "less_than": value - expected}.get(
        target.operator, expected - value
    )
    allowed = target.margin * abs(expected - target.baseline)
    return "on_track" if behind <= allowed + ROUNDING * abs(target.value) else "at_risk"


def deadline_state(
    done: Any, due: Any, *, at: Any, known: bool = True, at_risk_days: int = 30
) -> CheckResult:
    """Say where a promise with a date stands: "within three months", "by the end of 2022".

    ``met`` where it was done on the due date or before; ``missed`` where it was done later, or the due date
    has passed at the cut-off and it is known not to be done; ``at_risk`` in the last `at_risk_days` days;
    ``on_track`` before; ``no_data`` where it is not known whether it was done. What was done after the
    cut-off is not known yet.

    Parameters
    ----------
    done : date or None
    due, at : date or quarter
    known : bool
        Whether an empty `done` means that it was not done.
    at_risk_days : int

    Returns
    -------
    CheckResult
        ``target``, with the row of `target_state`: the operator is ``by_date``, the value is the days from
        the due date to the day it was done (negative: early), and the target is zero. Numbers: state, final,
        certain, done.

    Raises
    ------
    DataError
        If a date cannot be read.

    Examples
    --------
    >>> from evaluation.process import months_after
    >>> coordination = deadline_state("2020-04-10", months_after("2020-01-02", 3), at="2020Q2")
    >>> coordination.numbers["state"], coordination.table.value.tolist()
    ('missed', [8.0])
    """
    when, last, cut = day(done, "done"), day(due, "due"), day(at)
    when = day(None) if when > cut else when
    if not pd.isna(when):
        light = "met" if when <= last else "missed"
    elif not known:
        light = "no_data"
    else:
        left = (last - cut).days
        light = "missed" if left < 0 else "at_risk" if left <= at_risk_days else "on_track"
    row = {
        "at": iso(cut),
        "value": math.nan if pd.isna(when) else float((when - last).days),
        "conf_low": math.nan,
        "conf_high": math.nan,
        "operator": "by_date",
        "target": 0.0,
        "due": iso(last),
        "expected": math.nan,
        "state": light,
    }
    final = bool(cut >= last or not pd.isna(when))
    numbers: dict[str, Number] = {
        "state": light,
        "final": final,
        "certain": light != "no_data",
        "done": iso(when),
    }
    return CheckResult("target", _passed(light), pd.DataFrame([row]), numbers)
