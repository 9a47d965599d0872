"""What a specification declares around a study: notes by the periods that the data hold, and the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from evaluation.design import StudyDesign
from evaluation.run.impact.context import MOST_UNITS, timeline, with_context
from evaluation.run.impact.spec import Analysis
from tests.shared import ROOT

WORDS = {"cs": "česky", "en": "in English"}
SCALES = {
    "quarter": [f"{year}Q{quarter}" for year in (2019, 2020) for quarter in (1, 2, 3, 4)],
    "year": list(range(2016, 2024)),
    "month": [f"2020-{month:02d}" for month in range(1, 9)],
}


def design(scale: str = "quarter", starts: Mapping[str, Any] | None = None) -> StudyDesign:
    periods = SCALES[scale]
    starts = {"A": periods[3]} if starts is None else starts
    units = ["U", "V", *starts]
    rows = [
        {"unit": unit, "time": period, "y": float(i + t), "start": starts.get(unit)}
        for i, unit in enumerate(units)
        for t, period in enumerate(periods)
    ]
    frame = pd.DataFrame(rows).astype({"start": object})
    return StudyDesign.from_frame(frame, outcome="y", unit="unit", time="time", cohort="start")


def span(first: str, last: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": WORDS, "first": first, "last": last, "source": WORDS, **more}


def analysis(**declared: Any) -> Analysis:
    raw = yaml.safe_load((ROOT / "analyses/organ-donations.yml").read_text("utf-8"))
    return Analysis.model_validate({**raw, **declared})


def noted(made: StudyDesign, **declared: Any) -> dict[str, Mapping[str, Any]]:
    added = with_context(made, analysis(**declared)).notes[len(made.notes) :]
    return {note.code: note.numbers for note in added}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "shocks_in_window"),
        ({"reaches": "treated"}, "shocks_treated_only"),
        ({"reaches": "comparison"}, "shocks_comparison_only"),
        ({"contaminates": True}, "contaminated_from"),
        ({"contaminates": True, "reaches": "comparison"}, "contaminated_from"),
    ],
)
@pytest.mark.parametrize(
    ("first", "last", "inside"),
    [
        ("2018Q1", "2018Q4", False),  # over in the quarter before the first
        ("2018Q1", "2019Q1", True),  # reaches into the first
        ("2020Q4", None, True),  # begins in the last
        ("2021Q1", None, False),  # begins after it
        ("2010Q1", None, True),  # began before and goes on
    ],
)
def test_a_shock_is_noted_where_it_overlaps_the_periods(
    more: dict[str, Any], code: str, first: str, last: str | None, inside: bool
) -> None:
    found = noted(design(), shocks=[span(first, last, **more)])
    assert list(found) == ([code] if inside else [])


@pytest.mark.parametrize(
    ("scale", "first", "last", "start", "end", "periods"),
    [
        ("quarter", "2019Q3", "2020Q1", "2019Q3", "2020Q1", 3),
        ("quarter", "2020Q3", None, "2020Q3", "", 2),
        ("year", "2018Q2", "2020Q1", "2018", "2020", 3),
        ("month", "2020Q1", "2020Q2", "2020-01", "2020-06", 6),
        ("month", "2020Q3", None, "2020-07", "", 2),
    ],
)
def test_contamination_counts_the_periods_on_the_scale_of_the_data(
    scale: str, first: str, last: str | None, start: str, end: str, periods: int
) -> None:
    found = noted(design(scale), shocks=[span(first, last, contaminates=True)])["contaminated_from"]
    assert (found["start"], found["end"], found["periods"], found["of"]) == (start, end, periods, 8)
    assert (found["name_cs"], found["name_en"]) == tuple(WORDS.values())


def test_shocks_that_reached_all_share_one_note() -> None:
    found = noted(design(), shocks=[span("2019Q1", "2019Q2"), span("2020Q1"), span("2030Q1")])
    assert found["shocks_in_window"]["starts"] == ("2019Q1", "2020Q1")
    assert found["shocks_in_window"]["ends"] == ("2019Q2", "")


@pytest.mark.parametrize(
    ("scale", "starts", "first", "early"),
    [
        ("quarter", {"A": "2019Q2", "B": "2019Q3", "C": "2018Q1"}, "2019Q3", {"A": "2019Q2", "C": "2018Q1"}),
        ("quarter", {"A": "2019Q3"}, "2019Q3", {}),
        ("year", {"A": 2017, "B": 2018}, "2018Q3", {"A": "2017"}),  # the year of the start is not before it
    ],
)
def test_units_treated_before_the_programme_are_named_with_their_dates(
    scale: str, starts: dict[str, Any], first: str, early: dict[str, str]
) -> None:
    found = noted(design(scale, starts), programme=span(first))
    assert list(found) == (["treated_before_programme"] if early else [])
    if early:
        numbers = found["treated_before_programme"]
        assert dict(zip(numbers["names"], numbers["starts"], strict=True)) == early
        assert numbers["units"] == len(early)


def test_the_timeline_lays_units_in_the_order_of_their_starts_between_programme_and_shocks() -> None:
    made = design(starts={"A": "2019Q4", "B": "2018Q4", "C": "2019Q4"})
    found = timeline(
        made, analysis(programme=span("2019Q3", "2020Q2"), shocks=[span("2021Q1"), span("2020Q1")])
    )
    assert found is not None
    rows = found.table[["row", "name_en", "units", "first", "last"]].to_numpy().tolist()
    assert rows == [
        ["data", "", 0, "2019Q1", "2020Q4"],
        ["programme", "in English", 0, "2019Q3", "2020Q2"],
        ["treated", "B", 1, "2018Q4", ""],
        ["treated", "A", 1, "2019Q4", ""],
        ["treated", "C", 1, "2019Q4", ""],
        ["shock", "in English", 0, "2020Q1", ""],
        ["shock", "in English", 0, "2021Q1", ""],
    ]


def test_many_treated_units_are_shown_by_cohort() -> None:
    starts = {f"T{i}": "2019Q2" if i else "2019Q3" for i in range(MOST_UNITS + 1)}
    found = timeline(design(starts=starts), analysis(programme=span("2019Q1")))
    assert found is not None
    treated = found.table[found.table["row"] == "treated"]
    assert treated[["units", "first"]].to_numpy().tolist() == [[MOST_UNITS, "2019Q2"], [1, "2019Q3"]]


def test_without_a_declaration_nothing_is_added() -> None:
    made = design()
    assert with_context(made, analysis()) is made
    assert timeline(made, analysis()) is None


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"programme": span("2020Q2", "2020Q1")}, "not before the key first"),
        ({"shocks": [span("2020Q2", reaches="treated", contaminates=True)]}, "no comparison unit"),
        ({"shocks": [span("2020-04")]}, "pattern"),
        ({"shocks": [span("2020Q2", reaches="some")]}, "'all', 'treated' or 'comparison'"),
        ({"checks": ["placebo_in_spice"]}, "placebo_in_space"),
    ],
)
def test_what_cannot_be_meant_is_refused(declared: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        analysis(**declared)
