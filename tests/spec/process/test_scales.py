"""SUS, means of items and scorecards by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation import publish
from evaluation.errors import DataError
from evaluation.process import FRAMEWORKS, item_means, scorecard, sus, sus_scores

NONE = np.nan
ITEMS = [f"q{i}" for i in range(1, 11)]
# answers -> score
SUS = [
    ([5, 1] * 5, 100),
    ([1, 5] * 5, 0),
    ([3] * 10, 50),
    ([4, 2, 5, 1, 4, 2, 3, 3, 4, 2], 2.5 * (3 + 3 + 4 + 4 + 3 + 3 + 2 + 2 + 3 + 3)),
    ([5, 1, 5, 1, NONE, 1, 5, 1, 5, 1], NONE),
]


@pytest.mark.parametrize(("answers", "score"), SUS)
def test_sus_is_scored_exactly(answers: list[float], score: float) -> None:
    np.testing.assert_equal(sus_scores(np.array([answers], dtype=float))[0], float(score))


def test_the_mean_of_sus_has_the_interval_of_t() -> None:
    answers = pd.DataFrame([row for row, _ in SUS], columns=ITEMS).assign(tool=list("aaaab"))
    table = sus(answers, items=ITEMS, by="tool").table
    scores = np.array([100, 0, 50, 75.0])
    low, high = stats.t.interval(0.95, 3, scores.mean(), stats.sem(scores))
    assert (low < 0, high > 100) == (True, True), "such an interval is cut off at the ends of the scale"
    expected = [scores.mean(), stats.sem(scores), 0, 100, 4, 0]
    np.testing.assert_allclose(table.iloc[0, 2:].to_list(), expected, rtol=1e-12)
    narrow = sus(answers, items=ITEMS, by="tool", conf_level=0.5).table.iloc[0]
    low, high = stats.t.interval(0.5, 3, scores.mean(), stats.sem(scores))
    np.testing.assert_allclose([narrow.conf_low, narrow.conf_high], [low, high], rtol=1e-12)
    assert table.iloc[0, :2].to_list() == ["a", "sus"]
    assert (table.n[1], table.missing[1], np.isnan(table.estimate[1])) == (0, 1, True)


def test_the_mean_of_few_persons_is_not_published() -> None:
    answers = pd.DataFrame([[3] * 10] * 9, columns=ITEMS).assign(tool=list("aaaaabbbb"))
    shown = publish(sus(answers, items=ITEMS, by="tool"))
    table = shown.tables["table"]
    assert table[["estimate", "conf_low", "n"]].isna().to_numpy().tolist() == [[False] * 3, [True] * 3]
    few = publish(sus(answers.assign(q1=[1, np.nan] * 4 + [np.nan]), items=ITEMS)).tables["table"]
    assert few[["estimate", "n", "missing"]].isna().to_numpy().tolist() == [[True, True, False]], "4 and 5"
    assert "cells_hidden" in [note.code for note in shown.notes]


def test_skipped_items_are_allowed_up_to_the_rule() -> None:
    answers = pd.DataFrame(
        [[4, 4, 4, 4], [2, 4, 3, NONE], [5, 5, NONE, NONE], [NONE] * 4], columns=["a1", "a2", "a3", "a4"]
    )
    columns = {"measure": "aim", "items": list(answers.columns)}
    found = item_means(answers, **columns)  # one of four may be missing
    row = found.table.iloc[0]
    assert (row.tool, row.measure, row.estimate, row.n, row.missing) == ("total", "aim", 3.5, 2, 2)
    assert [(note.code, note.numbers["names"]) for note in found.notes] == [("few_persons", ("total",))]
    assert item_means(answers, **columns, most_missing=0.5).table.estimate[0] == (4 + 3 + 5) / 3
    assert item_means(answers, **columns, most_missing=0).table.n[0] == 1
    assert (found.numbers["lowest"], found.numbers["highest"]) == (1, 5)


def test_answers_off_the_scale_and_missing_items_are_refused() -> None:
    answers = pd.DataFrame([[3] * 9 + [6]], columns=ITEMS)
    with pytest.raises(DataError, match=r"1 answer is not between 1 and 5[\s\S]*row 1, q10: 6"):
        sus(answers, items=ITEMS)
    with pytest.raises(DataError, match="needs 10 items, but 9 were given"):
        sus(answers, items=ITEMS[:9])


def test_the_frameworks_have_their_dimensions() -> None:
    assert {name: len(own) for name, own in FRAMEWORKS.items()} == {
        "re_aim": 5,
        "proctor": 8,
        "kirkpatrick": 4,
    }


def test_every_dimension_is_there_whether_known_or_not() -> None:
    rows: list[tuple[Any, ...]] = [
        ("a", "reach", "share", 0.4, 0.3, 0.5, 90),
        ("a", "reach", "persons", 36, NONE, NONE, 9),
        ("b", "adoption", "districts", NONE, NONE, NONE, NONE),
    ]
    columns = ["tool", "dimension", "indicator", "value", "conf_low", "conf_high", "n"]
    evidence = pd.DataFrame(rows, columns=columns)
    found = scorecard("re_aim", evidence, tools=["a", "b"])
    assert found.table[["tool", "dimension", "state"]].to_numpy().tolist()[:3] == [
        ["a", "reach", "measured"],
        ["a", "reach", "small_n"],
        ["a", "effectiveness", "no_data"],
    ]
    assert len(found.table) == 6 + 5
    assert (found.numbers["cells"], found.numbers["known"]) == (10, 1)
    assert found.notes[0].numbers["dimensions"] == FRAMEWORKS["re_aim"][1:]
    with pytest.raises(DataError, match="Did you mean 'reach'"):
        scorecard("re_aim", evidence.replace("reach", "reech"), tools=["a", "b"])
    with pytest.raises(DataError, match="Did you mean 're_aim'"):
        scorecard("reaim", evidence, tools=["a", "b"])
