"""Adoption by hand: matrix, curve, dose, treatment dates, sustainment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation import StudyDesign
from evaluation.errors import DataError
from evaluation.process import adoption, adoption_curve, dose, sustainment, treatment_dates
from evaluation.process.intervals import wilson_bounds

UNITS, TOOLS, QUARTERS = ["A", "B", "C", "D"], ["kmb", "mna"], ["2020Q1", "2020Q2", "2020Q3"]


def starts() -> pd.DataFrame:
    """A: kmb from Q1 to the first day of Q2, again in Q3, mna from Q3; B: kmb from the last day of Q2.

    C: mna from Q1, kmb since nobody knows when.
    """
    rows = [
        ("kmb", "A", "2020-02-10", "2020-04-01"),
        ("kmb", "A", "2020-08-01", ""),
        ("mna", "A", "2020-07-01", ""),
        ("kmb", "B", "2020-06-30", ""),
        ("mna", "C", "2020-01-01", ""),
        ("kmb", "C", "", ""),
    ]
    return pd.DataFrame(rows, columns=["tool", "district", "started", "ended"])


WHERE = {"tools": TOOLS, "units": UNITS, "periods": QUARTERS}
MEMORANDA = pd.DataFrame({"district": ["A", "B", "D"], "signed": ["2020-01-15", "2020-05-05", ""]})


def test_the_matrix_says_what_was_in_use_and_what_is_not_known() -> None:
    found = adoption(starts(), **WHERE)
    use = found.table[found.table.in_use]
    assert sorted((use.tool + use.unit + use.period).tolist()) == [
        "kmbA2020Q1",
        "kmbA2020Q2",
        "kmbA2020Q3",
        "kmbB2020Q2",
        "kmbB2020Q3",
        "mnaA2020Q3",
        "mnaC2020Q1",
        "mnaC2020Q2",
        "mnaC2020Q3",
    ]
    assert set(found.table[~found.table.known].unit + found.table[~found.table.known].tool) == {"Ckmb"}
    assert dict(found.numbers) == {"tools": 2, "units": 4, "adopting": 3, "spells": 6, "unknown": 1}
    assert [(n.code, n.numbers["names"]) for n in found.notes] == [("start_unknown", ("C",))]


def test_the_curve_counts_units() -> None:
    table = adoption_curve(starts(), **WHERE, memoranda=MEMORANDA).table
    counts = {name: part.units_in_use.tolist() for name, part in table.groupby("tool", sort=False)}
    assert counts == {"any": [2, 3, 3], "memorandum": [1, 2, 2], "kmb": [1, 2, 2], "mna": [1, 1, 2]}
    assert table.share[0] == 0.5


def test_the_dose_counts_tools_and_is_unknown_where_a_start_is() -> None:
    found = dose(starts(), **WHERE)
    doses = {name: part.tools_in_use.tolist() for name, part in found.table.groupby("unit")}
    np.testing.assert_equal(doses, {"A": [1, 1, 2], "B": [0, 1, 1], "C": [np.nan] * 3, "D": [0, 0, 0]})
    assert found.numbers["mean_dose"] == 1.5


def test_treatment_dates_are_the_first_quarter_of_any_tool() -> None:
    found = treatment_dates(starts(), units=UNITS)
    assert found.table[["unit", "cohort", "tool", "excluded"]].to_numpy().tolist() == [
        ["A", "2020Q1", "kmb", False],
        ["B", "2020Q2", "kmb", False],
        ["C", "", "", True],
        ["D", "", "", False],
    ]
    assert found.numbers["excluded"] == ("C",)
    early = treatment_dates(starts(), units=UNITS, at="2020Q1").table
    assert early.cohort.tolist() == ["2020Q1", "", "", ""]


def test_the_memorandum_is_a_declared_alternative() -> None:
    found = treatment_dates(starts(), units=UNITS, source="memorandum", memoranda=MEMORANDA)
    assert found.table.cohort.tolist() == ["2020Q1", "2020Q2", "", ""]
    assert found.numbers["excluded"] == ("D",), "signed on a day that is not known"
    with pytest.raises(DataError, match="Give the table of memoranda"):
        treatment_dates(starts(), units=UNITS, source="memorandum")


def test_matrix_and_design_have_one_source() -> None:
    """The cohort of the design is the first period in which the matrix shows any tool in use."""
    dated = treatment_dates(starts(), units=UNITS).table
    kept = dated[~dated.excluded]
    panel = pd.DataFrame(
        [{"district": u, "quarter": q, "y": float(i)} for u in kept.unit for i, q in enumerate(QUARTERS)]
    ).merge(kept, left_on="district", right_on="unit")
    design = StudyDesign.from_frame(panel, outcome="y", unit="district", time="quarter", cohort="cohort")
    use = adoption(starts(), **WHERE).table
    in_use = use[use.in_use].groupby("unit")["period"].min()
    for unit, cohort in zip(design.units, design.cohort, strict=True):
        expected = in_use.get(unit)
        assert (design.period_of(cohort) if np.isfinite(cohort) else None) == expected


def test_sustainment() -> None:
    """At the end of March 2021: A kmb broke off but was in use again; C kmb is not dated."""
    found = sustainment(starts(), units=UNITS, tools=TOOLS, at="2021Q1", months=(2, 6, 12), by_tool=True)
    rows = found.table.set_index(["tool", "months"])[["followed", "sustained", "too_recent"]]
    assert rows.to_numpy().tolist() == [
        [4, 3, 0],  # 2 months after 10 February A had stopped
        [4, 4, 0],
        [2, 2, 2],  # A kmb (10 February) and C mna (1 January)
        [2, 1, 0],
        [2, 2, 0],
        [1, 1, 1],
        [2, 2, 0],
        [2, 2, 0],
        [1, 1, 1],
    ]
    low, high = wilson_bounds(np.array([3.0]), np.array([4.0]), 0.95)
    np.testing.assert_allclose(found.table.loc[0, ["conf_low", "conf_high"]].to_list(), [low[0], high[0]])
    none = sustainment(starts(), units=UNITS, at="2020Q1", months=(24,)).table
    assert (none.followed[0], none.share.isna()[0], none.conf_low.isna()[0]) == (0, True, True)


def test_a_tool_or_district_that_is_not_known_is_an_error() -> None:
    with pytest.raises(DataError, match="Did you mean 'kmb'"):
        adoption(starts().replace("kmb", "kmbb"), **WHERE)
    with pytest.raises(DataError, match="not on the list"):
        treatment_dates(starts(), units=["A", "B"])
