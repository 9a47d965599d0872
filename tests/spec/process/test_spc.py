"""Charts by hand: limits, each rule, runs and crossings; false alarms as measured independently."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.errors import DataError
from evaluation.process import run_chart, xmr_chart
from evaluation.process._spc_rules import run_limits, run_signals, xmr_signals
from evaluation.process.spc import autocorrelation


def quarters(n: int) -> list[str]:
    return [f"{2018 + i // 4}Q{i % 4 + 1}" for i in range(n)]


def chart(values: list[float]) -> list[str]:
    return xmr_chart(values, periods=quarters(len(values)), draws=10).table.signal.tolist()


def test_limits_leave_out_the_largest_moving_range_once() -> None:
    """Moving ranges are 2 eleven times and 40 once on either side: mean 102/13, and 40 > 3.267 times it."""
    values = [10.0, 12.0] * 3 + [52.0] + [12.0, 10.0] * 3 + [12.0]
    found = xmr_chart(values, periods=quarters(14), draws=10)
    ranges = np.abs(np.diff(values))
    assert sorted(set(ranges)) == [2, 40]
    mean = np.mean(values)
    np.testing.assert_allclose(found.table.upper[0], mean + 2.66 * 2)
    np.testing.assert_allclose(found.table.near_lower[0], mean - 2.66 * 2 * 2 / 3)
    assert found.table.signal[6] == "outside"
    assert found.passed is False


BASE = [10.0, 12.0, 9.0, 11.0, 12.0, 10.0, 9.0, 12.0]
# series -> the points that have each signal
RULES = [
    ([*BASE, 10, 11, 12, 9], {}),
    ([*BASE, *[10.4, 10.5, 10.4, 10.5, 10.4, 10.5, 10.4], 12, 9, 12], {"shift": range(8, 15)}),
    ([20, 5, 8, 1, 3, 5, 7, 9, 11, 14, 4, 18], {"trend": range(3, 10)}),
]


@pytest.mark.parametrize(("values", "expected"), RULES)
def test_each_rule(values: list[float], expected: dict[str, range]) -> None:
    signals = chart(values)
    assert {i: s for i, s in enumerate(signals) if s} == {i: s for s, own in expected.items() for i in own}


def test_two_of_three_near_a_limit() -> None:
    """Mean 0; moving ranges 46 times 4, 3 times 11.5 and 4 times 9.5: mean 256.5/53 = 4.84.

    So the near limits are +-8.58 and the limits +-12.87; a point alone beyond a near limit is no signal.
    """
    calm = [2.0, -2.0] * 12
    signals = chart([*calm, 9.5, 0.0, 9.5, *calm[::-1], -9.5, 0.0, -9.5])
    assert {i: s for i, s in enumerate(signals) if s} == dict.fromkeys((24, 26, 51, 53), "two_of_three")
    assert set(chart([*calm, 9.5, *calm[::-1], -9.5])) == {""}


# n -> longest run and fewest crossings that are no signal: qicharts2's vignette lists them for 10 to 100
LIMITS = {10: (6, 2), 11: (6, 2), 12: (7, 3), 16: (7, 4), 20: (7, 6), 24: (8, 8), 50: (9, 19), 100: (10, 41)}


@pytest.mark.parametrize("n", LIMITS)
def test_the_limits_of_runs(n: int) -> None:
    assert run_limits(n) == LIMITS[n]


def test_points_on_the_median_do_not_break_a_run() -> None:
    values = [1, 2, 5, 1, 2, 1, 2, 5, 1, 2, 8, 9, 8, 9, 8, 9, 8, 9, 5]
    found = run_chart(values, periods=quarters(19), draws=10)
    expected = {"useful": 16, "longest_run": 8, "longest_run_limit": 7, "crossings": 1, "crossings_limit": 4}
    assert {name: found.numbers[name] for name in expected} == expected
    marked = found.table.index[found.table.signal == "run"].tolist()
    assert marked == [0, 1, 3, 4, 5, 6, 8, 9, *range(10, 18)]
    assert found.passed is False
    even = run_chart([1, 3] * 8, periods=quarters(16), draws=10)
    assert (even.passed, even.numbers["crossings"]) == (True, 15)


def test_below_twelve_points_there_are_no_rules() -> None:
    for draw in (xmr_chart, run_chart):
        found = draw([1.0, 2.0] * 5 + [99.0], periods=quarters(11))
        assert (found.passed, found.numbers["rules"], set(found.table.signal)) == (None, False, {""})
        assert found.table.upper.isna().all()
        assert np.isnan(float(found.numbers["false_alarm"]))
        assert [note.code for note in found.notes] == ["few_points"]


def test_points_that_were_not_observed_are_passed_over() -> None:
    values = [*BASE, np.nan, 10, 11, 12, 9, 40]
    found = xmr_chart(values, periods=quarters(14), draws=10)
    assert (found.numbers["points"], found.table.signal[8], found.table.signal[13]) == (13, "", "outside")


# Independent measurement in R's rules, 3,000 series: n -> XmR and runs, independent and with rho = 0.6
ALARMS = {
    8: (0.03, 0.00, 0.15, 0.00),
    12: (0.07, 0.01, 0.39, 0.13),
    16: (0.10, 0.01, 0.57, 0.18),
    20: (0.15, 0.02, 0.71, 0.34),
    24: (0.19, 0.03, 0.80, 0.47),
}


@pytest.mark.parametrize("n", ALARMS)
def test_false_alarms_are_those_that_were_measured(n: int) -> None:
    """Both are shares of 3,000 series: the difference has a standard error of at most 1.3 points."""
    random, found = np.random.default_rng(5), []
    for rho in (0.0, 0.6):
        series = random.normal(size=(3000, n))
        series[:, 0] /= np.sqrt(1 - rho**2)
        for t in range(1, n):
            series[:, t] += rho * series[:, t - 1]
        found += [(xmr_signals(series) > 0).any(axis=1).mean(), run_signals(series).mean()]
    np.testing.assert_allclose(found, ALARMS[n], atol=0.035)


def test_the_rate_of_false_alarms_is_that_of_the_series() -> None:
    random = np.random.default_rng(3)
    steady, slow = random.normal(size=24), np.zeros(24)
    for t in range(1, 24):
        slow[t] = 0.8 * slow[t - 1] + random.normal()
    rates = [xmr_chart(series, periods=quarters(24)) for series in (steady, slow)]
    assert float(rates[0].numbers["false_alarm"]) < 0.4 < float(rates[1].numbers["false_alarm"])
    assert "false_alarms" in [note.code for note in rates[1].notes]
    assert rates[1].numbers["rho"] == autocorrelation(slow)


@pytest.mark.parametrize(("n", "rho"), [(24, 0.5), (24, 0.7), (60, 0.3)])
def test_the_autocorrelation_is_corrected_for_short_series(n: int, rho: float) -> None:
    """Uncorrected the mean is 0.38, 0.54 and 0.26; 800 draws have a standard error below one point."""
    random, found = np.random.default_rng(8), []
    for _ in range(800):
        series = random.normal(size=n)
        series[0] /= np.sqrt(1 - rho**2)
        for t in range(1, n):
            series[t] += rho * series[t - 1]
        found.append(autocorrelation(series))
    assert np.mean(found) == pytest.approx(rho, abs=0.03)


def test_what_is_no_series_is_refused() -> None:
    for values in ([1.0, np.nan], [1.0, 2.0, 3.0]):
        with pytest.raises(DataError):
            xmr_chart(values, periods=quarters(2))
