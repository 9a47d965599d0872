"""The case log: hand-made logs for HUD's definitions, durations, transitions and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation import Durations, process, survival
from evaluation.errors import DataError

COLUMNS = ["person", "enrolment", "service", "event", "date", "state"]


def log(*stays: tuple[str, str, str, str | None, str, str | None]) -> process.CaseLog:
    """Make a log of stays (person, service, start, end or None, destination, move-in or None)."""
    rows = []
    for k, (person, service, start, end, state, moved) in enumerate(stays):
        rows.append((person, k, service, "enrolled", start, ""))
        if moved:
            rows.append((person, k, service, "moved_in", moved, ""))
        if end:
            rows.append((person, k, service, "exited", end, state))
    return process.CaseLog.from_frame(pd.DataFrame(rows, columns=COLUMNS))


def returned(*stays: tuple[str, str, str, str | None, str, str | None]) -> dict[str, int]:
    found = process.returns_to_need(log(*stays), first="2022-01-01", last="2022-12-31").table.iloc[0]
    return {k: int(found[k]) for k in ("exits", "returned_0_6", "returned_6_12", "returned_12_24")}


OUT = ("a", "shelter", "2020-01-01", "2020-03-01", "standard", None)
NOBODY = {"returned_0_6": 0, "returned_6_12": 0, "returned_12_24": 0}


@pytest.mark.parametrize(
    ("later", "counted"),
    [
        ([("a", "shelter", "2020-08-28", None, "", None)], "returned_0_6"),  # day 180
        ([("a", "shelter", "2020-08-29", None, "", None)], "returned_6_12"),  # day 181
        ([("a", "shelter", "2021-03-01", None, "", None)], "returned_6_12"),  # day 365
        ([("a", "shelter", "2021-03-02", None, "", None)], "returned_12_24"),  # day 366
        ([("a", "shelter", "2022-03-01", None, "", None)], "returned_12_24"),  # day 730
        ([("a", "shelter", "2022-03-02", None, "", None)], None),  # day 731
        ([("a", "shelter", "2020-03-01", None, "", None)], "returned_0_6"),  # the same day, another shelter
        ([("a", "housing", "2020-03-15", None, "", None)], None),  # 14 days: a transfer
        ([("a", "housing", "2020-03-16", None, "", None)], "returned_0_6"),  # 15 days
        ([("a", "advice", "2020-05-01", None, "", None)], None),
        (
            [
                ("a", "housing", "2020-03-02", "2020-06-01", "unknown", None),  # a transfer ...
                ("a", "transitional", "2020-06-10", None, "", None),  # ... and another after its end
            ],
            None,
        ),
    ],
)  # fmt: skip
def test_what_counts_as_a_return(later: list[tuple], counted: str | None) -> None:  # type: ignore[type-arg]
    wanted = {"exits": 1, **NOBODY} | ({counted: 1} if counted else {})
    assert returned(OUT, *later) == wanted


def test_the_first_exit_of_the_look_back_counts_and_exits_elsewhere_do_not() -> None:
    second = ("a", "shelter", "2020-08-01", "2020-09-01", "standard", None)
    assert returned(OUT, second) == {"exits": 1, **NOBODY, "returned_0_6": 1}
    assert returned(("a", "shelter", "2020-01-01", "2020-03-01", "2", None))["exits"] == 0
    assert returned(("a", "advice", "2020-01-01", "2020-03-01", "standard", None))["exits"] == 0
    edges = [("2020-01-02", 1), ("2020-01-01", 0), ("2020-12-31", 1), ("2021-01-01", 0)]
    for day, exits in edges:  # 2022 less 730 days: 2 January to 31 December 2020
        assert returned(("a", "shelter", "2019-12-01", day, "standard", None))["exits"] == exits


def test_days_in_need_are_counted_once_and_back_to_their_beginning() -> None:
    stays = [
        ("a", "shelter", "2019-12-22", "2020-01-11", "2", None),  # 20 days, begun before the period
        ("a", "shelter", "2020-01-06", "2020-01-16", "3", None),  # overlaps: 5 more
        ("a", "shelter", "2020-03-01", "2020-03-11", "standard", None),  # 10 more
        ("b", "transitional", "2020-05-01", None, "", "2020-05-31"),  # 30 days up to the move
        ("c", "shelter", "2019-01-01", "2019-02-01", "standard", None),  # not in the period
        ("d", "advice", "2020-01-01", None, "", None),
    ]
    table = process.time_in_need(log(*stays), first="2020-01-01", last="2020-12-31").table
    assert table.to_numpy().tolist() == [[2.0, 32.5, 32.5]]


def test_waits_and_tenancies_become_durations() -> None:
    cases = log(
        ("a", "housing", "2020-01-10", "2020-12-05", "2", "2020-02-09"),
        ("b", "housing", "2020-01-10", "2020-01-20", "unknown", None),
        ("c", "housing", "2020-12-01", None, "", None),
        ("d", "housing", "2020-01-01", "2020-07-01", "died", "2020-01-31"),
        ("e", "housing", "2020-01-01", "2021-07-01", "2", "2020-01-31"),
    )
    waits = process.days_to_move_in(cases, at="2020Q4").set_index("person")
    assert waits.days.to_dict() == {"a": 30, "b": 10, "c": 30, "d": 30, "e": 30}
    assert waits.end.to_dict() == {"a": "moved_in", "b": "left", "c": "", "d": "moved_in", "e": "moved_in"}
    homes = process.tenancies(cases, at="2020Q4")
    assert homes[["person", "days", "end"]].to_numpy().tolist() == [
        ["a", 300, "lost"],
        ["d", 152, "died"],
        ["e", 335, ""],
    ]
    kept = Durations.from_frame(homes, time="days", event="end", censored="")
    lost = survival.cumulative_incidence(kept, times=[320], cause="lost").value
    assert lost.round(4).tolist() == [0.3333]


def test_transitions_by_month() -> None:
    cases = log(
        ("a", "outreach", "2020-01-05", "2020-02-10", "standard", None),
        ("b", "shelter", "2020-01-20", "2020-03-02", "died", None),
        ("c", "housing", "2020-01-01", None, "", "2020-02-15"),
    )
    table = process.transitions(cases, months=["2020-01", "2020-02", "2020-03", "2020-04"])
    rows = {tuple(row) for row in table.to_numpy().tolist()}
    assert rows == {
        ("2020-01", "1", "standard", 1),
        ("2020-01", "2", "2", 1),
        ("2020-02", "standard", "standard", 2),
        ("2020-02", "2", "died", 1),
        ("2020-03", "standard", "standard", 2),
        ("2020-03", "died", "died", 1),
    }


BAD = {
    "doubled-event": [("a", 1, "housing", "enrolled", "2020-01-01", "")] * 2,
    "event-without-enrolment": [("a", 1, "housing", "exited", "2020-01-01", "2")],
    "event-before-enrolment": [
        ("a", 1, "housing", "enrolled", "2020-02-01", ""),
        ("a", 1, "housing", "moved_in", "2020-01-01", ""),
    ],
    "unknown-stage": [("a", 1, "hostel", "enrolled", "2020-02-01", "")],
    "not-a-date": [("a", 1, "housing", "enrolled", "1. 2. 2020", "")],
    "missing-key": [("", 1, "housing", "enrolled", "2020-02-01", "")],
}


@pytest.mark.parametrize("code", BAD)
def test_what_cannot_be_is_refused_with_its_row(code: str) -> None:
    with pytest.raises(DataError) as caught:
        process.CaseLog.from_frame(pd.DataFrame(BAD[code], columns=COLUMNS))
    assert caught.value.code == code
    assert caught.value.example.startswith("row ")


def test_a_later_cut_off_changes_nothing_that_was_known() -> None:
    cases = log(("a", "housing", "2020-01-10", "2022-01-05", "2", "2020-02-09"))
    early = process.tenancies(cases, at="2020Q4")
    assert early.end.tolist() == [""]
    assert early.days.tolist() == [326]
