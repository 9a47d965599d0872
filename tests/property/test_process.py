"""Process evaluation on any table: parts add up, order does not matter, better is never judged worse."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.process import (
    Counts,
    Target,
    adoption,
    clopper_pearson,
    default_interval,
    dose,
    forecast,
    indicator,
    indicator_table,
    milestones,
    target_state,
    treatment_dates,
)
from evaluation.process.intervals import wilson_bounds

calm = settings(max_examples=60, deadline=None)
QUARTERS = [f"{2020 + i // 4}Q{i % 4 + 1}" for i in range(6)]
UNITS, TOOLS = ["A", "B", "C", "D"], ["kmb", "mna"]

REPORT = st.tuples(
    st.sampled_from(UNITS),
    st.sampled_from(QUARTERS),
    st.sampled_from(["f", "m", None]),
    st.integers(0, 30),
    st.one_of(st.none(), st.integers(0, 30)),
)


def counts(rows: list[Any], **more: Any) -> Counts:
    frame = pd.DataFrame(rows, columns=["unit", "quarter", "sex", "kept", "lost"])
    frame["housed"] = frame["kept"] + frame["lost"]
    frame["kept"] = frame["kept"].astype(float)
    columns: Any = {"numerator": "kept", "denominator": "housed", "unit": "unit", "time": "quarter"}
    return Counts.from_frame(frame, **columns, **more)


def row(design: Counts, **options: Any) -> pd.DataFrame:
    return indicator_table(default_interval(indicator(design, **options))).table


@calm
@given(st.lists(REPORT, min_size=1, max_size=40), st.sampled_from(["cumulative", "latest", "period"]))
def test_parts_add_up_and_the_total_lies_between_them(rows: list[Any], measure: Any) -> None:
    # a cell with and without a denominator mixes what belongs together, so that no share exists: not meant
    rows = list({one[:3]: one for one in rows}.values())
    design = counts(rows, groups=("sex",))
    total, parts = row(design, measure=measure).iloc[0], row(design, measure=measure, by="sex")
    for name in ("numerator", "denominator"):
        np.testing.assert_equal(parts[name].sum(min_count=1), total[name])
    if total.state == "measured":
        known = parts.estimate.dropna()
        assert known.min() - 1e-12 <= total.estimate <= known.max() + 1e-12
        assert 0 <= total.conf_low <= total.estimate + 1e-12 <= total.conf_high + 2e-12 <= 1 + 2e-12
    shuffled = row(counts(rows[::-1], groups=("sex",)), measure=measure, by="sex")
    pd.testing.assert_frame_equal(parts, shuffled)


DAY = st.dates(datetime.date(2020, 1, 1), datetime.date(2021, 6, 30))
SPELL = st.tuples(
    st.sampled_from(TOOLS),
    st.sampled_from(UNITS),
    st.one_of(st.none(), DAY),
    st.one_of(st.none(), st.integers(0, 500)),
)


@calm
@given(st.lists(SPELL, min_size=1, max_size=12))
def test_the_design_is_treated_from_the_first_quarter_of_the_matrix(spells: list[Any]) -> None:
    starts = pd.DataFrame(spells, columns=["tool", "district", "started", "length"])
    ends = [
        None if started is None or np.isnan(length) else started + datetime.timedelta(days=int(length))
        for started, length in zip(starts.started, starts.length.astype(float), strict=True)
    ]
    starts = starts.assign(ended=ends)
    where: Any = {"tools": TOOLS, "units": UNITS, "periods": QUARTERS}
    use = adoption(starts, **where).table
    first = use[use.in_use].groupby("unit")["period"].min()
    dated = treatment_dates(starts, units=UNITS).table.set_index("unit")
    unknown = set(starts.district[starts.started.isna()])
    assert set(dated.index[dated.excluded]) == unknown
    for unit in set(UNITS) - unknown:
        assert dated.loc[unit, "cohort"] == first.get(unit, "")
    doses = dose(starts, **where).table
    known = use.groupby(["unit", "period"])[["in_use", "known"]].agg({"in_use": "sum", "known": "all"})
    expected = known.in_use.where(known.known).astype(float)
    np.testing.assert_array_equal(doses.set_index(["unit", "period"]).tools_in_use[expected.index], expected)


ORDER = ["missed", "at_risk", "on_track", "met"]


@calm
@given(st.floats(0, 600), st.floats(0, 600), st.sampled_from(["2020Q2", "2020Q4", "2021Q3", "2021Q4"]))
def test_more_is_never_judged_worse(one: float, other: float, at: str) -> None:
    up = Target(500, start="2020-01-01", path=(("2020Q4", 200),), due="2021Q4")
    down = Target(100, operator="at_most", start="2020-01-01", baseline=500, due="2021Q4")
    low, high = (
        [ORDER.index(str(target_state(value, target, at=at).numbers["state"])) for target in (up, down)]
        for value in sorted((one, other))
    )
    assert low[0] <= high[0]
    assert low[1] >= high[1]


@calm
@given(st.lists(st.integers(0, 40), min_size=2, max_size=8), st.integers(1, 300), st.integers(0, 100))
def test_a_higher_target_is_never_reached_earlier(increments: list[int], target: int, more: int) -> None:
    periods = [f"{2018 + i // 4}Q{i % 4 + 1}" for i in range(len(increments))]
    near, far = (
        forecast(increments, periods=periods, target=goal, horizon=12) for goal in (target, target + more)
    )
    assert (near.table.probability >= far.table.probability - 1e-12).all()
    assert (np.diff(near.table.probability) >= 0).all()
    assert (near.table.low <= near.table.high).all()
    if near.numbers["state"] == "forecast":
        assert str(near.numbers["reach_low"]) <= str(near.numbers["reach"])


@calm
@given(DAY, st.one_of(st.none(), DAY), st.one_of(st.none(), DAY), DAY)
def test_a_milestone_has_the_state_of_its_dates(due: Any, revised: Any, done: Any, at: Any) -> None:
    versions = [(due, None)] + ([(revised, due)] if revised else [])
    plan = pd.DataFrame([("m", str(i), decided, day) for i, (day, decided) in enumerate(versions)])
    plan.columns = pd.Index(["milestone", "version", "decided", "due"])
    found = milestones(plan, pd.DataFrame({"milestone": ["m"], "done": [done]}), at=at).table.iloc[0]
    force = revised if revised and due <= at else due
    if done and done <= at:
        expected = "met" if done <= due else "met_late"
        assert found.slippage_days == (done - due).days
    else:
        expected = "due" if at <= force else "overdue"
    assert found.state == expected


@pytest.mark.parametrize("n", [5, 10, 22, 57])
def test_the_exact_interval_never_covers_less_and_wilson_on_average_as_often(n: int) -> None:
    """Coverage added up over all k, no simulation; Wilson is for the average over shares, not for each."""
    k = np.arange(n + 1, dtype=float)
    shares = np.linspace(0.02, 0.98, 97)
    chance = stats.binom.pmf(k[:, None], n, shares)
    exact = [_clopper_pearson(int(i), n) for i in k]
    ends = {"wilson": wilson_bounds(k, np.full(n + 1, float(n)), 0.95), "exact": tuple(np.array(exact).T)}
    covered = {
        name: (chance * ((low[:, None] <= shares) & (shares <= high[:, None]))).sum(axis=0)
        for name, (low, high) in ends.items()
    }
    assert covered["exact"].min() >= 0.95
    assert 0.94 <= covered["wilson"].mean() <= 0.97
    assert covered["wilson"].min() >= 0.83, "its lowest coverage, for shares near 0 and 1"


def _clopper_pearson(k: int, n: int) -> tuple[float, float]:
    design = counts([("A", "2020Q1", None, k, n - k)])
    found = indicator(design).infer(clopper_pearson).inference
    return float(found.conf_low[0]), float(found.conf_high[0])
