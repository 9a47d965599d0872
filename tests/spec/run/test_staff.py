"""Questions about staff: what is known at a quarter, what is refused, what the page says."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from evaluation.disclosure import publish
from evaluation.errors import DataError
from evaluation.run.project import open_project
from evaluation.run.spec import read_analyses
from evaluation.run.staff import page
from evaluation.run.staff.study import StaffStudy, make_study
from tests.shared import ROOT


def study() -> StaffStudy:
    project = open_project(ROOT)
    question = next(one.analysis for one in read_analyses(project) if one.id == "mhmp-staff")
    made: StaffStudy = make_study(question.model_copy(update={"draws": 99}), "2024Q4", project)  # type: ignore
    return made


def published(one: StaffStudy) -> dict[str, Any]:
    shown = {
        "effect": one.effect(),
        "clustered": one.others()["clustered"],
        "trends": one.trends(),
        "paired": one.paired(),
        "response": one.response(),
        "attrition": one.attrition(),
        "reliability": one.reliability(),
    }
    values = {
        name: json.loads(json.dumps(publish(value).to_json())) for name, value in shown.items() if value
    }
    spec = one.question.model_dump(mode="json") | {"synthetic": True}
    return {"spec": spec, "published": values, "quarter": "2024Q4"}


def test_a_wave_after_the_cut_off_is_not_known() -> None:
    late = study()
    early = dataclasses.replace(late, quarter="2021Q2")
    assert (late.waves.waves[-1], early.waves.waves[-1]) == ("2022Q1", "2021Q1")
    assert early.paired().numbers["after"] == "2021Q1"


def test_a_person_twice_in_a_wave_is_refused_with_the_file() -> None:
    one = study()
    frame, origin = one.loaded
    spoilt = frame.copy()
    spoilt.loc[1, "person"] = spoilt.person[0]
    one.__dict__["loaded"] = (spoilt, origin)
    with pytest.raises(DataError) as caught:
        one.waves  # noqa: B018 -- what it raises is the test
    assert caught.value.code == "doubled-person"
    assert caught.value.where == origin["file"]


@pytest.mark.parametrize(
    ("lang", "synthetic", "own"), [("cs", "syntetická", "účinkem"), ("en", "synthetic", "no effect")]
)
def test_the_page_leads_with_the_effect_and_calls_the_change_of_persons_none(
    lang: str, synthetic: str, own: str
) -> None:
    result = published(study())
    content = page.Content.of(result, lang)
    assert page.finding(result, lang).evidence
    assert own in page._paired(content)
    assert page._paired(content) not in page.finding(result, lang).said
    assert synthetic in page._table(content, "reliability", page._reliability(content))
    assert page._linked(content)[0].count("288") == 1
    for table in (page._response(content), page._attrition(content)):
        assert table.count("<tr") > 2
