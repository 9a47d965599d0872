"""Tools judged: the evidence of each, the verdict by a rule written beforehand, and its scorecards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from evaluation import process
from evaluation.estimate import CheckResult
from evaluation.run.process.records import Records
from evaluation.run.programme import Programme

_SHARES = {
    "reach": ("reached", "eligible"),
    "outcome": ("good_outcomes", "cases"),
    "fidelity": ("fidelity_met", "fidelity_items"),
}
SCALES = {"acceptability": "aim", "appropriateness": "iam", "feasibility": "fim"}
SUS = "sus"
_RE_AIM = {
    "reach": "reach",
    "outcome": "effectiveness",
    "adoption": "adoption",
    "fidelity": "implementation",
    "sustainment": "maintenance",
}
_PROCTOR = {
    "reach": "penetration",
    "fidelity": "fidelity",
    "adoption": "adoption",
    "sustainment": "sustainability",
    **{name: name for name in SCALES},
}
_COLUMNS = ["tool", "indicator", "value", "conf_low", "conf_high", "n"]
_STAYS = 12
"""Months after which a tool still in use counts as sustained."""


def evidence(programme: Programme, records: Records, districts: Sequence[str]) -> pd.DataFrame:
    """Pool what is known of each tool up to the cut-off.

    Parameters
    ----------
    programme : Programme
    records : Records
    districts : sequence of str
        All that could use a tool.

    Returns
    -------
    DataFrame
        One row per tool and indicator: tool, indicator (reach, outcome, fidelity as shares with Wilson's
        interval; acceptability, appropriateness, feasibility as means of 1 to 5 with t intervals over
        respondents; adoption, the share of districts that ever used it; sustainment, the share of uses that
        lasted 12 months), value, conf_low, conf_high, n, since (first start of the tool).
    """
    results, answers = (records.tables.get(name) for name in ("tool_results", "tool_assessments"))
    starts = records.tables["tool_starts"]
    parts = [_adoption(starts, len(districts)), _sustainment(programme, records, districts)]
    parts += [] if results is None else [_share(results, name, *pair) for name, pair in _SHARES.items()]
    parts += [] if answers is None else [_scale(answers, name) for name in SCALES]
    found = pd.concat(parts, ignore_index=True)[_COLUMNS]
    return found.assign(since=found.tool.map(starts.groupby("tool").started.min()))


def _adoption(starts: pd.DataFrame, districts: int) -> pd.DataFrame:
    """Share of all districts that ever used the tool: a complete count, so without an interval."""
    users = starts[starts.started.notna()].groupby("tool", sort=False).district.nunique()
    nothing = float("nan")
    return pd.DataFrame(
        {"tool": users.index, "indicator": "adoption", "value": users.to_numpy() / districts,
         "conf_low": nothing, "conf_high": nothing, "n": districts}
    )  # fmt: skip


def _sustainment(programme: Programme, records: Records, districts: Sequence[str]) -> pd.DataFrame:
    found = process.sustainment(
        records.tables["tool_starts"],
        units=districts,
        tools=[one.id for one in programme.tools],
        at=records.cut_off,
        months=(_STAYS,),
        by_tool=True,
    ).table
    own = found[(found.tool != "total") & (found.followed > 0)]
    named = own.rename(columns={"share": "value", "followed": "n"})
    return named.assign(indicator="sustainment")[_COLUMNS]


def _share(results: pd.DataFrame, name: str, top: str, bottom: str) -> pd.DataFrame:
    counts = process.Counts.from_frame(
        results.assign(group=results.tool),
        numerator=top,
        denominator=bottom,
        unit="tool",
        time="quarter",
        groups=("group",),
    )
    result = process.indicator(counts, by="group").infer(process.wilson)
    table = process.indicator_table(result).table
    chosen = table[["term", "estimate", "conf_low", "conf_high", "denominator"]]
    return chosen.set_axis(["tool", "value", "conf_low", "conf_high", "n"], axis=1).assign(indicator=name)


def _scale(answers: pd.DataFrame, name: str) -> pd.DataFrame:
    table = usability(answers)[SCALES[name]].table
    return table.rename(columns={"estimate": "value"}).assign(indicator=name)[_COLUMNS]


def usability(answers: pd.DataFrame) -> dict[str, CheckResult]:
    """Means of the four scales by tool, as `evaluation.process.sus` and `item_means` give them."""

    def items(scale: str) -> list[str]:
        return [str(column) for column in answers if str(column).startswith(f"{scale}_")]

    found = {SUS: process.sus(answers, items=items(SUS), by="tool")}
    for scale in SCALES.values():
        found[scale] = process.item_means(answers, measure=scale, items=items(scale), by="tool")
    return found


def judged(programme: Programme, records: Records, districts: Sequence[str]) -> CheckResult | None:
    """Judge each tool of the registry, where the programme has a rule and the records have results."""
    rule = programme.verdict_rule
    if rule is None or not {"tool_results", "tool_starts"} <= set(records.tables):
        return None
    criteria = tuple(
        process.Criterion(one.indicator, one.at_least, required=one.required) for one in rule.criteria
    )
    written = process.VerdictRule(
        key=rule.key,
        decided=rule.decided,
        criteria=criteria,
        partial_share=rule.partial_share,
        least_cases=rule.least_cases,
        least_months=rule.least_months,
    )
    return process.verdicts(
        written,
        evidence(programme, records, districts),
        tools=[one.id for one in programme.tools],
        at=records.cut_off,
        data_from=programme.duration.first,
    )


def kinds_needed(programme: Programme) -> tuple[str, ...]:
    """Kinds of document in which a successful tool must be, as the target says."""
    targets = (one.target for one in programme.indicators.values())
    return next((one.needs for one in targets if one and one.needs), ())


def verdict_table(found: CheckResult, programme: Programme, documents: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per tool: verdict, whether it is decided, whether documents of every kind name it."""
    kinds = set(kinds_needed(programme))
    held: dict[str, set[str]] = {}
    if documents is not None:
        own = documents[documents.adopted.notna()]
        held = {str(tool): set(rows.kind) for tool, rows in own.groupby("tool")}
    table = found.table[["tool", "verdict"]]
    return table.assign(
        decided=_flags(table.verdict != "too_early"),
        adopted=_flags(bool(kinds) and kinds <= held.get(tool, set()) for tool in table.tool),
    )


def _flags(values: Any) -> list[str]:
    return ["true" if value else "false" for value in values]


def scorecards(programme: Programme, records: Records, districts: Sequence[str]) -> dict[str, CheckResult]:
    """RE-AIM and Proctor's outcomes of each tool, every dimension present.

    Returns
    -------
    dict of CheckResult
        ``re_aim``, ``proctor``.
    """
    known = evidence(programme, records, districts)
    tools = [one.id for one in programme.tools]
    made = {}
    for name, dimensions in (("re_aim", _RE_AIM), ("proctor", _PROCTOR)):
        rows = known[known.indicator.isin(dimensions)]
        rows = rows.assign(dimension=rows.indicator.map(dimensions))
        made[name] = process.scorecard(name, rows, tools=tools)
    return made
