"""Stacked difference in differences: by hand, against the published regressions, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import stacked
from evaluation.inference import clustered, multiplier_bootstrap, randomisation
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def _design(frame: pd.DataFrame, **options: Any) -> StudyDesign:
    return StudyDesign.from_frame(frame, **(COLUMNS | options))


def _by_time(estimate: Estimate) -> dict[float, float]:
    return {float(t.event_time or 0): float(v) for t, v in zip(estimate.terms, estimate.value, strict=True)}


def test_four_units_by_hand() -> None:
    """Window -1 to 0. a starts in 2: 1 to 6, +5; its controls b, c, d change by 1, 2, 0, mean 1: 4.

    b starts in 3: 4 to 11, +7; a is treated already; c and d change by 0 and 2 from 2 to 3, mean 1: 6.
    Corrected: one treated unit each, (4 + 6) / 2 = 5. Uncorrected, a stack weighs n1 n0 / (n1 + n0): 3/4 with
    three controls and 2/3 with two, (9 x 4 + 8 x 6) / 17.
    """
    outcomes = {"a": [1, 6, 0, 0], "b": [3, 4, 11, 9], "c": [0, 2, 2, 5], "d": [1, 1, 3, 4]}
    frame = pd.DataFrame(
        [
            {"unit": u, "period": t, "outcome": float(y), "cohort": {"a": 2, "b": 3}.get(u, 0)}
            for u, series in outcomes.items()
            for t, y in enumerate(series, start=1)
        ]
    )
    assert _by_time(stacked(_design(frame), first=-1, last=0)) == pytest.approx({0: 5.0})
    plain = stacked(_design(frame), first=-1, last=0, weights="none")
    assert _by_time(plain) == pytest.approx({0: 84 / 17})
    never = stacked(_design(frame), first=-1, last=0, control_group="never_treated")
    assert _by_time(never) == pytest.approx({0: 5.0}), "a +5 less (2 + 0) / 2 is 4 too"


SIZES = {3: 12, 5: 6, 6: 9}
WINDOW = {"first": -2, "last": 1}


def _panel(gaps: bool = False) -> pd.DataFrame:
    frame = did_panel(
        n_units=50, n_periods=8, cohorts=SIZES, effect={3: 1.0, 5: -2.0, 6: 3.0}, effect_growth=0.5, seed=5
    )
    rng = np.random.default_rng(3)
    frame["x"] = rng.normal(size=len(frame))
    return frame[frame.index % 11 != 3].reset_index(drop=True) if gaps else frame


def _long(frame: pd.DataFrame, corrective: bool) -> pd.DataFrame:
    """Build the stacked table row by row, as the authors' code does."""
    parts = []
    for g in SIZES:
        controls = (frame["cohort"] == 0) | (frame["cohort"] > g + 1)
        part = frame[((frame["cohort"] == g) | controls) & frame["period"].between(g - 2, g + 1)]
        parts.append(part.assign(stack=g, e=part["period"] - g, d=(part["cohort"] == g).astype(float)))
    whole = pd.concat(parts, ignore_index=True)
    whole = whole[whole.groupby(["stack", "unit"])["e"].transform("size") > 1].reset_index(drop=True)
    units = whole.groupby("stack").apply(lambda s: s.groupby("d")["unit"].nunique(), include_groups=False)
    share = units / units.sum()
    weight = [
        1.0 if d else share.loc[g, 1.0] / share.loc[g, 0.0]
        for g, d in zip(whole["stack"], whole["d"], strict=True)
    ]
    return whole.assign(q=weight if corrective else 1.0)


