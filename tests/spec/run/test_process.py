"""The kind ``process``: promises measured from records, by hand, and no zero for what is not known."""

from __future__ import annotations

import dataclasses
import datetime
import html
import math
from typing import Any

import pandas as pd
import pytest

from evaluation import report
from evaluation.disclosure import publish
from evaluation.errors import EvaluationError, SpecError
from evaluation.run.catalogue import Column, Dataset
from evaluation.run.kinds import DefectsError
from evaluation.run.process import page
from evaluation.run.process import study as studies
from evaluation.run.process.measured import measure, standing
from evaluation.run.process.records import Records, as_of, begun, with_answers, with_lateness
from evaluation.run.process.spec import ProcessQuestion
from evaluation.run.process.study import ProcessStudy
from evaluation.run.programme import Indicator, Programme
from evaluation.run.project import open_project
from evaluation.run.spec import read_analyses
from tests.shared import ROOT

PROJECT = open_project(ROOT)
QUESTIONS = {
    one.id: one.analysis for one in read_analyses(PROJECT) if isinstance(one.analysis, ProcessQuestion)
}
DAY = datetime.date(2021, 12, 31)


def study(name: str, quarter: str) -> ProcessStudy:
    return studies.make_study(QUESTIONS[name], quarter, PROJECT)


def records(**tables: list[dict[str, Any]]) -> Records:
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return Records(frames, frozenset({"synthetic_table"}), DAY)


def indicator(type_: str, **rule: Any) -> Indicator:
    words = {"cs": "a", "en": "a"}
    target = rule.pop("target", None)
    own = {"denominator": words} if type_ in {"share", "rate"} else {}
    own |= {"target": {**target, "rule": words}} if target else {}
    cumulative = rule.pop("cumulative", False)
    return Indicator.model_validate(
        {
            "id": "one", "name": words, "type": type_, "numerator": words, "unit": words, "source": words,
            "frequency": "quarterly", "cumulative": cumulative, "measure": {"table": "events", **rule}, **own,
        }
    )  # fmt: skip


EVENTS = [
    {"who": "a", "kind": "x", "day": "2020-01-05", "size": 2.0},
    {"who": "a", "kind": "x", "day": None, "size": 3.0},
    {"who": "b", "kind": "y", "day": "2021-05-05", "size": 4.0},
    {"who": "c", "kind": "x", "day": None, "size": 1.0},
]


@pytest.mark.parametrize(
    ("type_", "rule", "value", "top", "bottom"),
    [
        ("count", {}, 4, 4, None),
        ("count", {"success": {"day": None}}, 2, 2, None),
        ("count", {"where": {"kind": "x"}}, 3, 3, None),
        ("count", {"distinct": "who"}, 3, 3, None),
        ("count", {"success": {"day": None}, "distinct": "who"}, 2, 2, None),
        ("share", {"success": {"day": None}}, 0.5, 2, 4),
        ("share", {"success": {"day": None}, "distinct": "who"}, 2 / 3, 2, 3),
        ("share", {"success": {"kind": "y"}, "where": {"day": None}}, 0.5, 1, 2),
        ("share", {"success": {"day": None}, "distinct": "who", "of": 57}, 2 / 57, 2, 57),
        ("sum", {"total": "size"}, 10, 10, None),
        ("share", {"total": "size", "of": 20}, 0.5, 10, 20),
    ],
)
def test_rules_by_hand(
    type_: str, rule: dict[str, Any], value: float, top: float, bottom: float | None
) -> None:
    found = measure(indicator(type_, **rule), records(events=EVENTS), quarter="2021Q4")
    assert found.state == "measured"
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.numerator == top
    assert found.denominator == bottom if bottom else math.isnan(found.denominator)
    assert math.isnan(found.conf_low)  # a complete count has no interval
    assert found.result is not None
    assert found.result.estimate.value[0] == found.value


def test_a_sample_has_wilson_s_interval() -> None:
    rule = indicator("share", success={"day": None}, sample=True)
    found = measure(rule, records(events=EVENTS), quarter="2021Q4")
    assert (found.conf_low, found.conf_high) == pytest.approx((0.15003899, 0.84996101), abs=1e-8)  # 2 of 4


def test_no_records_are_no_zero_and_an_empty_denominator_is_undefined() -> None:
    share = indicator("share", where={"kind": "z"}, success={"day": None})
    absent = measure(share, records(), quarter="2021Q4")
    assert (absent.state, absent.reason) == ("no_data", "no_records")
    assert math.isnan(absent.value)
    empty = measure(share, records(events=EVENTS), quarter="2021Q4")
    assert (empty.state, empty.reason) == ("undefined", "denominator_zero")
    assert math.isnan(empty.value)


