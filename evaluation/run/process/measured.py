"""From the rule of an indicator and the records to its value: an `Estimate` with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.estimate import Result
from evaluation.process import Counts, Target, complete, deadline_state, indicator, target_state, wilson
from evaluation.run.process.records import Records
from evaluation.run.programme import Indicator, Measure, Programme

NONE = math.nan


@dataclass(frozen=True, eq=False)
class Measured:
    """An indicator at the cut-off.

    Attributes
    ----------
    value, numerator, denominator, conf_low, conf_high : float
        NaN where not known; never zero in its place.
    state : {"measured", "no_data", "undefined"}
    reason : str
        Why there is no value: a code, else "".
    synthetic : bool
        Whether the value comes from synthetic records.
    result : Result or None
        The estimate, where there is one.
    done : str or None
        Of a promise with a date: the day on which it was kept.
    """

    value: float = NONE
    numerator: float = NONE
    denominator: float = NONE
    conf_low: float = NONE
    conf_high: float = NONE
    state: str = "no_data"
    reason: str = "no_records"
    synthetic: bool = False
    result: Result | None = None
    done: str | None = None


def measure(one: Indicator, records: Records, *, quarter: str) -> Measured:
    """Measure an indicator as its rule says; a value that is public counts where there is no rule.

    Parameters
    ----------
    one : Indicator
    records : Records
    quarter : str
        Data cut-off, the period of the estimate.

    Returns
    -------
    Measured
        Without records and without a public value: ``no_data``, with the reason.

    Raises
    ------
    SpecError
        If the rule names a column that its table does not have.
    """
    if one.measure is None:
        return _public(one)
    table = records.tables.get(one.measure.table)
    if table is None:
        return Measured()
    _require(one, table)
    synthetic = one.measure.table in records.synthetic
    rows = _rows(table, one, records.cut_off.isoformat())
    if one.type == "date":
        return _dated(one.measure, rows, synthetic)
    return _counted(one, one.measure, rows, quarter, synthetic)


def _dated(rule: Measure, rows: pd.DataFrame, synthetic: bool) -> Measured:
    """Return the first day on which a promise was kept; where nobody knows whether it was, no data."""
    unknown = not len(rows) or ("state" in rows and bool((rows.state == "no_data").all()))
    if unknown or rule.date is None:
        return Measured()
    days = rows[rule.date].dropna()
    done = str(days.min()) if len(days) else None
    return Measured(state="measured", reason="", synthetic=synthetic, done=done)


def _public(one: Indicator) -> Measured:
    if not one.known:
        return Measured()
    return Measured(value=one.known[-1].value, state="measured", reason="")


def _rows(table: pd.DataFrame, one: Indicator, day: str) -> pd.DataFrame:
    """Rows that count: those of the rule that have happened, and of the last quarter unless all add up.

    The last quarter of a table of what is due is the last one that is due by the cut-off.
    """
    rule = one.measure
    assert rule is not None
    rows = table[_meets(table, rule.where)]
    if rule.date and one.type in {"share", "rate"} and rule.of is None and not one.cumulative:
        rows = rows[rows[rule.date].notna()]
    if "quarter" in rows and not one.cumulative and len(rows):
        closed = rows[rows.due <= day] if "due" in rows else rows
        rows = rows[rows.quarter == closed.quarter.max()] if len(closed) else closed
    return rows


def _meets(table: pd.DataFrame, conditions: dict[str, str | None]) -> pd.Series:
    """Rows in which every column is filled in, or has the value that is asked for."""
    kept = pd.Series(True, index=table.index)
    for column, wanted in conditions.items():
        kept &= table[column].notna() if wanted is None else table[column].astype(str) == wanted
    return kept


def _counted(one: Indicator, rule: Measure, rows: pd.DataFrame, quarter: str, synthetic: bool) -> Measured:
    success = rows[_meets(rows, rule.success)]
    if rule.total:
        top = float(rows[rule.total].sum()) if len(rows) else NONE
    else:
        top = float(success[rule.distinct].nunique() if rule.distinct else len(success))
    if one.type not in {"share", "rate"}:
        return _estimated(top, None, "sum" if rule.total else "count", rule, quarter, synthetic)
    bottom = float(rule.of or (rows[rule.distinct].nunique() if rule.distinct else len(rows)))
    kind = "proportion" if one.type == "share" else "rate"
    return _estimated(top, bottom, kind, rule, quarter, synthetic)


def _estimated(
    top: float, bottom: float | None, estimand: str, rule: Measure, quarter: str, synthetic: bool
) -> Measured:
    """Make the estimate: of a complete count without an interval, of a sample with Wilson's."""
    frame = pd.DataFrame({"unit": ["all"], "quarter": [quarter], "numerator": [top], "denominator": [bottom]})
    counts = Counts.from_frame(
        frame,
        numerator="numerator",
        denominator=None if bottom is None else "denominator",
        unit="unit",
        time="quarter",
    )
    estimate = indicator(counts, estimand=estimand)  # type: ignore[arg-type]
    sampled = rule.sample and estimand == "proportion" and bottom
    result = estimate.infer(wilson if sampled else complete)
    value = float(estimate.value[0])
    low, high = (float(end[0]) for end in (result.inference.conf_low, result.inference.conf_high))
    undefined = bottom == 0
    return Measured(
        value=value,
        numerator=top,
        denominator=NONE if bottom is None else bottom,
        conf_low=low if sampled else NONE,
        conf_high=high if sampled else NONE,
        state="undefined" if undefined else "measured",
        reason="denominator_zero" if undefined else "",
        synthetic=synthetic,
        result=result,
    )


def _require(one: Indicator, table: pd.DataFrame) -> None:
    rule = one.measure
    assert rule is not None
    used = (rule.date, rule.distinct, rule.total, *rule.where, *rule.success)
    for name in used:
        if name is not None and name not in table:
            raise SpecError(
                "bad-value",
                where=f"indicator {one.id}",
                key="measure",
                value=name,
                expected=f"one of: {listed(table.columns)}. {did_you_mean(name, table.columns)}".strip(),
            )


def standing(one: Indicator, found: Measured, programme: Programme, records: Records) -> str:
    """Return where a promise stands: the state of its target, or that it has none.

    A target without a day of its own is due when the programme ends. What adds up is expected to rise from
    the first day of the programme along a line; a level has no path.
    """
    target = one.target
    if target is None:
        return "no_target" if found.state == "measured" else found.state
    if target.operator == "by_date":
        known = found.state == "measured"
        state = deadline_state(found.done, target.due, at=records.cut_off, known=known)
        return str(state.numbers["state"])
    assert target.value is not None
    rule = Target(
        target.value,
        operator=target.operator,
        due=target.due or programme.duration.last,
        start=programme.duration.first if one.cumulative else None,
    )
    state = target_state(found.value, rule, at=records.cut_off, state=found.state)
    return str(state.numbers["state"])
