"""What the checks that only inform promise: raw trends, balance, and the value that carries them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from evaluation.checks import CheckResult, balance, raw_trends
from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "y", "unit": "u", "time": "t", "cohort": "g"}


def hand() -> pd.DataFrame:
    """Four units, three periods; unit 1 starts in 2, unit 2 in 3; unit 4 is not seen in period 3."""
    return pd.DataFrame(
        {
            "u": np.repeat([1, 2, 3, 4], 3),
            "t": [1, 2, 3] * 4,
            "g": np.repeat([2, 3, 0, 0], 3),
            "y": [2, 4, 6, 4, 4, 10, 1, 2, 3, 5, 6, np.nan],
            "w": np.repeat([1.0, 3.0, 1.0, 1.0], 3),
            "e": np.repeat([1.0, 4.0, 10.0, 5.0], 3),
        }
    )


def lines(design: StudyDesign, column: str) -> dict[str, list[float]]:
    table = raw_trends(design).table
    return {str(group): rows[column].tolist() for group, rows in table.groupby("group")}


def test_means_by_hand() -> None:
    design = StudyDesign.from_frame(hand(), **COLUMNS)
    assert lines(design, "mean") == {"treated": [3, 4, 8], "comparison": [3, 4, 3]}
    assert lines(design, "n_units") == {"treated": [2, 2, 2], "comparison": [2, 2, 1]}
    sd = lines(design, "sd")
    np.testing.assert_allclose(sd["treated"], [np.sqrt(2), 0, np.sqrt(8)])
    np.testing.assert_allclose(sd["comparison"], [np.sqrt(8), np.sqrt(8), np.nan])
    assert dict(raw_trends(design).numbers) == {
        "first_treatment": ("2", "3"),
        "treated_units": 2,
        "comparison_units": 2,
        "periods": 3,
        "weighted": False,
        "rate": False,
    }


def test_weights_by_hand() -> None:
    result = raw_trends(StudyDesign.from_frame(hand(), **COLUMNS, weights="w"))
    treated = result.table[result.table.group == "treated"]
    assert treated["mean"].tolist() == [3.5, 4, 9]  # (2 + 3 * 4) / 4, ...
    np.testing.assert_allclose(treated.sd.iloc[0], np.sqrt((1 * 1.5**2 + 3 * 0.5**2) / 4 * 2))
    assert result.numbers["weighted"]


def test_a_rate_is_events_over_the_population_at_risk() -> None:
    result = raw_trends(StudyDesign.from_frame(hand(), **COLUMNS, exposure="e"))
    table = result.table.set_index(["group", "period"])["mean"]
    assert table["treated", "1"] == pytest.approx((2 + 4) / (1 + 4))
    assert table["comparison", "3"] == pytest.approx(3 / 10)  # unit 4 is not seen, neither is its population
    assert result.numbers["rate"]


def test_weights_and_exposure_together() -> None:
    result = raw_trends(StudyDesign.from_frame(hand(), **COLUMNS, exposure="e", weights="w"))
    table = result.table.set_index(["group", "period"])["mean"]
    assert table["treated", "2"] == pytest.approx((1 * 4 + 3 * 4) / (1 * 1 + 3 * 4))


def test_a_panel_agrees_with_pandas() -> None:
    frame = did_panel(n_units=30, n_periods=7, n_treated=6, seed=4).sample(frac=0.8, random_state=1)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    table = raw_trends(StudyDesign.from_frame(frame, **columns)).table
    group = np.where(frame.cohort > 0, "treated", "comparison")
    expected = frame.groupby([group, frame.period.astype(str)]).outcome.agg(["mean", "std", "count"])
    found = table.set_index(["group", "period"]).loc[expected.index]
    np.testing.assert_allclose(found[["mean", "sd", "n_units"]], expected, rtol=1e-12)


def test_a_group_that_is_not_seen_in_a_period_keeps_its_row() -> None:
    frame = hand().query("not (g == 0 and t == 2)")
    table = raw_trends(StudyDesign.from_frame(frame, **COLUMNS)).table.set_index(["group", "period"])
    assert table.loc[("comparison", "2"), "n_units"] == 0
    assert np.isnan(table.loc[("comparison", "2"), "mean"])


def test_a_start_before_the_panel_is_no_start_in_it() -> None:
    frame = hand().assign(g=np.repeat([1, 3, 0, 0], 3))
    assert raw_trends(StudyDesign.from_frame(frame, **COLUMNS)).numbers["first_treatment"] == ("3",)


def test_a_switching_treatment_starts_when_it_is_first_on() -> None:
    frame = hand().assign(d=[0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0])
    design = StudyDesign.from_frame(frame, outcome="y", unit="u", time="t", treatment="d")
    assert raw_trends(design).numbers["first_treatment"] == ("2",)


def test_a_unit_treated_after_the_panel_is_a_comparison_unit() -> None:
    design = StudyDesign.from_frame(hand().assign(g=np.repeat([2, 9, 0, 0], 3)), **COLUMNS)
    result = raw_trends(design)
    assert (result.numbers["treated_units"], result.numbers["first_treatment"]) == (1, ("2",))


def test_where_all_are_treated_there_is_one_line() -> None:
    design = StudyDesign.from_frame(hand().assign(g=np.repeat([2, 3, 3, 2], 3)), **COLUMNS)
    assert set(raw_trends(design).table.group) == {"treated"}


@pytest.mark.parametrize("check", [raw_trends, balance])
def test_checks_inform_and_carry_the_notes_of_the_design(check: object) -> None:
    note = Note("synthetic_data", {"dataset": "demo"})
    result = check(StudyDesign.from_frame(hand(), **COLUMNS, notes=[note]))  # type: ignore[operator]
    assert result.passed is None
    assert note in result.notes


# --- balance ------------------------------------------------------------------------------------------


def test_balance_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "u": np.repeat([1, 2, 3, 4], 4),
            "t": [1, 2, 3, 4] * 4,
            "g": np.repeat([4, 4, 0, 0], 4),
            "y": [1, 2, 3, 99, 3, 5, 7, 99, 4, 4, 4, 0, 6, 5, 4, 0.0],
            "x": np.repeat([1.0, 3.0, 2.0, 2.0], 4) + np.tile([-1, 0, 1, 5], 4),
        }
    )
    result = balance(StudyDesign.from_frame(frame, **COLUMNS, covariates=["x"]))
    table = result.table.set_index("variable")
    # means 2, 5 against 4, 5; slopes 1, 2 against 0, -1
    assert table.difference.tolist() == pytest.approx([-1.0, 2.0, 0.0])
    assert table.standardised_difference.tolist() == pytest.approx(
        [-1 / np.sqrt((4.5 + 0.5) / 2), 2 / np.sqrt((0.5 + 0.5) / 2), 0.0]
    )
    assert table.n_treated.tolist() == [2, 2, 2]
    assert dict(result.numbers) == {"first_period": "1", "last_period": "3", "periods": 3}


def test_slopes_agree_with_polyfit_where_periods_are_missing() -> None:
    frame = did_panel(n_units=9, n_periods=10, n_treated=2, seed=2).sample(frac=0.7, random_state=3)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    found = balance(StudyDesign.from_frame(frame, **columns)).table.set_index("variable").loc["outcome_trend"]
    early = frame[frame.period < 6].groupby(["cohort", "unit"])
    slope = early.apply(lambda g: np.polyfit(g.period, g.outcome, 1)[0] if len(g) > 1 else np.nan)
    by_group = slope.groupby("cohort").mean()
    assert (found.treated, found.comparison) == pytest.approx((by_group[6], by_group[0]))


def test_anticipation_is_taken_off() -> None:
    frame = did_panel(n_units=9, n_periods=10, n_treated=2, seed=2)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    design = StudyDesign.from_frame(frame, **columns, anticipation=2)
    assert balance(design).numbers["last_period"] == "3"
    with pytest.raises(DesignError, match="No period lies before"):
        balance(dataclasses.replace(design, anticipation=5))


def test_one_treated_unit_has_no_spread() -> None:
    frame = hand().assign(g=np.repeat([3, 0, 0, 0], 3))
    table = balance(StudyDesign.from_frame(frame, **COLUMNS)).table
    assert table.standardised_difference.isna().all()
    assert table.difference.notna().all()


def test_a_rate_is_balanced_as_a_rate() -> None:
    frame = hand().assign(g=np.repeat([3, 3, 0, 0], 3))
    table = balance(StudyDesign.from_frame(frame, **COLUMNS, exposure="e")).table.set_index("variable")
    assert table.loc["outcome_mean", "treated"] == pytest.approx(((2 + 4) / 2 + (4 + 4) / 2 / 4) / 2)


# --- the value ----------------------------------------------------------------------------------------


def test_a_check_result_is_frozen_and_keeps_a_copy() -> None:
    table = pd.DataFrame({"units": [57]}, index=[9])
    result = CheckResult("size", None, table, {"units": 57})
    table.loc[9, "units"] = 0
    assert result.table.units.tolist() == [57]
    assert result.table.index.tolist() == [0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.passed = True  # type: ignore[misc]
    with pytest.raises(TypeError):
        result.numbers["units"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (("", None, pd.DataFrame()), ValueError, "has a name"),
        (("x", 1, pd.DataFrame()), TypeError, "True, False or None"),
        (("x", None, [1]), TypeError, "is a DataFrame"),
        (("x", None, pd.DataFrame([[1]])), TypeError, "named by strings"),
        (("x", None, pd.DataFrame([[1, 2]], columns=["a", "a"])), ValueError, "twice"),
        (("x", None, pd.DataFrame(), {"list": [1]}), TypeError, "plain values"),
        (("x", None, pd.DataFrame(), {"pair": (1, 2)}), TypeError, "plain values"),
        (("x", None, pd.DataFrame(), {}, ("prose",)), TypeError, "notes are Note"),
    ],
)
def test_a_check_result_refuses_what_it_is_not(arguments: tuple, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        CheckResult(*arguments)