def test_a_level_is_that_of_the_last_quarter_and_a_total_adds_up() -> None:
    rows = [
        {"quarter": "2021Q3", "fte": 5.0},
        {"quarter": "2021Q4", "fte": 3.0},
        {"quarter": "2021Q4", "fte": 1.5},
    ]
    found = records(events=rows)
    assert measure(indicator("sum", total="fte"), found, quarter="2021Q4").value == 4.5
    assert measure(indicator("sum", total="fte", cumulative=True), found, quarter="2021Q4").value == 9.5


def test_a_quarter_whose_reports_are_not_due_is_not_judged() -> None:
    rows = [
        {"quarter": "2021Q3", "due": "2021-10-30", "received": "2021-10-01"},
        {"quarter": "2021Q4", "due": "2022-01-30", "received": None},
    ]
    rule = indicator("share", success={"received": None})
    found = measure(rule, records(events=rows), quarter="2021Q4")
    assert (found.numerator, found.denominator) == (1, 1)


def test_a_rule_that_names_no_column_is_an_error_that_offers_the_nearest() -> None:
    with pytest.raises(SpecError, match="Did you mean 'size'"):
        measure(indicator("sum", total="sise"), records(events=EVENTS), quarter="2021Q4")


TARGET = {"operator": "at_least", "value": 4}


@pytest.mark.parametrize(
    ("target", "cumulative", "state"),
    [
        ({**TARGET, "value": 3}, False, "met"),
        (TARGET, False, "open"),  # a level has no path before the programme ends
        ({**TARGET, "due": "2021-06-30"}, False, "missed"),
        (TARGET, True, "on_track"),  # 3 of 4 after 2 of 3.5 years
        ({**TARGET, "value": 30}, True, "at_risk"),
        ({**TARGET, "operator": "more_than", "value": 3}, True, "on_track"),
        ({**TARGET, "operator": "equal_to", "value": 3}, False, "met"),
    ],
)
def test_states_of_targets(target: dict[str, Any], cumulative: bool, state: str) -> None:
    one = indicator("count", distinct="who", target=target, cumulative=cumulative)
    programme = study("mhmp-process", "2024Q4").programme
    found = records(events=EVENTS)
    assert standing(one, measure(one, found, quarter="2021Q4"), programme, found) == state


@pytest.mark.parametrize(
    ("day", "state"), [("2020-04-02", "met"), ("2020-04-03", "missed"), (None, "missed")]
)
def test_a_promise_with_a_date(day: str | None, state: str) -> None:
    target = {"operator": "by_date", "due": "2020-04-02"}
    one = indicator("date", date="day", success={"day": None}, target=target)
    found = records(events=[{"day": day}])
    programme = study("mhmp-process", "2024Q4").programme
    assert standing(one, measure(one, found, quarter="2021Q4"), programme, found) == state


def test_a_promise_with_a_date_of_which_nothing_is_known_is_not_missed() -> None:
    question = QUESTIONS["mhmp-process"]
    tables = {name: one for name, one in question.tables.items() if name != "milestone_actuals"}
    one = studies.make_study(question.model_copy(update={"tables": tables}), "2024Q4", PROJECT)
    found = one.commitments().table
    assert found[found.id == "A11"].state.tolist() == ["no_data"]
    assert "no_data" in one.milestones().table.state.tolist()


def test_what_had_not_happened_by_the_cut_off_was_not_known() -> None:
    date = {"type": "date", "meaning": {"cs": "a", "en": "a"}}
    dataset = Dataset.model_construct(
        columns={
            "due": Column.model_validate({**date, "planned": True}),
            "received": Column.model_validate(date),
        }
    )
    frame = pd.DataFrame({"due": ["2022-01-30", "2021-10-30"], "received": ["2022-01-02", "2021-10-01"]})
    shown = as_of(frame, dataset, DAY)
    assert shown.due.tolist() == ["2022-01-30", "2021-10-30"]
    assert shown.received.tolist() == [None, "2021-10-01"]
    starts = pd.DataFrame({"started": ["2022-01-01", "2021-12-31", None]})
    assert begun(starts, "tool_starts", DAY).started.fillna("").tolist() == ["2021-12-31", ""]


