"""The gate: what is hidden, what is marked, and that nothing reaches the report around it."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import report
from evaluation.checks import CheckResult
from evaluation.design import Note, StudyDesign
from evaluation.disclosure import PUBLIC, Cells, Profile, Publishable, publish
from evaluation.errors import DisclosureError
from evaluation.estimate import Inference, Result
from evaluation.estimators import twfe

NAN = math.nan


def one_column(counts: list[float], profile: Profile = PUBLIC) -> Publishable:
    table = pd.DataFrame(
        {"area": [f"A{i}" for i in range(len(counts))], "n": counts, "rate": np.arange(len(counts)) + 0.5}
    )
    return publish(Cells(table, ("area",), ("n",), {"rate": "n"}), profile)


@pytest.mark.parametrize(
    ("count", "zeros", "hidden"),
    [
        (0, True, True),
        (4, True, True),
        (5, True, False),
        (0, False, False),
        (1, False, True),
        (4, False, True),
    ],
)
def test_a_count_below_five_is_hidden_with_what_rests_on_it(count: int, zeros: bool, hidden: bool) -> None:
    published = one_column([count, 3, 2, 50], Profile("test", zeros=zeros))
    row = published.tables["cells"].iloc[0]
    assert math.isnan(row["n"]) == hidden
    assert math.isnan(row["rate"]) == hidden
    assert bool(published.suppressed["cells"]["n"].iloc[0]) == hidden
    assert bool(published.suppressed["cells"]["rate"].iloc[0]) == hidden


def test_a_missing_count_is_not_marked_but_nothing_rests_on_it() -> None:
    published = one_column([NAN, 8, 9])
    assert published.suppressed["cells"]["n"].tolist() == [False, False, False]
    assert published.suppressed["cells"]["rate"].tolist() == [True, False, False]
    assert math.isnan(published.tables["cells"]["rate"].iloc[0])


def test_one_hidden_cell_takes_the_next_smallest_along() -> None:
    published = one_column([4, 9, 7, 30])
    assert published.suppressed["cells"]["n"].tolist() == [True, False, True, False]
    assert dict(published.notes[0].numbers) == {"primary": 1, "secondary": 1, "cells": 4, "threshold": 5}


def test_sums_over_each_key_are_protected_and_rows_of_totals_are_not_parts() -> None:
    parts = [("X", "a", 3), ("X", "b", 10), ("X", "c", 20), ("Y", "a", 40), ("Y", "b", 50), ("Y", "c", 60)]
    table = pd.DataFrame([*parts, ("X", "*", 33), ("Y", "*", 150)], columns=["region", "group", "n"])
    hidden = publish(Cells(table, ("region", "group"), ("n",))).suppressed["cells"]["n"]
    by = table.assign(hidden=hidden)[table["group"] != "*"]
    assert not hidden[table["group"] == "*"].any()
    for key in ("region", "group"):
        assert (by.groupby(key)["hidden"].sum() != 1).all()
    assert by["hidden"].sum() == 4


@pytest.mark.parametrize(
    ("columns", "depends"),
    [
        ({"area": ["A"], "n": [9], "note": ["3 people"]}, {}),
        ({"area": ["A"]}, {}),
        ({"area": ["A"], "n": ["9"]}, {}),
        ({"area": ["A"], "n": [9], "rate": [1.0]}, {"rate": "area"}),
    ],
)
def test_every_column_of_cells_is_declared(columns: dict[str, list[object]], depends: dict[str, str]) -> None:
    with pytest.raises(DisclosureError, match="key, a count or derived"):
        Cells(pd.DataFrame(columns), ("area",), ("n",), depends)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("XYZ"), st.sampled_from("abcd"), st.integers(0, 30)),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[:2],
    ),
    st.booleans(),
)
def test_no_small_count_is_in_the_json_and_no_single_sum_gives_one_back(
    rows: list[tuple[str, str, int]], zeros: bool
) -> None:
    table = pd.DataFrame(rows, columns=["region", "group", "n"]).assign(rate=lambda t: t["n"] / 7)
    profile = Profile("test", zeros=zeros)
    published = publish(Cells(table, ("region", "group"), ("n",), {"rate": "n"}), profile)
    raw = json.loads(json.dumps(published.to_json(), allow_nan=False))
    shown = raw["tables"]["cells"]["n"]["values"]
    rates = raw["tables"]["cells"]["rate"]["values"]
    assert all(value is None or value >= 5 or (value == 0 and not zeros) for value in shown)
    assert all((n is None) == (rate is None) for n, rate in zip(shown, rates, strict=True))
    by = table.assign(hidden=published.suppressed["cells"]["n"])
    for keys in (["region"], ["group"], []):
        groups = by.groupby(keys) if keys else [((), by)]
        for _, part in groups:
            assert part["hidden"].sum() != 1 or len(part) == 1


def panel_result(distribution: np.ndarray | None) -> Result:
    panel = pd.DataFrame(
        {"u": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "g": [2, 2, 0, 0, 0, 0], "y": [1.0, 2.5, 1, 1, 2, 2.25]}
    )
    design = StudyDesign.from_frame(
        panel, outcome="y", unit="u", time="t", cohort="g", notes=(Note("synthetic_data", {"dataset": "d"}),)
    )
    estimate = twfe(design)
    inference = Inference.of(
        "randomisation",
        1,
        conf_level=0.95,
        p_value=np.array([1 / 3]),
        conf_high=np.array([np.inf]),
        distribution=distribution,
    )
    return Result(estimate, inference)


def test_a_result_takes_its_distribution_along_listed_or_binned() -> None:
    few = publish(panel_result(np.array([[0.3], [0.1], [0.1], [np.nan]]))).tables["distribution"]
    assert few[["low", "high", "assignments"]].to_numpy().tolist() == [[0.1, 0.1, 2.0], [0.3, 0.3, 1.0]]
    many = publish(panel_result(np.random.default_rng(1).normal(size=(999, 1)))).tables["distribution"]
    assert len(many) == 60
    assert many["assignments"].sum() == 999
    assert "distribution" not in publish(panel_result(None)).tables


def test_json_brings_every_float_back_exactly() -> None:
    published = publish(panel_result(np.array([[0.1 + 0.2], [1 / 3], [-1e-300]])))
    back = Publishable.from_json(json.dumps(published.to_json(), allow_nan=False))
    for name, table in published.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table, check_exact=True, check_dtype=False)
    assert back.notes == published.notes
    assert dict(back.numbers) == dict(published.numbers)
    assert back.profile == published.profile
    assert back.to_json() == published.to_json()


def test_cells_come_back_with_what_was_hidden() -> None:
    published = one_column([4, 9, 7, 30])
    back = Publishable.from_json(published.to_json())
    pd.testing.assert_frame_equal(back.suppressed["cells"], published.suppressed["cells"], check_dtype=False)


def test_published_values_come_from_the_gate_only() -> None:
    published = one_column([4, 9, 7, 30])
    parts = {field.name: getattr(published, field.name) for field in dataclasses.fields(published)}
    with pytest.raises(DisclosureError):
        Publishable(**parts)
    with pytest.raises((DisclosureError, ValueError)):
        dataclasses.replace(published, suppressed={})
    with pytest.raises(DisclosureError, match="version 9"):
        Publishable.from_json(published.to_json() | {"schema_version": 9})
    with pytest.raises(DisclosureError, match="DataFrame cannot be published"):
        publish(pd.DataFrame())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "show",
    [
        lambda x: report.table(x, "cs"),
        lambda x: report.table([x], "cs"),
        lambda x: report.sentence(x, "cs"),
        lambda x: report.finding(x, "en"),
        lambda x: report.warnings(x, "en"),
        lambda x: report.explanations(x, "en"),
        lambda x: report.figure([x], "en"),
    ],
)
@pytest.mark.parametrize("kind", ["result", "check", "frame"])
def test_the_report_refuses_what_was_not_published(show: object, kind: str) -> None:
    check = CheckResult("raw_trends", None, pd.DataFrame({"mean": [1.0]}))
    value = {"result": panel_result(None), "check": check, "frame": pd.DataFrame({"n": [1]})}[kind]
    with pytest.raises(DisclosureError, match="accepts published values only"):
        show(value)  # type: ignore[operator]


def test_months_are_not_parts_of_a_total() -> None:
    """The same homes are followed in each month: one small month hides no other, states of a month do."""
    rows = [
        (month, state, n)
        for month, ns in {"1": (3, 7, 9), "2": (8, 7, 9)}.items()
        for state, n in zip("abc", ns, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["month", "state", "persons"])
    apart = publish(Cells(table, ("month", "state"), ("persons",), separate=("month",)))
    assert apart.suppressed["cells"].persons.tolist() == [True, True, False, False, False, False]
    together = publish(Cells(table, ("month", "state"), ("persons",)))
    assert together.suppressed["cells"].persons.sum() > 2
    with pytest.raises(DisclosureError):
        Cells(table, ("month", "state"), ("persons",), separate=("week",))
