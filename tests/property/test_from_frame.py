"""Any table in: the same panel from the same rows, or an error that teaches; never anything else."""

from __future__ import annotations

import datetime
import importlib.util
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.design import StudyDesign
from evaluation.errors import DataError, EvaluationError
from evaluation.estimators import twfe

ROLES: dict[str, Any] = {
    "outcome": "y",
    "unit": "unit",
    "time": "time",
    "covariates": ["x"],
    "weights": "w",
    "groups": ["region"],
    "cluster": "region",
}
calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def quarter(number: int) -> str:
    return f"{2019 + number // 4}Q{number % 4 + 1}"


TIMES: dict[str, Any] = {
    "number": lambda t: t + 2015,
    "quarter": quarter,
    "month": lambda t: f"2021-{t + 1:02d}",
    "date": lambda t: pd.Timestamp(2019 + t // 4, 3 * (t % 4) + 1, 1),
}


@st.composite
def panels(draw: st.DrawFn) -> pd.DataFrame:
    """Two to six units, two to five periods, some rows missing, the first unit treated in the last period."""
    n_units, n_periods = draw(st.integers(3, 6)), draw(st.integers(2, 5))
    kind = draw(st.sampled_from(sorted(TIMES)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    i, t = np.divmod(np.arange(n_units * n_periods), n_periods)
    start = np.r_[n_periods - 1, rng.integers(1, n_periods + 2, n_units - 2), n_periods + 1]
    label = np.array([TIMES[kind](each) for each in range(n_periods)], dtype=object)
    frame = pd.DataFrame(
        {
            "unit": [f"u{each}" for each in i] if draw(st.booleans()) else i,
            "time": pd.Series(label[t]).infer_objects(),
            "treated": (t >= start[i]).astype(float),
            "region": np.array(["north", "south", "west"])[i % 3],
            "y": rng.normal(size=len(i)),
            "x": rng.normal(size=len(i)),
            "w": rng.uniform(0.5, 2, len(i)),
        }
    )
    frame["start"] = [label[each] if each < n_periods else None for each in start[i]]
    kept = draw(st.lists(st.booleans(), min_size=len(i), max_size=len(i)).filter(any))
    kept = np.array(kept) | (t == n_periods - 1) | (t == 0)
    frame.loc[draw(st.integers(n_periods, len(i) - 1)), draw(st.sampled_from(["y", "x", "w"]))] = np.nan
    return frame[kept].reset_index(drop=True)


def equal(one: StudyDesign, other: StudyDesign) -> None:
    for name in ("outcome", "treatment", "covariates", "weights", "period_numbers"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    if one.cohort is not None:
        assert other.cohort is not None
        np.testing.assert_array_equal(one.cohort, other.cohort)
    assert (one.units, one.periods, one.notes) == (other.units, other.periods, other.notes)
    for mine, theirs in ((one.cluster, other.cluster), (one.groups["region"], other.groups["region"])):
        assert mine.labels == theirs.labels
        assert mine.codes.tolist() == theirs.codes.tolist()


def made(frame: Any, by: str) -> StudyDesign:
    return StudyDesign.from_frame(frame, **ROLES, **{"cohort" if by == "start" else "treatment": by})


@calm
@given(panels(), st.randoms(use_true_random=False), st.sampled_from(["start", "treated"]))
def test_the_order_of_rows_does_not_matter(frame: pd.DataFrame, random: Any, by: str) -> None:
    order = list(range(len(frame)))
    random.shuffle(order)
    shuffled = frame.iloc[order]
    equal(made(frame, by), made(shuffled, by))
    equal(made(frame, by), made(shuffled.reset_index(drop=True), by))


@calm
@given(panels(), st.sampled_from(["start", "treated"]))
def test_any_library_of_tables_gives_the_same_panel(frame: pd.DataFrame, by: str) -> None:
    reference = made(frame, by)
    columns = {name: [None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame.columns}
    tables = [pl.DataFrame(columns), frame.convert_dtypes(), frame.astype({"region": "category"})]
    if importlib.util.find_spec("pyarrow"):
        tables.append(pl.DataFrame(columns).to_arrow())
    for table in tables:
        equal(reference, made(table, by))


@calm
@given(panels())
def test_every_row_is_found_in_its_cell(frame: pd.DataFrame) -> None:
    design = made(frame, "treated")
    complete = frame[["y", "x", "w"]].notna().all(axis=1)
    assert design.n_obs == complete.sum()
    row_of_label = {str(label): t for t, label in enumerate(design.periods)}
    for row in frame[complete].itertuples():
        label = row.time
        if isinstance(label, pd.Timestamp):
            months = [r for r in row_of_label if "-" in r]
            label = f"{label.year}-{label.month:02d}" if months else f"{label.year}Q{label.quarter}"
        i, t = design.units.index(row.unit), row_of_label[str(label)]
        assert design.outcome[i, t] == row.y
        assert design.covariates[i, t, 0] == row.x
        assert design.weights[i, t] == row.w
        assert design.treatment[i, t, 0] == row.treated
    assert np.isnan(design.outcome[~design.observed]).all()


ODD: list[Any] = [
    None, np.nan, np.inf, -np.inf, "abc", "", " ", [], [1], {}, object(), -1, 0, 10**30, 10**400, 1e308, True,
    b"x", 1 + 2j, pd.NA, pd.NaT, "2020Q1", "1,5", pd.Timestamp("2020-02-03"), datetime.date(2020, 1, 1),
    np.datetime64("2020-01-01"), pd.Timedelta("1D"), pd.Period("2020Q1"), "２０２０",
]  # fmt: skip


@settings(calm, max_examples=300)
@given(panels(), st.data(), st.sampled_from(["start", "treated"]), st.sampled_from(["gaussian", "poisson"]))
def test_a_bad_table_raises_an_error_that_teaches(
    frame: pd.DataFrame, data: st.DataObject, by: str, family: Any
) -> None:
    columns = data.draw(st.lists(st.sampled_from(list(frame.columns)), min_size=1, max_size=2))
    frame = frame.astype(dict.fromkeys(columns, object))
    for column in columns:
        value = data.draw(st.sampled_from(range(len(ODD))))
        everywhere = data.draw(st.booleans())
        row = data.draw(st.integers(0, len(frame) - 1))
        cells = [ODD[value] if everywhere or each == row else old for each, old in enumerate(frame[column])]
        frame[column] = pd.Series(cells, dtype=object)
    with suppress(EvaluationError):
        twfe(made(frame, by), family=family)


@pytest.mark.parametrize(
    "table",
    [
        None, 5, "text", [1, 2], {"y": [1]}, np.zeros((2, 2)), pd.Series([1]), pl.LazyFrame({"y": [1]}),
        pd.DataFrame(), pd.DataFrame({"y": []}), pd.DataFrame([[1, 2]], columns=["y", "y"]),
    ],
    ids=lambda table: type(table).__name__,
)  # fmt: skip
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(DataError):
        made(table, "treated")


@calm
@given(panels(), st.data())
def test_doubled_rows_are_refused_by_their_key(frame: pd.DataFrame, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(frame) - 1))
    with pytest.raises(DataError, match="more than once") as caught:
        made(pd.concat([frame, frame.iloc[[row]]]), "treated")
    assert f"unit {frame.unit[row]}" in str(caught.value)
    assert f"rows {row + 1} and {len(frame) + 1}" in str(caught.value)