def test_days_to_an_answer_are_working_days_and_lateness_is_exact() -> None:
    enquiries = pd.DataFrame(  # Friday to Friday is five working days
        {"received": ["2021-10-01"] * 3, "answered": ["2021-10-08", "2021-10-11", None]}
    )
    assert with_answers(enquiries, 5).in_time.tolist() == ["true", "false", "false"]
    reports = pd.DataFrame({"due": ["2021-10-30"] * 3, "received": ["2021-10-30", "2021-10-31", None]})
    assert with_lateness(reports).on_time.tolist() == ["true", "false", "false"]


# --- the demonstration -------------------------------------------------------------------------------
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_promise_has_a_row_and_an_honest_state(name: str) -> None:
    one = study(name, "2024Q4")
    table = one.commitments().table
    assert list(dict.fromkeys(table.id)) == [row.id for row in one.programme.commitments]
    unknown = table[table.state == "no_data"]
    assert unknown[["value", "numerator"]].isna().all(axis=None)
    assert len(unknown) > 10 or name == "mhmp-tools"
    assert not unknown.synthetic.any()
    measured = table[table.value.notna() & ~table.synthetic]
    assert (measured.evidence_en != "").all()


def row(name: str, quarter: str, indicator_en: str) -> Any:
    table = study(name, quarter).commitments().table
    return table[table.indicator_en == indicator_en].iloc[0]


def test_what_is_known_without_records_is_a_fact_and_not_synthetic() -> None:
    coverage = row(
        "mpsv-process", "2024Q4", "Share of the population of Czechia in the cooperating municipalities"
    )
    assert (coverage.numerator, coverage.denominator) == (1_207_172, 10_649_800)
    assert (coverage.state, bool(coverage.synthetic)) == ("met", False)
    assert row("mpsv-process", "2024Q4", "Consultation hours a week").state == "met"
    assert row("mpsv-process", "2024Q4", "Cooperating municipalities").value == 16


def test_an_earlier_cut_knows_less() -> None:
    persons = [row("mpsv-process", quarter, "Persons trained").value for quarter in ("2024Q3", "2024Q4")]
    assert persons[0] == persons[1] >= 500  # the project had ended
    tables = study("mpsv-process", "2024Q4").records.tables["training"]
    by_2020 = tables[tables.completed.fillna("9") <= "2020-06-30"].person.nunique()
    assert 0 < by_2020 < persons[0]


def test_adoption_gives_the_treatment_dates_of_the_impact_design() -> None:
    """One source for both: the starts of the tools, and the panel's column `pilot_start`."""
    found = study("mhmp-process", "2024Q4").starts().table
    panel = pd.read_csv(ROOT / "data/demo/prague_synthetic.csv").drop_duplicates("district")
    expected = panel.set_index("district").pilot_start.fillna("").to_dict()
    assert dict(zip(found.unit, found.cohort, strict=True)) == expected
    assert not found.excluded.any()


def test_two_pilots_began_before_the_programme() -> None:
    """Trap 5 on the map."""
    found = study("mhmp-process", "2024Q4").districts()
    assert found is not None
    states = found.table.set_index("district").state
    assert set(states.index[states == "pilot_before"]) == {"Praha 7", "Praha 10"}
    assert set(states.index[states == "pilot"]) == {"Praha 1", "Praha 3", "Praha 22"}
    assert len(states) == 57


def test_verdicts_rest_on_counts_that_can_be_added_up_by_hand() -> None:
    one = study("mhmp-tools", "2024Q4")
    judged = one.verdicts()["verdicts"].table.set_index("tool")
    results = (
        pd.read_csv(ROOT / "data/demo/tool_results_synthetic.csv").groupby("tool").sum(numeric_only=True)
    )
    good = results.good_outcomes / results.cases >= 0.75
    faithful = results.fidelity_met / results.fidelity_items >= 0.75
    assert set(judged.index[judged.verdict == "success"]) == set(results.index[good & faithful])
    assert set(judged.index[judged.verdict == "too_early"]) == {
        "tool_7",
        "tool_8",
    }  # nothing is known of them


def test_adopted_are_counted_out_of_the_successful_and_need_both_kinds_of_document() -> None:
    """Trap 3, measured: three tools are in a strategy of the city, two of these in the long-term one too."""
    found = study("mhmp-tools", "2024Q4").verdicts()
    last = found["adopted_path"].table.iloc[-1]
    assert (last.numerator, last.denominator) == (2, 4)
    assert found["adopted_target"].numbers["state"] == "met"
    promised = row("mhmp-process", "2024Q4", "Successful tools adopted in strategies")
    assert (promised.numerator, promised.denominator, promised.state) == (2, 4, "met")


