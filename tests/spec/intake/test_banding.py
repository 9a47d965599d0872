"""Coarser values at the edges of their bands, and the count of those who are too few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.intake.banding import age_band, k_anonymity, quarter_of

EDGES = (0, 18, 25, 65)


@pytest.mark.parametrize("age", range(121))
def test_every_age_lies_in_its_band(age: int) -> None:
    low, _, high = age_band(str(age), EDGES).rstrip("+").partition("-")
    assert int(low) <= age
    assert not high or age <= int(high)
    assert int(low) in EDGES


@pytest.mark.parametrize(
    ("age", "edges"), [("-1", EDGES), ("x", EDGES), ("3.5", EDGES), ("5", (18, 0)), ("5", ())]
)
def test_what_is_no_age_has_no_band(age: str, edges: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        age_band(age, edges)


def test_every_day_of_a_leap_year_lies_in_its_quarter() -> None:
    days = pd.date_range("2024-01-01", "2024-12-31")
    assert [quarter_of(f"{day:%Y-%m-%d}") for day in days] == days.to_period("Q").astype(str).tolist()
    for wrong in ("2023-02-29", "2024-13-01", "1.2.2024", "2024-1-1", ""):
        with pytest.raises(ValueError, match="no date"):
            quarter_of(wrong)


@pytest.mark.parametrize("k", [2, 5, 11])
def test_classes_below_k_are_counted_as_a_naive_count_does(k: int) -> None:
    chance = np.random.default_rng(1)
    frame = pd.DataFrame({"a": chance.integers(0, 6, 200), "b": chance.choice(["x", "y", None], 200)})
    sizes: dict[tuple[object, object], int] = {}
    for row in frame.itertuples(index=False, name=None):
        sizes[row] = sizes.get(row, 0) + 1
    below = sum(size for size in sizes.values() if size < k)
    found = k_anonymity(frame, ["a", "b"], k=k)
    assert found.numbers["rows_below"] == below
    assert found.numbers["smallest"] == min(sizes.values())
    assert found.passed == (below == 0)
    assert found.table["rows"].sum() == len(frame)
    assert found.table["classes"].sum() == found.numbers["classes"] == len(sizes)
    assert set(found.table) == {"size_from", "size_to", "classes", "rows"}, "never the combinations"
    assert [note.code for note in found.notes] == (["classes_below_k"] if below else [])


def test_an_empty_table_and_wrong_columns() -> None:
    assert k_anonymity(pd.DataFrame({"a": []}), ["a"]).passed
    for columns, k in ((["b"], 5), ([], 5), (["a"], 1)):
        with pytest.raises(ValueError, match="columns"):
            k_anonymity(pd.DataFrame({"a": [1]}), columns, k=k)
