"""Questions about people: what the study computes, what it refuses, what its page says."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from evaluation.disclosure import publish
from evaluation.errors import DataError
from evaluation.run.individuals import page
from evaluation.run.individuals.study import IndividualsStudy, make_study
from evaluation.run.project import open_project
from evaluation.run.spec import read_analyses
from tests.shared import ROOT


def study() -> IndividualsStudy:
    project = open_project(ROOT)
    question = next(one.analysis for one in read_analyses(project) if one.id == "mpsv-individuals")
    made: IndividualsStudy = make_study(question, "2024Q4", project)  # type: ignore[arg-type]
    return made


def result(lang_free: IndividualsStudy) -> dict[str, object]:
    shown = {
        "waits": lang_free.effect(),
        "retention": lang_free.retention(),
        "tenancy_ends": lang_free.ends(),
        "returns": lang_free.returns(),
        "need": lang_free.need(),
    }
    published = {name: json.loads(json.dumps(publish(one).to_json())) for name, one in shown.items()}
    return {"spec": lang_free.question.model_dump(mode="json") | {"synthetic": True}, "published": published}


def test_the_wait_is_that_of_the_lottery_and_begins_with_it() -> None:
    one = study()
    households = one.loaded["households_synthetic"][0].set_index("person")
    log = one.loaded["case_log_synthetic"][0]
    homes = log[(log.event == "moved_in") | ((log.event == "exited") & (log.state == "standard"))]
    first = pd.to_datetime(homes.groupby("person").date.min())
    day = pd.to_datetime(households.lottery)
    by_hand = (first - day).dt.days.dropna() / (365.25 / 12)
    waits = one.waits()
    found = waits.time[waits.cause == 1]
    np.testing.assert_allclose(np.sort(found), np.sort(by_hand[by_hand >= 0]), rtol=1e-12)
    assert waits.arm.n_groups == 2
    assert waits.strata is not None
    assert waits.strata.n_groups == 8


def test_an_earlier_quarter_knows_less() -> None:
    late = study()
    early, first = (dataclasses.replace(late, quarter=quarter) for quarter in ("2021Q4", "2020Q4"))
    assert (early.tenancies().cause > 0).sum() < (late.tenancies().cause > 0).sum()
    assert early.tenancies().time.max() < late.tenancies().time.max()
    assert len(first.households) < 300


def test_kept_lost_and_other_ends_add_up() -> None:
    one = study()
    table = one.ends().table
    kept = one.retention().table.set_index("month").survival
    for month in (6.0, 12.0, 24.0):
        lost = table[(table.month == month) & (table.cause == "lost")].share.iloc[0]
        np.testing.assert_allclose(kept[month], 1 - lost, rtol=1e-12)
        assert table[table.month == month].share.sum() < 1


def test_an_unknown_assignment_is_refused_with_its_row() -> None:
    one = study()
    frame, origin = one.loaded["households_synthetic"]
    spoilt = frame.copy()
    spoilt.attrs["lines"] = frame.attrs["lines"]
    spoilt.loc[6, "assigned"] = "waiting"
    one.__dict__["loaded"] = one.loaded | {"households_synthetic": (spoilt, origin)}
    with pytest.raises(DataError, match="waiting") as caught:
        one.waits()
    assert caught.value.example == "row 8: 'waiting'"
    assert caught.value.where == origin["file"]


@pytest.mark.parametrize(("lang", "no_effect"), [("cs", "není účinek"), ("en", "no effect")])
def test_the_page_leads_with_the_lottery_and_calls_retention_no_effect(lang: str, no_effect: str) -> None:
    found = result(study())
    said = page.finding(found | {"quarter": "2024Q4"}, lang)
    assert any(char.isdigit() for char in said.said)
    content = page._content(found | {"quarter": "2024Q4"}, lang)
    assert no_effect in page.text(lang, "individuals-no-effect")
    assert page._kept(content) not in said.said


def test_an_outcome_that_the_tool_produces_is_said() -> None:
    one = study()
    produced = one.question.model_copy(update={"tool_produced": True})
    notes = IndividualsStudy(produced, one.datasets, one.quarter, one.project).notes
    assert [note.code for note in notes] == ["synthetic_data", "outcome_from_tool"]
