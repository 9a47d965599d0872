"""Derived columns, samples and years: declared in files, checked before anything runs."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pydantic import ValidationError

from evaluation.errors import DataError
from evaluation.run.catalogue import DeriveQuarter, DeriveRank, DeriveStart
from evaluation.run.derive import derived
from evaluation.run.impact.spec import Condition
from evaluation.run.impact.study import sampled


class File:
    """A file for messages."""

    shown = "people.csv"

    def refuse(self, code: str, bad: list[int], column: str, **values: object) -> None:
        raise DataError(code, where=self.shown, count=len(bad), column=column, **values)


ROWS = {
    "area": ["b", "a", "c", "b", "a", "c"],
    "year": [2016, 2016, 2016, 2017, 2017, 2017],
    "people": [9.0, 9.0, 9.0, 5.0, 5.0, math.nan],
}


def test_rank_orders_by_value_then_by_code_and_leaves_out_the_missing() -> None:
    step = DeriveRank(kind="rank", column="r", source="people", unit="area", at="year", of=2017)
    found = derived(ROWS, step, File())
    assert found[:2] == found[3:5] == [2.0, 1.0]
    assert math.isnan(found[2])
    assert math.isnan(found[5])


def test_rank_of_a_year_that_is_not_there_is_refused() -> None:
    step = DeriveRank(kind="rank", column="r", source="people", unit="area", at="year", of=2061)
    with pytest.raises(DataError, match="2061"):
        derived(ROWS, step, File())


def test_start_by_rank_and_by_name() -> None:
    by_rank = DeriveStart(kind="start", column="s", source="r", highest=1, first=2018)
    assert derived({"r": [2.0, 1.0, math.nan]}, by_rank, File()) == [None, 2018, None]
    by_name = DeriveStart(kind="start", column="s", source="area", units=("a",), first="2018Q1")
    assert derived(ROWS, by_name, File())[:3] == [None, "2018Q1", None]
    with pytest.raises(DataError, match="Did you mean"):
        derived({"area": ["alpha"]}, by_name.model_copy(update={"units": ("alpa",)}), File())


@pytest.mark.parametrize("chosen", [{}, {"units": ("a",), "highest": 3}])
def test_a_start_is_by_name_or_by_rank(chosen: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="exactly one of the keys units and highest"):
        DeriveStart(kind="start", column="s", source="r", first=2018, **chosen)  # type: ignore[arg-type]


def test_a_year_becomes_the_quarter_that_is_declared() -> None:
    step = DeriveQuarter(kind="quarter", column="q", source="year", pattern="{year}", quarter=4)
    assert derived(ROWS, step, File())[0] == "2016Q4"
    with pytest.raises(DataError):
        derived({"year": ["16"]}, step, File())


def _frame() -> pd.DataFrame:
    frame = pd.DataFrame({"year": [2016, 2017, 2018], "rank": [1.0, math.nan, 3.0]})
    frame.attrs["lines"] = (2, 3, 4)
    return frame


def test_a_sample_keeps_rows_between_its_ends_and_their_lines() -> None:
    found = sampled(_frame(), (Condition(column="year", at_least=2017), Condition(column="rank", at_most=3)))
    assert found["year"].tolist() == [2018]
    assert found.attrs["lines"] == (4,)


def test_a_sample_of_an_unknown_column_or_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="Did you mean 'year'"):
        sampled(_frame(), (Condition(column="yaer", at_least=2017),))
    with pytest.raises(DataError, match="no rows"):
        sampled(_frame(), (Condition(column="year", at_least=2030),))
