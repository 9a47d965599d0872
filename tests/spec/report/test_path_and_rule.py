"""Paths by distance from the start, the pre-trend test and the rule of selection, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.checks import CheckResult, pretrends, selection_rule
from evaluation.design import StudyDesign
from evaluation.disclosure import Publishable, publish
from evaluation.errors import DisclosureError
from evaluation.estimators import att_gt, event_study
from evaluation.inference import clustered, multiplier_bootstrap
from evaluation.report import figure, pretrend_sentence, rule_sentences, sentence, strength
from evaluation.simulate import did_panel
from tests.spec.report import values as v

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


@pytest.fixture(scope="module")
def design() -> StudyDesign:
    return StudyDesign.from_frame(did_panel(n_units=40, n_treated=15, n_periods=8, seed=4), **COLUMNS)


@pytest.fixture(scope="module")
def path(design: StudyDesign) -> Publishable:
    return publish(event_study(design).infer(clustered))


@pytest.fixture(scope="module")
def rule() -> Publishable:
    panel = did_panel(n_units=30, n_treated=6, n_periods=6, family="poisson", mean=8, seed=4)
    return publish(selection_rule(StudyDesign.from_frame(panel, **COLUMNS), treated=6, comparison=6))


@pytest.mark.parametrize(("lang", "mark"), [("cs", ","), ("en", ".")])
def test_a_path_is_drawn_with_words_and_data(path: Publishable, lang: str, mark: str) -> None:
    drawn = figure(path, lang, labels=v.LABELS[lang])
    rows = path.tables["tidy"]
    assert drawn.svg == figure(path, lang, labels=v.LABELS[lang]).svg
    assert drawn.alt.count(";") == len(rows) - 1
    assert mark in drawn.alt
    assert "−" in drawn.alt
    assert len(drawn.csv.splitlines()) == 1 + len(rows)
    assert drawn.data_table_html.count("<tr>") == 1 + len(rows)


def test_a_band_is_drawn_where_the_inference_gives_one(design: StudyDesign, path: Publishable) -> None:
    effects = aggregate(att_gt(design), by="event_time")
    banded = figure(publish(effects.infer(multiplier_bootstrap, seed=1)), "en").svg
    assert 'id="FillBetweenPolyCollection_1"' in banded
    assert "FillBetweenPolyCollection" not in figure(path, "en").svg


@pytest.mark.parametrize(
    ("passed", "cs", "en"),
    [
        (False, "nelze vydávat za účinek", "must therefore not be taken"),
        (True, "tím dokázán není", "does not prove parallel trends"),
        (None, "o ničem nerozhoduje", "decides nothing here"),
    ],
)
def test_the_pretrend_test_is_said_without_overstating_it(passed: bool | None, cs: str, en: str) -> None:
    numbers = {"df": 3, "clusters": 40, "p_value": 0.2, "treated_clusters": 5}
    published = publish(CheckResult("pretrends", passed, pd.DataFrame({"event_time": [-2]}), numbers))
    assert cs in pretrend_sentence(published, "cs")
    assert en in pretrend_sentence(published, "en")


def test_a_singular_pretrend_test_is_said() -> None:
    numbers = {"df": 12, "clusters": 6}
    published = publish(CheckResult("pretrends", None, pd.DataFrame({"event_time": [-2]}), numbers))
    assert "nic nevypovídal" in pretrend_sentence(published, "cs")
    assert "would say nothing" in pretrend_sentence(published, "en")


def test_a_failed_pretrend_test_takes_the_word_effect_back(design: StudyDesign) -> None:
    steep = did_panel(n_units=40, n_treated=15, n_periods=8, seed=4)
    steep["outcome"] += 1.5 * steep["period"] * (steep["cohort"] > 0)
    effects = event_study(StudyDesign.from_frame(steep, **COLUMNS))
    tested = publish(pretrends(effects))
    assert tested.numbers["passed"] is False
    assert strength(v.clustered()) != "contested"
    assert strength(v.clustered(), pretrends=tested) == "contested"
    assert "must not be taken for the effect" in sentence(v.clustered(), "en", pretrends=tested)
    assert "vydávat nelze" in sentence(v.clustered(), "cs", pretrends=tested)


@pytest.mark.parametrize(("lang", "word"), [("cs", "návrat k průměru"), ("en", "regression to the mean")])
def test_the_rule_is_drawn_and_said(rule: Publishable, lang: str, word: str) -> None:
    drawn = figure(rule, lang, labels=v.LABELS[lang])
    rows = rule.tables["table"]
    assert drawn.alt.count("%") == len(rows)
    assert drawn.data_table_html.count("<tr>") == 1 + len(rows)
    said = rule_sentences(rule, lang)
    assert word in said[0]
    assert len(said) == 1 + (rule.numbers["choices"] > 1)
    change = f"{abs(100 * np.expm1(rule.numbers['estimate'])):.1f}".replace(".", "," if lang == "cs" else ".")
    assert change.removesuffix(",0").removesuffix(".0") in said[0]


def test_only_published_values_are_said() -> None:
    check = CheckResult("pretrends", None, pd.DataFrame({"event_time": [-2]}), {"df": 1, "clusters": 2})
    for say in (pretrend_sentence, rule_sentences):
        with pytest.raises(DisclosureError):
            say(check, "en")  # type: ignore[arg-type]
