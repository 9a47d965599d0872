"""From a table to a design: what is read, what is noted, and every refusal with its row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.design import Grouping, StudyDesign
from evaluation.errors import EvaluationError

NAN = np.nan


def table() -> pd.DataFrame:
    """Four districts in four quarters; a starts in the third, b in the second."""
    return pd.DataFrame(
        {
            "district": np.repeat(["a", "b", "c", "d"], 4),
            "quarter": ["2020Q1", "2020Q2", "2020Q3", "2020Q4"] * 4,
            "start": np.repeat(["2020Q3", "2020Q2", None, None], 4),
            "treated": [0, 0, 1, 1, 0, 1, 1, 1] + [0] * 8,
            "region": np.repeat(["n", "n", "s", "s"], 4),
            "office": np.repeat([1, 1, 1, 0], 4),
            "people": 1000.0,
            "w": 1.0,
            "x": np.arange(16.0),
            "y": np.arange(16.0) ** 2,
        }
    )


GIVEN: dict[str, Any] = {"outcome": "y", "unit": "district", "time": "quarter", "cohort": "start"}


def made(frame: Any = None, **options: Any) -> StudyDesign:
    chosen = {key: value for key, value in (GIVEN | options).items() if value is not None}
    return StudyDesign.from_frame(table() if frame is None else frame, **chosen)


def test_the_panel() -> None:
    design = made(covariates=["x"], weights="w", exposure="people", groups=["region"], cluster="region")
    assert design.units == ("a", "b", "c", "d")
    assert design.periods == ("2020Q1", "2020Q2", "2020Q3", "2020Q4")
    np.testing.assert_array_equal(design.outcome, (np.arange(16.0) ** 2).reshape(4, 4))
    np.testing.assert_array_equal(design.covariates[..., 0], np.arange(16.0).reshape(4, 4))
    np.testing.assert_array_equal(design.treatment[..., 0].sum(axis=1), [2, 3, 0, 0])
    np.testing.assert_array_equal(design.cohort, [8082.0, 8081.0, np.inf, np.inf])
    assert (design.period_of(8082), design.cluster.n_groups, design.n_treated_clusters) == ("2020Q3", 2, 1)
    assert design.group("region").codes.tolist() == [0, 0, 1, 1]
    assert (design.notes, design.is_balanced, design.n_obs) == ((), True, 16)


def test_cohort_and_treatment_say_the_same() -> None:
    one, other = made(), made(cohort=None, treatment="treated")
    np.testing.assert_array_equal(one.treatment, other.treatment)
    np.testing.assert_array_equal(one.cohort, other.cohort)


def test_a_treatment_that_ends_or_is_continuous_has_no_cohort() -> None:
    for path in ([0, 0, 1, 0], [0, 0, 0.5, 0.5]):
        frame = table().assign(treated=path + [0] * 12)
        assert made(frame, cohort=None, treatment="treated").cohort is None
    assert made(cohort=None, treatment=["treated", "x"]).cohort is None


@pytest.mark.parametrize(
    ("labels", "numbers"),
    [
        (["2019", "2020", "2021", "2022"], [2019, 2020, 2021, 2022]),
        (["2020Q4", "2021 q1", "2021/Q2", "2021-Q4"], [8083, 8084, 8085, 8087]),
        (["2020-11", "2020-12", "2021-01", "2021-03"], [24250, 24251, 24252, 24254]),
        (pd.to_datetime(["2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01"]), [8080, 8081, 8082, 8083]),
        (
            pd.to_datetime(["2020-01-15", "2020-02-01", "2020-03-31", "2020-12-01"]).date,
            [24240, 24241, 24242, 24251],
        ),
        (pd.period_range("2020Q1", periods=4, freq="Q"), [8080, 8081, 8082, 8083]),
        ([3, 1, 2, 10], [1, 2, 3, 10]),
    ],
    ids=["years", "quarters", "months", "dates of quarters", "dates", "pandas periods", "counters"],
)
def test_periods(labels: Any, numbers: list[int]) -> None:
    frame = table().assign(quarter=np.tile(np.asarray(labels, dtype=object), 4))
    design = made(frame, cohort=None, treatment="treated")
    assert design.period_numbers.tolist() == numbers


def test_rows_that_miss_something_are_kept_out_and_counted() -> None:
    frame = table()
    frame.loc[[1, 2], "x"] = NAN
    frame.loc[5, "y"] = NAN
    frame.loc[6, "w"] = 0.0
    design = made(frame, covariates=["x"], weights="w")
    assert design.n_obs == 12
    assert [dict(note.numbers) for note in design.notes] == [{"rows": 2, "covariates": ("x",)}]
    assert np.isnan(design.outcome[~design.observed]).all()


def test_units_treated_later_or_always_are_noted_by_name() -> None:
    frame = table().assign(start=np.repeat(["2020Q1", "2020Q2", "2021Q3", ""], 4))
    codes = {note.code: note.numbers["names"] for note in made(frame).notes}
    assert codes == {"treated_after_panel": ("c",), "always_treated": ("a",)}


def at(row: int, column: str, value: Any) -> Callable[[], pd.DataFrame]:
    def changed() -> pd.DataFrame:
        frame = table().astype({column: object})
        frame.loc[row, column] = value
        return frame

    return changed


MIXED = np.repeat(np.array([1, 2, b"x", 3], dtype=object), 4)

BAD: list[tuple[str, Callable[[], Any], dict[str, Any], str]] = [
    ("missing-column", table, {"outcome": "yy"}, "Did you mean 'y'?"),
    ("missing-column", table, {"covariates": "xx"}, "no column 'xx'"),
    ("not-a-frame", lambda: {"y": [1]}, {}, "not dict"),
    ("no-rows", lambda: table().iloc[:0], {}, "no rows"),
    ("duplicate-column", lambda: pd.concat([table(), table()], axis=1), {}, "district"),
    ("not-numeric", at(3, "y", "1,5"), {}, "row 4: '1,5'"),
    ("not-numeric", at(3, "y", pd.Timestamp("2020-01-01")), {}, "row 4"),
    ("not-finite", at(2, "y", np.inf), {}, "row 3: inf"),
    ("not-finite", at(2, "y", 1e200), {}, "too large"),
    ("missing-key", at(1, "district", None), {}, "row 2"),
    ("missing-key", at(1, "quarter", None), {}, "row 2"),
    ("missing-key", at(1, "region", None), {"cluster": "region"}, "row 2"),
    ("missing-key", at(1, "treated", None), {"cohort": None, "treatment": "treated"}, "row 2"),
    ("mixed-labels", lambda: table().assign(district=MIXED), {}, "row 9: b'x'"),
    ("duplicate-unit-period", lambda: pd.concat([table(), table().iloc[[2]]]), {}, "rows 3 and 17"),
    ("bad-time", at(5, "quarter", "2020Q5"), {}, "row 6: '2020Q5'"),
    ("bad-time", at(5, "quarter", "2020-03"), {}, "one kind per column"),
    ("bad-time", at(5, "start", "soon"), {}, "row 6: 'soon'"),
    ("varies-within-unit", at(2, "start", "2020Q4"), {}, "a: 2020Q3 and 2020Q4 (row 3)"),
    ("varies-within-unit", at(2, "region", "s"), {"groups": "region"}, "a: n and s (row 3)"),
    ("negative-weight", at(2, "w", -1), {"weights": "w"}, "row 3: -1"),
    ("negative-weight", at(2, "people", 0), {"exposure": "people"}, "row 3: 0"),
    ("outcome-all-missing", lambda: table().assign(y=NAN), {}, "no observed value"),
    ("cohort-or-treatment", table, {"treatment": "treated"}, "Exactly one"),
    ("cohort-or-treatment", table, {"cohort": None}, "Exactly one"),
    ("bad-anticipation", table, {"anticipation": -1}, "-1"),
    ("no-treated", lambda: table().assign(start="2022Q1"), {}, "(2022Q1)"),
    ("no-treated", lambda: table().assign(start=None), {}, "none is declared"),
    ("no-comparison", lambda: table().assign(start="2020Q1"), {}, "All 4 units"),
    (
        "treated-not-admissible",
        lambda: table().assign(office=lambda t: 1 - t.office),
        {"admissible": "office"},
        "a",
    ),
    ("assignment-unit-split", lambda: table().assign(town=1), {"assignment_unit": "town"}, "1 unit of"),
    (
        "assignment-unit-strata",
        lambda: table().assign(town=np.repeat([0, 1, 2, 2], 4), stratum=np.repeat([0, 0, 0, 1], 4)),
        {"assignment_unit": "town", "strata": "stratum"},
        "'stratum'",
    ),
]


@pytest.mark.parametrize(
    ("code", "frame", "options", "said"), BAD, ids=[f"{n}-{b[0]}" for n, b in enumerate(BAD)]
)
def test_refusals(code: str, frame: Callable[[], Any], options: dict[str, Any], said: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        made(frame(), **options)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_groupings() -> None:
    region = Grouping.of("region", ["b", "a", "b", "c"])
    assert (region.codes.tolist(), region.labels) == ([1, 0, 1, 2], ("a", "b", "c"))
    np.testing.assert_array_equal(region.sums(np.array([[1.0], [2.0], [4.0], [8.0]])), [[2], [5], [8]])
    part = region.take(np.array([0, 2, 3]))
    assert (part.codes.tolist(), part.labels) == ([0, 0, 1], ("b", "c"))
    wide = Grouping.of("half", [0, 1, 0, 1])
    assert region.nested_in(wide)
    assert not wide.nested_in(region)
    assert region.nested_in(region)


def test_taking_units_keeps_everything_in_step() -> None:
    design = made(groups=["region"], cluster="region", strata="region", admissible="office")
    part = design.take(np.array([3, 0]))
    assert part.units == ("d", "a")
    np.testing.assert_array_equal(part.outcome, design.outcome[[3, 0]])
    np.testing.assert_array_equal(part.cohort, [np.inf, 8082])
    assert part.cluster.labels == ("n", "s")
    assert part.assignment.admissible.tolist() == [False, True]


def test_another_treatment_leaves_the_rest_alone() -> None:
    design = made()
    changed = design.with_treatment_of(np.array([2, 3, 0, 1]))
    np.testing.assert_array_equal(changed.treatment, design.treatment[[2, 3, 0, 1]])
    np.testing.assert_array_equal(changed.cohort, design.cohort[[2, 3, 0, 1]])
    assert changed.outcome is design.outcome


def test_a_design_cannot_be_changed() -> None:
    design = made()
    with pytest.raises(ValueError, match="read-only"):
        design.outcome[0, 0] = 1.0
    with pytest.raises(AttributeError):
        design.anticipation = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        design.groups["region"] = design.cluster  # type: ignore[index]


def test_an_unknown_grouping_is_named_with_those_that_are_known() -> None:
    with pytest.raises(EvaluationError, match="Did you mean 'region'") as caught:
        made(groups=["region"]).group("regoin")
    assert caught.value.code == "unknown-group"