def test_while_no_tool_is_successful_the_share_is_undefined_and_says_why() -> None:
    one = study("mhmp-process", "2024Q4")
    rule = one.programme.verdict_rule
    assert rule is not None
    strict = rule.model_copy(update={"least_cases": 10_000})
    harder = dataclasses.replace(one, programme=one.programme.model_copy(update={"verdict_rule": strict}))
    table = harder.commitments().table
    adopted = table[table.indicator_en == "Successful tools adopted in strategies"].iloc[0]
    assert (adopted.state, adopted.reason) == ("undefined", "denominator_zero")
    assert math.isnan(adopted.value)


def test_every_tool_has_every_dimension_and_the_unknown_stays_unknown() -> None:
    found = study("mhmp-tools", "2024Q4").scorecards()
    for name, dimensions in (("re_aim", 5), ("proctor", 8)):
        table = found[name].table
        assert table.groupby("tool").dimension.nunique().eq(dimensions).all()
        assert table[table.tool.isin(["tool_7", "tool_8"])].value.isna().all()
    assert {one.table.measure.iloc[0] for key, one in found.items() if key.startswith("usability")} == {
        "sus", "aim", "iam", "fim",
    }  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_checks_on_synthetic_records_say_so(name: str) -> None:
    one = study(name, "2024Q4")
    shown = [one.commitments(), one.milestones(), one.districts(), one.municipalities()]
    shown += [
        *one.verdicts().values(),
        *one.scorecards().values(),
        *one.adoption().values(),
        *one.reporting().values(),
        *one.progress().values(),
    ]
    public = {"milestones"} - ({"milestones"} if "milestone_actuals" in one.question.tables else set())
    for check in (one for one in shown if one is not None and one.name not in public):
        assert "synthetic_data" in {note.code for note in check.notes}, check.name
    assert one.theory().notes == ()  # the documents are real


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"programme": "mhpm"}, "Did you mean 'mhmp'"),
        ({"forecast": "persons_trainde"}, "Did you mean 'persons_trained'"),
        ({"tables": {"training": "training_syntetic"}}, "Did you mean 'training_synthetic'"),
    ],
)
def test_what_is_not_there_is_named(change: dict[str, Any], words: str) -> None:
    question = QUESTIONS["mpsv-process"].model_copy(update=change)
    with pytest.raises((EvaluationError, DefectsError), match=words):
        studies.check(question, "2024Q4", PROJECT, "analyses/mpsv-process.yml")


def test_the_programme_of_a_question_belongs_to_its_fingerprint(programme_file: str) -> None:
    assert programme_file in QUESTIONS["mhmp-process"].files


@pytest.fixture
def programme_file() -> str:
    programme: Programme = study("mhmp-process", "2024Q4").programme
    return f"analyses/programmes/{programme.id}.yml"


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_page_and_the_cover_say_synthetic_and_every_promise_stands_on_it(name: str, lang: str) -> None:
    one = study(name, "2024Q4")
    shown = {"names": one.names(), **one.verdicts()}
    if name != "mhmp-tools":
        shown = {"commitments": one.commitments(), "theory_of_change": one.theory(), **shown}
        shown["evaluation_questions"] = one.questions()
    result = {
        "id": name, "quarter": "2024Q4", "parameters": {}, "provenance": {},
        "spec": QUESTIONS[name].model_dump(mode="json") | {"synthetic": True, "caveat": None},
        "published": {key: publish(value).to_json() for key, value in shown.items()},
    }  # fmt: skip
    found = page.finding(result, lang)
    assert {"cs": "Syntetická data", "en": "Synthetic data"}[lang] in found.said
    files = page.files(result, {}, lang)
    if "commitments" in shown:
        table = files["_tbl-commitments.qmd"]
        for row_ in one.programme.commitments:
            assert f">{row_.id}<" in table
            assert html.escape(row_.quotes[0], quote=False) in html.unescape(table).replace("\xa0", " ")
        for question in one.programme.questions:
            assert getattr(question.text, lang) in html.unescape(files["_tbl-questions.qmd"])
        assert "syntet" not in files["_fig-theory.qmd"]  # what the documents say is real
        assert "synthet" not in files["_fig-theory.qmd"]
    assert page.sections(result)["process_verdicts"] == ("verdicts" in shown)


def test_a_promise_stands_where_its_target_does_and_not_where_further_indicators_do() -> None:
    """B15: 500 persons trained is met, although how many enrolled has no target."""
    published = publish(study("mpsv-process", "2024Q4").commitments())
    said = " ".join(report.commitment_sentences(published, "en"))
    assert "met 3" in said  # B8, B15 and B17
