"""Forecasts by hand, against the exact distribution, and how often their interval holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.errors import DataError
from evaluation.process import forecast

QUARTERS = ["2020Q1", "2020Q2", "2020Q3", "2020Q4"]


def test_with_steady_counts_it_is_the_gamma_poisson_distribution() -> None:
    found = forecast([5, 6, 4, 5], periods=QUARTERS, target=40, level=0.9, horizon=12)
    size, share = 20.5, 4 / (4 + np.arange(1, 13))
    exact = stats.nbinom(size, share)
    # the same distribution by another route: rounding only
    np.testing.assert_allclose(found.table.probability, exact.sf(19), rtol=1e-10)
    np.testing.assert_array_equal(found.table.low, 20 + exact.ppf(0.05))
    np.testing.assert_array_equal(found.table.high, 20 + exact.ppf(0.95))
    np.testing.assert_allclose(found.table.expected, 20 + exact.mean(), rtol=1e-12)
    first = [int(np.argmax(exact.sf(19) >= level)) for level in (0.05, 0.5, 0.95)]
    labels = found.table.period.to_numpy()
    assert [found.numbers[name] for name in ("reach_low", "reach", "reach_high")] == [
        labels[i] for i in first
    ]
    assert labels[0] == "2021Q1"


STATES = [
    ([60, 60], 100, "reached"),
    ([60, 30], 100, "forecast"),
    ([0, 0], 100, "never_at_this_pace"),
    ([1, 0], 1000, "beyond_horizon"),
    ([np.nan, np.nan], 100, "no_data"),
]


@pytest.mark.parametrize(("increments", "target", "state"), STATES)
def test_states(increments: list[float], target: float, state: str) -> None:
    found = forecast(increments, periods=QUARTERS[:2], target=target)
    assert found.numbers["state"] == state
    assert (found.numbers["reach"] != "") is (state == "forecast")


def test_unknown_periods_are_left_out_and_counts_that_vary_widen() -> None:
    found = forecast([10, np.nan, 30, 20], periods=QUARTERS, target=100, before=5)
    assert (found.numbers["total"], found.numbers["pace"], found.numbers["dispersion"]) == (65, 20, 5)
    assert [note.code for note in found.notes] == ["increments_missing", "few_increments"]
    steady = forecast([20, 20, 20], periods=QUARTERS[:3], target=100, before=5)
    assert (found.table.high - found.table.low > steady.table.high - steady.table.low).all()
    assert forecast([0, 0, 30, 20], periods=QUARTERS, target=100, window=2).numbers["pace"] == 25


@pytest.mark.parametrize(
    "wrong",
    [{"periods": QUARTERS[:1]}, {"increments": [1, -1]}, {"level": 1.0}, {"horizon": 0}, {"window": 0}],
)
def test_what_cannot_be_forecast_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(DataError):
        forecast(**{"increments": [1, 2], "periods": QUARTERS[:2], "target": 9} | wrong)


@pytest.mark.parametrize(("dispersion", "least"), [(1.0, 0.88), (3.0, 0.84)])
def test_the_interval_of_the_date_holds_about_as_often_as_it_says(dispersion: float, least: float) -> None:
    """90 % intervals after eight quarters; 200 draws have a standard error of 2.1 points.

    The date is a whole quarter and the dispersion is at least one, so more is allowed; with over-dispersed
    counts the dispersion is estimated from eight values, so a little less is.
    """
    random = np.random.default_rng(7)
    labels = [f"{2015 + i // 4}Q{i % 4 + 1}" for i in range(60)]
    held = []
    for _ in range(200):
        shape = np.inf if dispersion == 1 else 20 / (dispersion - 1)
        mean = 20 if np.isinf(shape) else random.gamma(shape, 20 / shape, size=60)
        draws = random.poisson(mean, size=60)
        found = forecast(draws[:8], periods=labels[:8], target=400, horizon=30).numbers
        reached = labels[int(np.argmax(draws.cumsum() >= 400))]
        held.append(str(found["reach_low"]) <= reached <= str(found["reach_high"]))
    assert least <= np.mean(held) <= 0.99