def _dummies(labels: pd.Series) -> np.ndarray:
    return pd.get_dummies(labels, dtype=float).to_numpy()


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("corrective", [False, True])
def test_it_is_the_regression_on_the_stacked_table(gaps: bool, corrective: bool) -> None:
    """With effects of unit by stack and period by stack; errors clustered by unit, over all its stacks."""
    frame = _panel(gaps)
    options: dict[str, Any] = {"weights": "corrective" if corrective else "none", "shares": "fixed"}
    effects = stacked(_design(frame, covariates=["x"]), **WINDOW, **options)
    long = _long(frame, corrective)
    times = [float(t.event_time or 0) for t in effects.terms]
    stack = "/" + long["stack"].astype(str)
    units = _dummies(long["unit"].astype(str) + stack)
    periods = _dummies((long["e"].astype(str) + stack).where(long["e"] != -1))
    x = np.column_stack([*((long["e"] == e) * long["d"] for e in times), long["x"], units, periods])
    fit = sm.WLS(long["outcome"], x, weights=long["q"]).fit()
    np.testing.assert_allclose(effects.value, fit.params[: len(times)], rtol=1e-9)
    robust = fit.get_robustcov_results("cluster", groups=long["unit"], use_correction=False)
    np.testing.assert_allclose(
        clustered(effects, correction="CR0").std_error, robust.bse[: len(times)], rtol=1e-8
    )


def test_corrected_it_is_the_published_regression_and_the_mean_by_numbers() -> None:
    """Two ways that share no code: effects of group and distance alone, and differences of four means."""
    frame = _panel()
    found = _by_time(stacked(_design(frame), **WINDOW))
    long = _long(frame, corrective=True)
    times = [-2, 0, 1]
    x = np.column_stack(
        [np.ones(len(long)), long["d"], *((long["e"] == e) * 1.0 for e in times)]
        + [(long["e"] == e) * long["d"] for e in times]
    )
    published = sm.WLS(long["outcome"], x, weights=long["q"]).fit().params[-3:]
    assert list(found.values()) == pytest.approx(list(published), rel=1e-10)
    for e in times:
        means = long.groupby(["stack", "d", "e"])["outcome"].mean()
        did = {g: means[g, 1.0, e] - means[g, 1.0, -1] - means[g, 0.0, e] + means[g, 0.0, -1] for g in SIZES}
        assert found[e] == pytest.approx(sum(SIZES[g] * did[g] for g in SIZES) / 27, rel=1e-10)


def test_the_influence_of_the_shares_is_that_of_their_numbers() -> None:
    """A treated unit more of cohort g moves the mean by (effect of g - mean) / number of treated."""
    frame = _panel()
    design = _design(frame)
    one, other = (stacked(design, **WINDOW, shares=shares) for shares in ("estimated", "fixed"))
    extra = one.influence - other.influence
    apart = {
        g: _by_time(stacked(_design(frame[frame["cohort"].isin([0, g]) | (frame["cohort"] > g + 1)].assign(
            cohort=lambda data, g=g: data["cohort"].where(data["cohort"] == g, 0))), **WINDOW))
        for g in SIZES
    }  # fmt: skip
    for i, unit in enumerate(design.units):
        g = int(frame.loc[frame["unit"] == unit, "cohort"].iloc[0])
        gap = [50 / 27 * (apart[g][e] - v) if g else 0.0 for e, v in _by_time(one).items()]
        np.testing.assert_allclose(extra[i], gap, atol=1e-9)


def test_cohorts_without_a_whole_window_are_left_out_by_name() -> None:
    effects = stacked(_design(_panel()), first=-3, last=3)
    note = next(n for n in effects.notes if n.code == "cohorts_outside_window")
    assert note.numbers["names"] == ("3", "6")
    assert len(effects.terms) == 6


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"first": -1, "last": -1}, "bad-window"),
        ({"first": 0, "last": 2}, "bad-window"),
        ({"first": -9, "last": 2}, "no-stack"),
        (WINDOW | {"weights": "population"}, "unknown-option"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        stacked(_design(_panel()), **options)
    assert caught.value.code == code


def test_any_inference_on_it() -> None:
    effects = stacked(_design(_panel()), **WINDOW)
    drawn = multiplier_bootstrap(effects, draws=1999, seed=1).std_error
    np.testing.assert_allclose(drawn, clustered(effects).std_error, rtol=0.12)  # 1,999 draws 3 %, 50 units
    assert randomisation(effects, draws=19, seed=1).p_value.shape == (3,)
