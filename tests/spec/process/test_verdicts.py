"""Verdicts by hand, and the share of successful tools that were adopted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import publish
from evaluation.errors import DataError
from evaluation.process import (
    Criterion,
    Target,
    VerdictRule,
    adopted_of_successful,
    complete,
    indicator,
    indicator_table,
    target_state,
    verdicts,
)
from evaluation.report.sentences import warnings

RULE = VerdictRule(
    "v1",
    "2019-12-15",
    (
        Criterion("kept", 0.8, required=True),
        Criterion("days", 30, operator="at_most"),
        Criterion("reach", 0.3),
        Criterion("cost", 50, operator="less_than"),
    ),
)
START = "2020-03-31"
# tool: kept, days, reach, cost, n, since -> verdict at the end of March 2021, met, failed, unknown
TOOLS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "all": ((0.8, 30, 0.3, 49, 20, START), ("success", 4, 0, 0)),
    "half": ((0.9, 30, 0.2, 50, 20, START), ("partial", 2, 2, 0)),
    "one": ((0.9, 31, 0.2, 50, 20, START), ("not_successful", 1, 3, 0)),
    "lost": ((0.79, 10, 0.9, 10, 99, START), ("not_successful", 3, 1, 0)),
    "few": ((0.9, 10, 0.9, 10, 19, START), ("too_early", 4, 0, 0)),
    "young": ((0.9, 10, 0.9, 10, 99, "2020-04-01"), ("too_early", 4, 0, 0)),
    "blind": ((np.nan, 10, 0.9, 10, 99, START), ("too_early", 3, 0, 1)),
    "gap": ((0.9, 10, np.nan, 10, 99, START), ("partial", 3, 0, 1)),
    "none": ((np.nan, np.nan, np.nan, np.nan, 99, START), ("too_early", 0, 0, 4)),
}
INDICATORS = ("kept", "days", "reach", "cost")


def evidence() -> pd.DataFrame:
    rows = [
        (tool, name, given[i], given[4], given[5])
        for tool, (given, _) in TOOLS.items()
        for i, name in enumerate(INDICATORS)
    ]
    return pd.DataFrame(rows, columns=["tool", "indicator", "value", "n", "since"])


def test_every_branch_of_the_rule() -> None:
    found = verdicts(RULE, evidence(), tools=[*TOOLS, "absent"], at="2021Q1")
    table = found.table.set_index("tool")
    for tool, (_, expected) in TOOLS.items():
        row = table.loc[tool, ["verdict", "met", "failed", "unknown"]]
        assert tuple(row) == expected, tool
    assert (table.loc["absent", "verdict"], table.loc["absent", "unknown"]) == ("too_early", 4)
    assert table.loc["half", "unmet"] == "reach cost"
    assert [found.numbers[v] for v in ("success", "partial", "not_successful", "too_early")] == [1, 2, 2, 5]
    assert found.notes == ()


def test_twelve_months_are_whole_months() -> None:
    months = verdicts(RULE, evidence(), tools=list(TOOLS), at="2021Q1").table.set_index("tool").months
    assert (months["all"], months["young"]) == (12, 11)


@pytest.mark.parametrize(("decided", "noted"), [("2020-03-30", False), (START, True), ("2021-01-01", True)])
def test_a_rule_written_after_the_data_is_noted(decided: str, noted: bool) -> None:
    rule = VerdictRule("late", decided, RULE.criteria)
    judged = publish(verdicts(rule, evidence(), tools=list(TOOLS), at="2021Q1"))
    assert [note.code for note in judged.notes] == (["rule_after_data"] if noted else [])
    said = " ".join(warnings(judged, "cs")).replace("\u00a0", " ")
    assert ("tedy nikoli před počátkem dat (31. března 2020)" in said) is noted


DOCUMENTS = pd.DataFrame(
    [
        ("all", "city_strategy", "2021-01-10"),
        ("all", "development_strategy", "2021-03-31"),
        ("half", "city_strategy", "2021-01-10"),
        ("half", "development_strategy", "2021-01-10"),
        ("all", "district_concept", "2021-02-01"),
    ],
    columns=["tool", "kind", "adopted"],
)


def share(rule: VerdictRule, at: str) -> tuple[float, float, str]:
    judged = verdicts(rule, evidence(), tools=list(TOOLS), at="2021Q1")
    found = indicator_table(indicator(adopted_of_successful(judged, DOCUMENTS, at=at)).infer(complete))
    row = found.table.iloc[0]
    light = target_state(row.estimate, Target(0.5, due="2023Q2"), at=at, state=row.state)
    return row.numerator, row.denominator, str(light.numbers["state"])


def test_at_least_half_of_the_successful_ones_in_both_documents() -> None:
    """Half is adopted but no success; all is a success, and in both documents from the last day of March."""
    assert share(RULE, "2021-03-30") == (0, 1, "open")
    assert share(RULE, "2021Q1") == (1, 1, "met")
    lenient = VerdictRule("w", "2019-12-15", (Criterion("kept", 0.8),))
    assert share(lenient, "2021Q1") == (2, 4, "met"), "4 successful of 9, not 8, is the denominator"


def test_the_share_is_undefined_while_none_is_successful() -> None:
    strict = VerdictRule("s", "2019-12-15", (Criterion("kept", 2.0),))
    assert share(strict, "2021Q1") == (0, 0, "undefined")


@pytest.mark.parametrize(
    "wrong",
    [
        {"criteria": ()},
        {"criteria": (Criterion("a", 1), Criterion("a", 2))},
        {"partial_share": 0},
        {"decided": None},
        {"decided": "soon"},
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        VerdictRule(**{"key": "k", "decided": "2020-01-01", "criteria": RULE.criteria} | wrong)
