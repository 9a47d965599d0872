"""The calibration of an analysis: on, off with a reason, and the reasons why it cannot be tried."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from evaluation.checks import CheckResult
from evaluation.design import StudyDesign
from evaluation.disclosure import publish
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import randomisation
from evaluation.report import calibration_sentences, calibration_table
from evaluation.run.impact.calibration import calibrated
from evaluation.run.impact.calibration_page import calibrated as fragments
from evaluation.run.impact.calibration_page import is_shown
from evaluation.run.impact.content import Content
from evaluation.run.impact.spec import Calibration
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
WORDS = {"cs": "Důvod.", "en": "A reason."}


def design(**options: Any) -> StudyDesign:
    roles = options.pop("roles", {})
    panel = did_panel(**{"n_units": 12, "n_treated": 2, "n_periods": 10, "start": 7, "seed": 1} | options)
    return StudyDesign.from_frame(panel, **(COLUMNS | roles))


def switching() -> StudyDesign:
    panel = did_panel(n_units=12, n_treated=2, n_periods=10, start=7, seed=1)
    panel["on"] = ((panel["cohort"] > 0) & panel["period"].isin([7, 8])).astype(int)
    return StudyDesign.from_frame(
        panel, **{k: v for k, v in COLUMNS.items() if k != "cohort"}, treatment="on"
    )


def nowhere(_: StudyDesign) -> Estimate:
    raise DesignError("no-pre-period-terms")


def test_the_draws_and_the_seed_of_the_specification_are_used() -> None:
    one, same, other = (calibrated(Calibration(draws=40), design(), twfe, seed=seed) for seed in (1, 1, 2))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.numbers["draws"] == 40
    pd.testing.assert_frame_equal(one.table, same.table)
    assert not one.table.equals(other.table)


def test_off_needs_its_reason_and_no_draws() -> None:
    assert calibrated(Calibration.model_validate({"off": WORDS}), design(), twfe, seed=1) is None
    with pytest.raises(ValidationError, match="one of the keys"):
        Calibration.model_validate({"off": WORDS, "draws": 10})


@pytest.mark.parametrize(
    ("code", "given", "estimator"),
    [
        ("calibration_too_short", lambda: design(n_units=4, start=3), twfe),
        ("calibration_one_assignment", lambda: design(roles={"strata": "cohort"}), twfe),
        ("calibration_not_absorbing", switching, twfe),
        ("calibration_not_estimable", design, nowhere),
    ],
)
def test_where_no_pilot_can_be_pretended_the_page_says_why(code: str, given: Any, estimator: Any) -> None:
    found = calibrated(Calibration(), given(), estimator, seed=1)
    assert found is not None
    assert [note.code for note in found.notes] == [code]
    for lang in ("cs", "en"):
        (said,) = calibration_sentences(publish(found), lang)
        assert said
        assert "{" not in said


@pytest.fixture(scope="module")
def found() -> CheckResult:
    check = calibrated(Calibration(draws=60), design(), twfe, seed=1)
    assert check is not None
    return check


def content(lang: str, calibration: CheckResult | None, off: Any = None) -> Content:
    estimate = twfe(design())
    published = {"effect": publish(estimate.infer(randomisation))}
    if calibration is not None:
        published["calibration"] = publish(calibration)
    label = {"cs": "Míra", "en": "Rate"}
    spec = {"outcome_label": label, "unit_label": label, "calibration": {"draws": None, "off": off}}
    return Content.of(
        {"spec": spec, "published": {name: one.to_json() for name, one in published.items()}}, lang
    )


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_page_has_words_figure_and_table(lang: str, found: CheckResult) -> None:
    page = content(lang, found)
    made = fragments(page)
    assert is_shown(page.result)
    assert set(made) == {
        "_calibration-said.qmd", "_fig-calibration.qmd", "_tbl-calibration.qmd", "calibration.svg",
        "calibration.csv",
    }  # fmt: skip
    assert made["_calibration-said.qmd"].count("include") == 2
    assert (
        calibration_table(page.published["calibration"], lang, captioned=False)
        in made["_tbl-calibration.qmd"]
    )
    assert "#fig-calibration" in made["_fig-calibration.qmd"]


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_page_gives_the_reason_of_the_specification(lang: str) -> None:
    page = content(lang, None, WORDS)
    assert is_shown(page.result)
    assert WORDS[lang] in fragments(page)["_calibration-said.qmd"]
    assert not is_shown(content(lang, None).result)
