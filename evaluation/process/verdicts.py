"""`verdicts`: whether a tool proved itself, by a rule that was written before the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns, refuse_empty
from evaluation.design.note import Number
from evaluation.errors import DataError, require_option
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, iso
from evaluation.process._listed import refuse_unlisted
from evaluation.process.counts import Counts
from evaluation.process.targets import OPERATORS, Operator, Target

VERDICTS = ("success", "partial", "not_successful", "too_early")
DOCUMENTS = ("city_strategy", "development_strategy")
"""Kinds of document that a tool must be in to count as adopted: the promise names both."""


@dataclass(frozen=True)
class Criterion:
    """One condition of a verdict.

    Attributes
    ----------
    indicator : str
    value : float
    operator : {"at_least", "more_than", "at_most", "less_than", "equal_to"}
    required : bool
        A tool that fails a required criterion is not successful, whatever else it meets.

    Examples
    --------
    >>> Criterion("retention_12", 0.8).met(0.83)
    True
    """

    indicator: str
    value: float
    operator: Operator = "at_least"
    required: bool = False

    def __post_init__(self) -> None:
        require_option(DataError, "Criterion", "operator", self.operator, OPERATORS)

    def met(self, value: float) -> bool:
        """Whether a value satisfies the criterion; an unknown one does not."""
        return Target(self.value, operator=self.operator).met(value)


@dataclass(frozen=True)
class VerdictRule:
    """How tools are judged, written down before there were data to judge them by.

    Attributes
    ----------
    key : str
        Name of the rule, e.g. with its version.
    decided : date or quarter
        When it was written.
    criteria : tuple of Criterion
    partial_share : float
        Share of the criteria that a tool must meet for a partial success.
    least_cases : int
        Below so many cases it is too early.
    least_months : int
        Below so many months of use it is too early.

    Raises
    ------
    DataError
        If there are no criteria, two are of one indicator, or the share is not above 0 and at most 1.

    Examples
    --------
    >>> VerdictRule("v1", "2020-01-02", (Criterion("retention_12", 0.8),)).least_cases
    20
    """

    key: str
    decided: Any
    criteria: tuple[Criterion, ...]
    partial_share: float = 0.5
    least_cases: int = 20
    least_months: int = 12

    def __post_init__(self) -> None:
        names = [one.indicator for one in self.criteria]
        if not names or len(set(names)) < len(names) or not 0 < self.partial_share <= 1:
            raise DataError(
                "bad-rule",
                reason=f"criteria {names}, partial_share {self.partial_share}",
                advice="Give at least one criterion, one per indicator, and a share above 0 up to 1.",
            )
        if pd.isna(day(self.decided, "decided")):
            raise DataError("bad-rule", reason="it has no date", advice="Say when it was written.")


def verdicts(
    rule: VerdictRule, evidence: Any, *, tools: Sequence[str], at: Any, data_from: Any = None
) -> CheckResult:
    """Judge every tool by the rule, in this order.

    1. ``too_early``: fewer cases or months than the rule asks for, or the value of a required criterion, or
       of every criterion, is not known. No evidence is not a failure.
    2. ``not_successful``: a required criterion is known and not met.
    3. ``success``: every criterion is met.
    4. ``partial``: at least `partial_share` of all criteria are met; otherwise ``not_successful``. A
       criterion whose value is not known is not met here.

    Parameters
    ----------
    rule : VerdictRule
    evidence : pandas, polars or Arrow table
        One row per tool and indicator: columns tool, indicator, value, n (cases) and since (first day of
        use); the smallest n of the rule's indicators and the latest day count.
    tools : sequence of str
        Every tool; one without evidence is too early.
    at : date or quarter
        Cut-off.
    data_from : date or quarter, optional
        First day of the data; by default the first `since`. If the rule was not decided before it, the note
        ``rule_after_data`` says so.

    Returns
    -------
    CheckResult
        ``verdicts``, informational. Table: tool, verdict, met, failed, unknown, criteria (counts), n, months
        (NaN where not known), unmet (indicators that are not met or not known, with spaces between them).
        Numbers: rule, decided, and the number of each verdict.

    Raises
    ------
    DataError
        If a column is missing, a tool is not in the list or a date cannot be read.

    Examples
    --------
    >>> rule = VerdictRule("v1", "2019-12-01", (Criterion("retention", 0.8, required=True),
    ...                                         Criterion("days", 30, operator="at_most")))
    >>> rows = [("a", "retention", 0.9, 40), ("a", "days", 45, 40), ("b", "retention", 0.9, 4)]
    >>> evidence = pd.DataFrame(rows, columns=["tool", "indicator", "value", "n"]).assign(since="2020-02-01")
    >>> verdicts(rule, evidence, tools=["a", "b"], at="2021Q4").table.verdict.tolist()
    ['partial', 'too_early']
    """
    frame, cut, decided = _evidence(evidence, tools), day(at), day(rule.decided, "decided")
    first = frame["since"].min() if data_from is None else day(data_from, "data_from")
    frame = frame[frame["indicator"].isin([one.indicator for one in rule.criteria])]
    table = pd.DataFrame([_judge(rule, name, frame[frame["tool"] == name], cut) for name in tools])
    numbers: dict[str, Number] = {"rule": rule.key, "decided": iso(decided), "at": iso(cut)}
    numbers |= {verdict: int((table["verdict"] == verdict).sum()) for verdict in VERDICTS}
    dates_of = {"decided": iso(decided), "data_from": iso(first)}
    notes = () if pd.isna(first) or decided < first else (Note("rule_after_data", dates_of),)
    return CheckResult("verdicts", None, table, numbers, notes)


def _evidence(evidence: Any, tools: Sequence[str]) -> pd.DataFrame:
    columns = {name: name for name in ("tool", "indicator", "value", "n", "since")}
    data = read_columns(evidence, columns, ())
    for name in ("tool", "indicator"):
        refuse_empty(pd.isna(data[name]), name, name)
    refuse_unlisted(data["tool"], tools, "tool")
    frame = pd.DataFrame({name: [str(value) for value in data[name]] for name in ("tool", "indicator")})
    frame["value"], frame["n"] = numeric(data, "value"), numeric(data, "n")
    frame["since"] = dates(pd.Series(data["since"]), "since")
    return frame


def _judge(rule: VerdictRule, tool: str, rows: pd.DataFrame, cut: pd.Timestamp) -> dict[str, object]:
    values = dict(zip(rows["indicator"], rows["value"], strict=True))
    known = {one.indicator: values.get(one.indicator, np.nan) for one in rule.criteria}
    met = {one.indicator: one.met(known[one.indicator]) for one in rule.criteria}
    n, since = rows["n"].min(), rows["since"].max()
    months = 12 * (cut.year - since.year) + cut.month - since.month - (since.day > cut.day)
    if since.day > cut.day and cut.is_month_end:
        months += 1
    ready = bool(n >= rule.least_cases and months >= rule.least_months)
    unknown = [name for name, value in known.items() if np.isnan(value)]
    return {
        "tool": tool,
        "verdict": _verdict(rule, met, unknown, ready=ready),
        "met": sum(met.values()),
        "failed": len(met) - sum(met.values()) - len(unknown),
        "unknown": len(unknown),
        "criteria": len(met),
        "n": float(n),
        "months": float(months),
        "unmet": " ".join(name for name, yes in met.items() if not yes),
    }


def _verdict(rule: VerdictRule, met: dict[str, bool], unknown: list[str], *, ready: bool) -> str:
    required = [one.indicator for one in rule.criteria if one.required]
    if not ready or len(unknown) == len(met) or set(required) & set(unknown):
        return "too_early"
    if not all(met[name] for name in required):
        return "not_successful"
    if all(met.values()):
        return "success"
    return "partial" if sum(met.values()) >= rule.partial_share * len(met) else "not_successful"


def adopted_of_successful(
    judged: CheckResult,
    documents: Any,
    *,
    at: Any,
    kinds: Sequence[str] = DOCUMENTS,
    period: str | None = None,
) -> Counts:
    """Count successful tools, and of them those that are in strategy documents of every kind.

    "At least half of the successfully piloted tools" has the *successful* ones as denominator, not all eight,
    and an adopted tool is in both kinds of document: strategies of the city and its long-term development
    strategy. While no tool is successful the share is undefined; `indicator` says so.

    Parameters
    ----------
    judged : CheckResult
        Of `verdicts`.
    documents : pandas, polars or Arrow table
        Columns tool, kind and adopted (day; empty: not adopted yet).
    at : date or quarter
        Cut-off.
    kinds : sequence of str
    period : str, optional
        Label of the period of the counts; by default the quarter of the cut-off.

    Returns
    -------
    Counts
        Unit tool, one period: numerator ``adopted``, denominator ``successful`` (0 or 1 per tool). Everything
        was counted, so take it to `indicator` and then to `complete`: no interval, no p-value.

    Raises
    ------
    DataError
        If a column is missing, a tool or kind is not in its list or a date cannot be read.

    Examples
    --------
    >>> from evaluation.process import complete, indicator, indicator_table
    >>> rule = VerdictRule("v1", "2019-12-01", (Criterion("kept", 0.8),), least_cases=1, least_months=1)
    >>> seen = pd.DataFrame({"tool": ["a", "b", "c"], "indicator": "kept", "value": [0.9, 0.85, 0.1], "n": 9})
    >>> judged = verdicts(rule, seen.assign(since="2020-01-02"), tools=["a", "b", "c"], at="2021Q4")
    >>> documents = pd.DataFrame({"tool": ["a", "a", "b"], "adopted": "2021-05-05",
    ...                           "kind": ["city_strategy", "development_strategy", "city_strategy"]})
    >>> share = indicator(adopted_of_successful(judged, documents, at="2021Q4"))
    >>> indicator_table(share.infer(complete)).table[["numerator", "denominator"]].to_numpy().tolist()
    [[1.0, 2.0]]
    """
    tools = [str(name) for name in judged.table["tool"]]
    data = read_columns(documents, {name: name for name in ("tool", "kind", "adopted")}, ())
    refuse_unlisted(data["tool"], tools, "tool")
    cut = day(at)
    when = dates(pd.Series(data["adopted"]), "adopted") <= cut
    rows = pd.DataFrame({"tool": data["tool"], "kind": data["kind"]}).astype(str)[when.to_numpy()]
    found = rows[rows["kind"].isin(kinds)].groupby("tool")["kind"].nunique()
    successful = (judged.table["verdict"] == "success").to_numpy(dtype=np.float64)
    adopted = np.array([float(found.get(name, 0) == len(kinds)) for name in tools]) * successful
    label = period or f"{cut.year}Q{cut.quarter}"
    frame = pd.DataFrame({"tool": tools, "period": label, "adopted": adopted, "successful": successful})
    return Counts.from_frame(
        frame,
        numerator="adopted",
        denominator="successful",
        unit="tool",
        time="period",
        notes=judged.notes,
    )
