"""`xmr_chart` and `run_chart`: signals in a series, and how often there would be one without any change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.design import Note
from evaluation.design.note import Number
from evaluation.errors import DataError
from evaluation.estimate import CheckResult
from evaluation.process._spc_rules import (
    CODES,
    NEAR,
    run_limits,
    run_signals,
    runs,
    xmr_limits,
    xmr_signals,
)

Floats = NDArray[np.float64]
LEAST = 12
"""Below so many points the chart is drawn without rules."""


def xmr_chart(values: ArrayLike, *, periods: Sequence[str], draws: int = 2000, seed: int = 0) -> CheckResult:
    r"""Draw limits round the mean of single values and mark the points that break a rule.

    .. math:: \bar x \pm 2.66 \, \overline{|x_t - x_{t-1}|}

    with moving ranges of 3.267 times their mean and more left out once. A point has the first signal that
    applies, in the order of the XmR charts of NHS England: ``outside`` the limits; ``trend``, one of seven
    that rise or fall one after the other; ``two_of_three`` beyond two thirds of the way to a limit, on one
    side and within it; ``shift``, one of seven on one side of the mean. See Mohammed, Worthington and Woodall
    (2008), doi:10.1136/qshc.2004.012047.

    Values of successive quarters go together, and the rules were made for independent ones. Therefore the
    rate of false alarms is simulated for each chart at its own length and autocorrelation: the share of
    normal series without any change in which a rule is broken. With many charts divide your attention by it.

    Parameters
    ----------
    values : array-like, shape (n,)
        NaN where nothing was observed; such points have no signal and are passed over by the rules.
    periods : sequence of str, length n
    draws : int
        Simulated series.
    seed : int

    Returns
    -------
    CheckResult
        ``process_chart``; passed is True without a signal, None below twelve points, where no limits are
        drawn. Table: period, value, centre, lower, upper, near_lower, near_upper, signal. Numbers: chart
        (``xmr``), points, signals, rules, rho (lag-one autocorrelation, corrected for its bias in short
        series, between 0 and 0.95), false_alarm, draws. Note ``few_points`` below twelve, ``false_alarms``
        where more than one chart in ten without change would give one.

    Raises
    ------
    DataError
        If values and periods differ in length or there are no values.

    Examples
    --------
    >>> days = [9, 11, 10, 13, 8, 13, 11, 9, 13, 11, 9, 30]
    >>> chart = xmr_chart(days, periods=[f"20{20 + i // 4}Q{i % 4 + 1}" for i in range(12)])
    >>> chart.table[chart.table.signal != ""][["period", "signal"]].to_numpy().tolist()
    [['2022Q4', 'outside']]
    """
    series, known = _read(values, periods)
    ruled = len(series) >= LEAST
    centre, reach = (float(part[0, 0]) for part in xmr_limits(series[None]))
    table = _table(values, periods, centre)
    for name, side, share in (
        ("lower", -1, 1.0),
        ("upper", 1, 1.0),
        ("near_lower", -1, NEAR),
        ("near_upper", 1, NEAR),
    ):
        table[name] = centre + side * share * reach if ruled else np.nan
    found = np.array(CODES, dtype=object)[xmr_signals(series[None])[0]] if ruled else ""
    table.loc[known, "signal"] = found
    broken = _share_broken(_any_signal, series, draws, seed)
    return _result("xmr", table, series, broken, draws, {})


def run_chart(values: ArrayLike, *, periods: Sequence[str], draws: int = 2000, seed: int = 0) -> CheckResult:
    """Draw the median and say whether a run is unusually long or crossings are unusually few.

    Of n points that are not on the median, a run longer than round(log2 n) + 3, or fewer crossings of the
    median than the 5 % quantile of the binomial distribution with n - 1 trials and probability 1/2, is a
    signal: Anhøj and Olesen (2014), doi:10.1371/journal.pone.0113825. The rules need no assumption on the
    distribution, but independent values; the rate of false alarms is simulated as in `xmr_chart`.

    Parameters
    ----------
    values : array-like, shape (n,)
        NaN where nothing was observed.
    periods : sequence of str, length n
    draws, seed : int
        Of the rate of false alarms.

    Returns
    -------
    CheckResult
        ``process_chart``; passed is True without a signal, None below twelve points. Table as in `xmr_chart`,
        without limits; the signal is ``run`` for the points of a run that is too long. Numbers: those of
        `xmr_chart` (chart ``run``), useful, longest_run, longest_run_limit, crossings, crossings_limit.

    Raises
    ------
    DataError
        If values and periods differ in length or there are no values.

    Examples
    --------
    >>> waiting = [30, 31, 29, 33, 30, 32, 31, 20, 21, 19, 22, 20, 21, 18]
    >>> chart = run_chart(waiting, periods=[f"20{19 + i // 4}Q{i % 4 + 1}" for i in range(14)])
    >>> chart.passed, chart.numbers["crossings"], chart.numbers["crossings_limit"]
    (False, 1, 4)
    """
    series, known = _read(values, periods)
    table = _table(values, periods, float(np.median(series)))
    for name in ("lower", "upper", "near_lower", "near_upper"):
        table[name] = np.nan
    useful, longest, crossings = (int(part[0]) for part in runs(series[None]))
    most, least = run_limits(useful)
    if len(series) >= LEAST:
        table.loc[known, "signal"] = np.where(_in_long_run(series, most), "run", "")
    more: dict[str, Number] = {
        "useful": useful,
        "longest_run": longest,
        "longest_run_limit": most,
        "crossings": crossings,
        "crossings_limit": least,
    }
    return _result("run", table, series, _share_broken(run_signals, series, draws, seed), draws, more)


def _any_signal(many: Floats) -> NDArray[np.bool_]:
    return np.asarray((xmr_signals(many) > 0).any(axis=1))


def _read(values: ArrayLike, periods: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    given = np.asarray(values, dtype=np.float64)
    known = np.isfinite(given)
    if len(given) != len(periods) or known.sum() < 2:
        raise DataError(
            "bad-option-value",
            option="values",
            value=f"{int(known.sum())} values for {len(periods)} periods",
            advice="Give one value (or an empty one) for each period, and at least two.",
        )
    return given[known], known


def _table(values: ArrayLike, periods: Sequence[str], centre: float) -> pd.DataFrame:
    table = pd.DataFrame({"period": list(periods), "value": np.asarray(values, dtype=np.float64)})
    return table.assign(centre=centre, signal="")


def _in_long_run(series: Floats, most: int) -> NDArray[np.bool_]:
    """Points of a run longer than allowed; points on the median have no side."""
    sides = np.sign(series - np.median(series))
    useful = np.flatnonzero(sides)
    number = np.concatenate([[0], np.cumsum(np.diff(sides[useful]) != 0)]) if len(useful) else useful
    found = np.zeros(len(series), dtype=np.bool_)
    found[useful] = np.bincount(number)[number] > most if len(useful) else False
    return found


def autocorrelation(series: Floats) -> float:
    """Return the lag-one autocorrelation, corrected for the bias -(1 + 4 rho) / n, from 0 to 0.95.

    Marriott and Pope (1954), doi:10.1093/biomet/41.3-4.390. Negative values count as none.

    Examples
    --------
    >>> autocorrelation(np.array([1.0, -1.0] * 10))
    0.0
    """
    centred = series - series.mean()
    spread = float((centred**2).sum())
    raw = float((centred[1:] * centred[:-1]).sum()) / spread if spread > 0 else 0.0
    n = len(series)
    corrected = (raw + 1 / n) / (1 - 4 / n) if n > 4 else raw
    return float(np.clip(corrected, 0, 0.95))


def _share_broken(
    rule: Callable[[Floats], NDArray[np.bool_]], series: Floats, draws: int, seed: int
) -> float:
    """Share of stationary normal AR(1) series, as long and as autocorrelated as this one, with a signal."""
    if len(series) < LEAST:
        return float("nan")
    rho, n = autocorrelation(series), len(series)
    shocks = np.random.default_rng(seed).normal(size=(draws, n))
    shocks[:, 0] /= np.sqrt(1 - rho**2)
    for t in range(1, n):
        shocks[:, t] += rho * shocks[:, t - 1]
    return float(rule(shocks).mean())


def _result(
    chart: str, table: pd.DataFrame, series: Floats, broken: float, draws: int, more: dict[str, Any]
) -> CheckResult:
    ruled = len(series) >= LEAST
    signals = int((table["signal"] != "").sum())
    few = bool(more) and more["crossings"] < more["crossings_limit"]
    numbers: dict[str, Number] = {
        "chart": chart,
        "points": len(series),
        "signals": signals,
        "rules": ruled,
        "rho": autocorrelation(series),
        "false_alarm": broken,
        "draws": draws,
        **more,
    }
    notes = []
    if not ruled:
        notes.append(Note("few_points", {"points": len(series), "least": LEAST}))
    elif broken > 0.1:
        notes.append(Note("false_alarms", {"share": broken, "points": len(series), "rho": numbers["rho"]}))
    columns = ["period", "value", "centre", "lower", "upper", "near_lower", "near_upper", "signal"]
    passed = not (signals or few) if ruled else None
    return CheckResult("process_chart", passed, table[columns], numbers, tuple(notes))
