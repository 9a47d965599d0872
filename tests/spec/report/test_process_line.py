"""From the demonstration records through `process` to figures: what one returns, the other draws."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import process
from evaluation.disclosure import publish
from evaluation.estimate import CheckResult
from evaluation.report import (
    Labels,
    adoption_sentences,
    figure,
    milestone_sentences,
    process_chart_sentences,
    progress_sentences,
    reporting_sentences,
    verdict_sentences,
)
from tests.shared import ROOT

AT = "2024Q4"
QUARTERS = [f"{year}Q{quarter}" for year in range(2020, 2025) for quarter in range(1, 5)]


def records(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / f"data/demo/{name}_synthetic.csv")


STARTS, SIGNED = records("tool_starts"), records("memoranda")
TOOLS, UNITS = sorted(STARTS["tool"].unique()), list(SIGNED["district"])
USE: dict[str, Any] = {"tools": TOOLS, "units": UNITS, "periods": QUARTERS}
DUE: dict[str, Any] = {"units": UNITS, "periods": QUARTERS, "at": AT}
PLAN = pd.DataFrame(
    {
        "milestone": ["coordination_point", "team_complete", "end", "end"],
        "version": ["1", "1", "1", "2"],
        "decided": ["2019-12-01", "2019-12-01", "2015-12-01", "2020-06-01"],
        "due": ["2020-04-02", "2020-06-30", "2020-12-31", "2022-10-31"],
    }
)
DONE = pd.DataFrame({"milestone": ["coordination_point", "end"], "done": ["2020-06-15", ""]})
RULE = process.VerdictRule(
    "v1", "2019-12-01", (process.Criterion("reach", 0.4), process.Criterion("cost", 9e5))
)
EVIDENCE = pd.DataFrame(
    [(tool, "reach", 0.3 + 0.1 * i, 40 * i, "2020-04-01") for i, tool in enumerate(TOOLS)],
    columns=["tool", "indicator", "value", "n", "since"],
)
CARD = EVIDENCE.assign(dimension="reach", conf_low=0.2, conf_high=0.5).drop(columns="since")
WAITING = [30, 31, 29, 33, 30, 32, 31, 20, 21, 19, 22, 20]
SUS = [f"sus_{i}" for i in range(1, 11)]


def trained() -> list[CheckResult]:
    """Persons who completed a course, against 500, with the forecast."""
    people = records("training").assign(
        quarter=lambda x: pd.PeriodIndex(x["completed"], freq="Q").astype(str)
    )
    first = people.dropna(subset="completed").sort_values("completed").drop_duplicates("person")
    table = pd.DataFrame({"all": "all", "quarter": first["quarter"], "trained": 1})
    table = table.groupby(["all", "quarter"], as_index=False)["trained"].sum()
    counts = process.Counts.from_frame(table, numerator="trained", unit="all", time="quarter")
    path = process.indicator_path(counts, estimand="count")
    target = process.Target(500, start="2016-01-01", due="2022-10-31")
    total = float(path.table["estimate"].iloc[-1])
    ahead = process.forecast(
        np.diff(path.table["estimate"]), periods=path.table["period"][1:], target=2 * total
    )
    return [path, process.target_state(total, target, at=AT), ahead]


MADE: dict[str, Any] = {
    "adoption": lambda: process.adoption(STARTS, **USE),
    "adoption_curve": lambda: process.adoption_curve(STARTS, memoranda=SIGNED, **USE),
    "dose": lambda: process.dose(STARTS, **USE),
    "sustainment": lambda: process.sustainment(STARTS, units=UNITS, at=AT, tools=TOOLS, by_tool=True),
    "reporting_matrix": lambda: process.reporting_matrix(records("reports"), **DUE),
    "reporting_rates": lambda: process.reporting_rates(records("reports"), **DUE),
    "grouped_rates": lambda: process.reporting_rates(
        records("reports"), groups={name: "pilot" if name < "Praha 3" else "other" for name in UNITS}, **DUE
    ),
    "milestones": lambda: process.milestones(PLAN, DONE, at=AT),
    "verdicts": lambda: process.verdicts(RULE, EVIDENCE, tools=TOOLS, at=AT),
    "scorecard": lambda: process.scorecard("re_aim", CARD, tools=TOOLS),
    "usability": lambda: process.sus(records("tool_assessments"), items=SUS, by="tool"),
    "xmr": lambda: process.xmr_chart(
        [30, 31, 29, 33, 30, 32, 31, 20, 21, 19, 22, 20], periods=QUARTERS[:12], draws=50
    ),
    "run": lambda: process.run_chart(WAITING[:6], periods=QUARTERS[:6]),
    "progress": trained,
}


TOLD: dict[str, Any] = {
    "adoption_curve": adoption_sentences,
    "milestones": milestone_sentences,
    "reporting_matrix": reporting_sentences,
    "verdicts": verdict_sentences,
    "xmr": process_chart_sentences,
    "run": process_chart_sentences,
    "progress": progress_sentences,
}


def published(name: str) -> Any:
    made = MADE[name]()
    return [publish(one) for one in made] if isinstance(made, list) else publish(made)


@pytest.mark.parametrize("name", MADE)
def test_what_process_returns_is_drawn_and_told(name: str) -> None:
    found = published(name)
    for lang in ("cs", "en"):
        drawn = figure(found, lang, labels=Labels(outcome="x", synthetic=True))
        words = drawn.alt + drawn.data_table_html
        assert not re.search(r"\bnan\b|\{|NaT", words)
        assert drawn.svg.startswith("<?xml")
    if name in TOLD:
        assert all(TOLD[name](found, "cs"))


def test_a_memorandum_is_no_tool() -> None:
    said = " ".join(adoption_sentences(published("adoption_curve"), "en"))
    assert "have signed the memorandum" in said
    assert "memorandum (" not in said


def test_a_dose_that_is_not_known_is_no_zero() -> None:
    starts = pd.DataFrame(
        {"tool": ["a", "a"], "district": ["A", "B"], "started": ["2020-02-01", ""], "ended": ""}
    )
    found = process.dose(starts, tools=["a"], units=["A", "B"], periods=["2020Q1"])
    assert np.isnan(found.table.set_index("unit")["tools_in_use"]["B"])
    html = figure(publish(found), "en").data_table_html
    assert html.count('<td class="num">0</td>') == 0
