"""The programmes as data: every promise under its number, in its own words, with its exact target."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluation.errors import EvaluationError
from evaluation.run.programme import Commitment, Indicator, Programme, read_programmes, schema
from evaluation.run.project import open_project
from evaluation.run.screen import screen
from tests.project import make_project
from tests.shared import ROOT, shared

DOCUMENTS = {"mhmp": "000_11697a47403fd263.txt", "mpsv": "003_fd9cd1e519f7896b.txt"}
ROWS = {"mhmp": [f"A{i}" for i in range(1, 28)], "mpsv": [f"B{i}" for i in range(1, 19)]}


def load(name: str) -> Programme:
    found = {one.file.split("/")[-1][:-4]: one for one in read_programmes(open_project(ROOT))}[name]
    assert found.defects == ()
    assert found.programme is not None
    return found.programme


PROGRAMMES = {name: load(name) for name in DOCUMENTS}
EVERY_ROW = [(name, row) for name, one in PROGRAMMES.items() for row in one.commitments]
EVERY_INDICATOR = [(row, one) for _, row in EVERY_ROW for one in row.indicators]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_row_is_there_once_and_in_order(name: str) -> None:
    assert [row.id for row in PROGRAMMES[name].commitments] == ROWS[name]


@pytest.mark.parametrize(("name", "row"), EVERY_ROW, ids=[row.id for _, row in EVERY_ROW])
def test_every_quote_stands_in_the_document(name: str, row: Commitment) -> None:
    document = " ".join(shared(f"domain/documents/{DOCUMENTS[name]}").read_text("utf-8").split())
    position = 0
    for quote in row.quotes:
        found = document.find(quote, position)
        assert found >= 0, quote
        position = found + len(quote)
    assert len(row.english) > 10


@pytest.mark.parametrize(("name", "row"), EVERY_ROW, ids=[row.id for _, row in EVERY_ROW])
def test_a_promise_has_indicators_and_a_way_to_judge_it(name: str, row: Commitment) -> None:
    assert bool(row.indicators) == (row.kind != "fact")
    assert row.design is not None
    if row.kind in {"impact", "both"}:
        assert row.concerns


def test_both_families_of_effects_are_asked_for() -> None:
    """A23: on the target group and on staff; each has an evaluation question of its own."""
    concerned = {
        who for row in PROGRAMMES["mhmp"].commitments if row.kind == "impact" for who in row.concerns
    }
    assert {"target_group", "district_staff"} <= concerned
    impact = [one for one in PROGRAMMES["mhmp"].questions if one.kind == "impact"]
    assert {"staff_change", "housing_need"} == {one.id for one in impact}


def target(indicator: str) -> tuple[Any, ...]:
    found = {one.id: one.target for _, one in EVERY_INDICATOR}[indicator]
    assert found is not None
    return found.operator, found.value, found.due and found.due.isoformat(), found.origin


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ("coordination_point", ("by_date", None, "2020-04-02", "document")),
        ("team", ("at_least", 9, None, "document")),
        ("tools_tested", ("at_least", 8, None, "document")),
        ("tools_with_verdict", ("at_least", 8, None, "made_exact")),
        ("reporting_districts", ("at_least", 1, None, "made_exact")),
        ("successful_tools_adopted", ("at_least", 0.5, None, "document")),
        ("estimand_families", ("at_least", 2, None, "made_exact")),
        ("local_concepts", ("at_least", 1, None, "document")),
        ("pilot_municipalities", ("equal_to", 16, None, "document")),
        ("population_coverage", ("more_than", 0.11, None, "document")),
        ("persons_trained", ("at_least", 500, "2022-10-31", "document")),
        ("opening_hours", ("at_least", 12, None, "made_exact")),
        ("housing_retention", ("at_least", 0.8, None, "practice")),
    ],
)
def test_targets_are_exact(indicator: str, expected: tuple[Any, ...]) -> None:
    assert target(indicator) == expected


def test_no_other_row_has_a_target() -> None:
    """A promise without a number gets none, least of all the 1,000 households of a follow-on project."""
    rows = {row.id for row, one in EVERY_INDICATOR if one.target}
    assert rows == {"A5", "A8", "A11", "A12", "A17", "A23", "A24", "B7", "B8", "B12", "B15", "B17"}
    values = {one.target.value for _, one in EVERY_INDICATOR if one.target}
    assert 1000 not in values


def test_half_is_of_the_successful_tools_and_needs_both_kinds_of_document() -> None:
    """Trap 3: the denominator is never 8."""
    found = PROGRAMMES["mhmp"].indicators["successful_tools_adopted"]
    assert found.target is not None
    assert found.target.needs == ("city_strategy", "development_strategy")
    assert found.measure is not None
    assert found.measure.where == {"verdict": "success"}
    assert found.measure.of is None


def test_what_is_counted_out_of_districts_is_out_of_57() -> None:
    of = {one.measure.of for _, one in EVERY_INDICATOR if one.unit.en == "districts" and one.measure}
    assert of == {len(pd.read_csv(ROOT / "data/reference/prague_districts.csv"))} == {57}


def test_coverage_of_the_sixteen_is_computed() -> None:
    table = pd.read_csv(ROOT / "data/reference/mpsv_municipalities.csv")
    rule = PROGRAMMES["mpsv"].indicators["population_coverage"].measure
    assert rule is not None
    assert rule.total is not None
    assert rule.of == 10_649_800
    assert round(100 * table[rule.total].sum() / rule.of, 2) == 11.34
    assert table.kind.value_counts().to_dict() == {"municipality": 14, "city_district": 2}


def test_trained_are_persons_and_not_completions() -> None:
    rule = PROGRAMMES["mpsv"].indicators["persons_trained"].measure
    assert rule is not None
    assert (rule.distinct, rule.success) == ("person", {"completed": None})


def test_opening_hours_are_those_of_the_document() -> None:
    row = next(row for row in PROGRAMMES["mpsv"].commitments if row.id == "B17")
    monday, others = re.findall(r"od (\d+) do (\d+)", row.quote)
    hours = [int(end) - int(begin) for begin, end in (monday, others, others)]
    assert sum(hours) == 12 == row.indicators[0].known[0].value


def test_the_ministry_s_project_was_extended_by_22_months() -> None:
    end = next(one for one in PROGRAMMES["mpsv"].milestones if one.id == "project_end")
    assert end.plan == datetime.date(2020, 12, 31)
    assert [one.date for one in end.revised] == [datetime.date(2022, 10, 31)]
    months = 12 * (end.revised[-1].date.year - end.plan.year) + end.revised[-1].date.month - end.plan.month
    assert months == 22 == PROGRAMMES["mpsv"].indicators["extension"].known[0].value
    assert PROGRAMMES["mpsv"].duration.last == end.revised[-1].date


def test_the_coordination_point_is_due_three_months_after_the_start() -> None:
    by_id = {one.id: one for one in PROGRAMMES["mhmp"].milestones}
    start, point = by_id["project_start"].plan, by_id["coordination_point"]
    assert start is not None
    assert point.plan == start.replace(month=start.month + 3) == datetime.date(2020, 4, 2)
    assert point.actual is None  # not public


def test_five_tools_are_named_and_three_places_are_kept_free() -> None:
    """Trap 1: eight tools are not eight known names."""
    tools = PROGRAMMES["mhmp"].tools
    named = [one for one in tools if one.verified]
    assert (len(named), len(tools)) == (5, 8)
    assert all(one.name is None and one.source is None for one in tools if not one.verified)
    assert {one.id for one in named if one.continues in {"regular_budget", "follow_up_project"}} == {
        "contact_point",
        "tenants_advisers",
        "rental_agency",
        "endowment_fund",
    }


def test_call_108_excludes_prague_and_says_so() -> None:
    """Trap 4."""
    row = next(row for row in PROGRAMMES["mpsv"].commitments if row.id == "B10")
    assert row.caveat is not None
    assert "except Prague" in row.caveat.en
    assert "kromě Prahy" in row.caveat.cs
    assert not {"district", "admin_district"} & {by for one in row.indicators for by in one.disaggregation}


def test_what_the_tool_itself_records_is_no_impact() -> None:
    """Trap 2 at its source: the row of the impact says so."""
    caveat = PROGRAMMES["mhmp"].commitments[0].caveat
    assert caveat is not None
    assert "contact point itself must not" in caveat.en


def test_a_retention_rate_is_no_effect() -> None:
    """Traps 7 and 8: B12 says so and asks for death and institution as competing risks."""
    row = next(row for row in PROGRAMMES["mpsv"].commitments if row.id == "B12")
    assert row.caveat is not None
    assert row.design is not None
    assert "not an effect" in row.caveat.en
    assert "competing risks (death, institution)" in row.design.en


@pytest.mark.parametrize("name", DOCUMENTS)
def test_ethnicity_is_no_disaggregation(name: str) -> None:
    used = {by for one in PROGRAMMES[name].indicators.values() for by in one.disaggregation}
    assert not {by for by in used if "ethnic" in by or "roma" in by.split("_")}


@pytest.mark.parametrize(("row", "indicator"), EVERY_INDICATOR, ids=[one.id for _, one in EVERY_INDICATOR])
def test_an_indicator_is_a_process_fact_or_has_data_or_is_empty(
    row: Commitment, indicator: Indicator
) -> None:
    assert indicator.numerator.cs != indicator.numerator.en
    if indicator.type in {"share", "rate"}:
        assert indicator.denominator is not None
    if row.kind == "impact":
        assert indicator.measure is None or indicator.type == "rate", "impact is estimated, not counted"


def test_remembered_esf_names_are_marked() -> None:
    table = pd.read_csv(ROOT / "data/reference/esf_indicators.csv", dtype=str)
    assert set(table.code[table.source_checked == "true"]) == {
        "6 00 00", "6 25 00", "6 26 00", "6 27 00", "6 29 00", "8 05 00",
    }  # fmt: skip
    assert (table.source.notna() == (table.source_checked == "true")).all()
    used = {one.esf for _, one in EVERY_INDICATOR if one.esf}
    assert used <= set(table.code[table.source_checked == "true"])


# --- defects -----------------------------------------------------------------------------------------
BAD = [
    ("registration:", "registratoin:", "unknown-key", "Did you mean 'registration'?", ""),
    ("from: money", "from: mony", "bad-value", "Did you mean 'money'?", "Nemysleli jste"),
    (
        "first: '2020-01-02'",
        "first: soon",
        "bad-value",
        "a date such as 2020-01-02",
        "datum, např. 2020-01-02",
    ),
    ("- id: A2\n", "- id: A1\n", "bad-value", "an id that stands only once", "id, které stojí jen jednou"),
    (
        "- id: team_complete\n",
        "- id: project_start\n",
        "bad-value",
        "an id that stands only once",
        "id, které stojí jen jednou",
    ),
    ("esf: 6 26 00", "esf: 6 26 09", "bad-value", "6 26 00", "6 26 00"),
    ("plan_source: document", "plan_source: documnt", "bad-value", "Did you mean 'document'?", "document"),
    (
        "  verified: false",
        "  verified: true",
        "bad-value",
        "true with the keys name and source",
        "true s klíči",
    ),
    ("due: '2020-04-02'\n", "value: 3\n", "bad-value", "a day under the key due", "den v klíči due"),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "words", "czech"), BAD, ids=[row[1].strip() or "-" for row in BAD]
)
def test_a_defect_names_the_line_and_what_is_near(
    tmp_path: Path, old: str, new: str, code: str, words: str, czech: str
) -> None:
    text = (ROOT / "analyses/programmes/mhmp.yml").read_text("utf-8")
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    defects = spoilt(tmp_path, text.replace(old, new, 1))
    assert {error.code for error in defects} == {code}
    found = re.search(r"line (\d+)", defects[0].where)
    assert found is not None
    assert abs(int(found[1]) - line) <= 8  # a rule about several keys points at the one that holds them
    assert words in str(defects[0])
    assert czech in screen("cs", defects[0])


def spoilt(folder: Path, text: str) -> tuple[EvaluationError, ...]:
    project = make_project(folder / "project")
    place = project.root / "analyses/programmes"
    place.mkdir(parents=True, exist_ok=True)
    for other in place.glob("*.yml"):
        other.unlink()
    (place / "mhmp.yml").write_text(text, "utf-8")
    reference = project.root / "data/reference/esf_indicators.csv"
    reference.write_text((ROOT / "data/reference/esf_indicators.csv").read_text("utf-8"), "utf-8")
    (found,) = read_programmes(open_project(project.root))
    assert found.programme is None
    return found.defects


def test_the_schema_names_every_key_of_an_indicator() -> None:
    indicator = schema()["$defs"]["Indicator"]
    assert indicator["additionalProperties"] is False
    assert {"numerator", "denominator", "target", "esf", "source_checked"} <= set(indicator["properties"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_analyses_of_a_question_exist(name: str) -> None:
    present = {path.stem for path in (ROOT / "analyses").glob("*.yml")}
    assert {one for question in PROGRAMMES[name].questions for one in question.analyses} <= present
