"""Seeded panels with a known true effect: for tests, documentation, power and the demonstration data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.periods import period_label, read_periods
from evaluation.errors import DataError, DesignError, did_you_mean, listed, require_option

Floats = NDArray[np.float64]

DECIMALS = 6  # of a simulated outcome: the table is the same on machines that differ in the last bit

PRAGUE_SEED = 2020
_ORIGIN = "2018Q1"  # the streams of every district begin here
PRAGUE_START = "2020Q2"
"""Invented start of the pilots of which only the agreement of March 2020 is known."""
PRAGUE_STARTS = MappingProxyType({500186: "2017Q4", 500224: "2019Q3", 500097: "2020Q4"})
"""Starts of the pilots (by code) with a date in the reference table: two came before the programme."""
PRAGUE_EFFECT = -0.4
"""True effect of a pilot in its fourth quarter and later, households in need per 1,000 inhabitants."""
PRAGUE_RAMP = 4  # quarters in which the effect grows in equal steps
PRAGUE_CITYWIDE = ("2021Q1", -0.1)
"""Start of the city-wide contact point and its true effect in the districts without a pilot."""

_BASE_RATE = 7.7  # households in need per 1,000 inhabitants
_GROWTH = 0.004  # of the population per year since the census of March 2011
_CENSUS = 4 * 2011 + 1  # the second quarter of 2011 begins days after the census
_SEASON = (0.3, -0.1, -0.3, 0.1)
_SHOCKS = (  # closed courts; refuge and energy prices; each begins within its first quarter
    ("2020Q1", "2020Q1", -0.2),
    ("2020Q2", "2021Q2", -0.8),
    ("2022Q1", "2022Q1", 0.3),
    ("2022Q2", "2023Q2", 0.9),
)
_RHO, _NOISE, _SPREAD = 0.6, 0.5, 0.15


def did_panel(  # noqa: PLR0913 -- the parameters of a data-generating process, all by keyword
    *,
    n_units: int = 57,
    n_periods: int = 24,
    n_treated: int = 5,
    start: int | None = None,
    effect: float | Mapping[int, float] = 1.0,
    effect_growth: float = 0.0,
    rho: float = 0.6,
    noise: float = 1.0,
    treated_noise: float = 1.0,
    cohorts: Mapping[int, int] | None = None,
    n_clusters: int | None = None,
    icc: float = 0.0,
    family: str = "gaussian",
    mean: float = 20.0,
    seed: int = 108,
) -> pd.DataFrame:
    r"""Simulate a panel in which the effect of every treated cell is known.

    .. math:: y_{it} = a_i + b_t + \tau_{g(i)} + \gamma (t - g(i)) \text{ (if treated)} + e_{it}

    with standard normal unit effects a, period effects b that drift as a random walk, and errors e that are
    AR(1) with a stationary start, the process in which Bertrand, Duflo and Mullainathan (2004),
    doi:10.1162/003355304772839588, showed how far ordinary standard errors fall short. With
    ``family="poisson"`` the outcome is a Poisson count with log mean ``log(mean) + 0.3 (a + b + e)`` plus
    the effect, which is then a log ratio.

    Parameters
    ----------
    n_units, n_periods, n_treated : int
        The first units are the treated ones.
    start : int, optional
        First treated period (1 to n_periods) of all treated units; the middle by default.
    effect : float or Mapping from cohort to float
        Effect in the first treated period.
    effect_growth : float
        What each further treated period adds to it.
    rho : float
        Correlation of the errors of neighbouring periods, between -1 and 1.
    noise : float
        Standard deviation of the errors.
    treated_noise : float
        How many times as large it is in treated units.
    cohorts : Mapping from int to int, optional
        First treated period -> number of units that start there; replaces `n_treated` and `start`.
    n_clusters : int, optional
        Units are dealt out to so many clusters one by one, so that the first units lie in different
        clusters. Each unit is its own cluster by default.
    icc : float
        Share of the error variance that the units of a cluster have in common, 0 to 1.
    family : {"gaussian", "poisson"}
    mean : float
        Count of a typical cell (poisson).
    seed : int

    Returns
    -------
    DataFrame
        One row per unit and period: unit, period (from 1), cohort (0 = never treated), cluster, outcome,
        true_effect (0 where untreated), synthetic (always True).

    Raises
    ------
    DesignError
        If an option is out of its range, or no unit is left untreated.

    Notes
    -----
    The same numpy gives the same table on every machine; numpy may change the streams of its generators
    between feature releases (its NEP 19).

    Examples
    --------
    >>> panel = did_panel(n_units=4, n_periods=4, n_treated=1, effect=2.0, effect_growth=0.5)
    >>> panel[panel.unit == 1].true_effect.tolist()
    [0.0, 0.0, 2.0, 2.5]
    >>> did_panel(cohorts={9: 3, 13: 2}).groupby("cohort").unit.nunique().to_dict()
    {0: 52, 9: 3, 13: 2}
    """
    _in_range("rho", rho, -1 < rho < 1, "numbers between -1 and 1")
    _in_range("icc", icc, 0 <= icc <= 1, "numbers from 0 to 1")
    _in_range("noise", noise, noise >= 0, ">= 0")
    _in_range("mean", mean, mean > 0, "numbers greater than 0")
    require_option(DesignError, "did_panel", "family", family, ("gaussian", "poisson"))
    rng = np.random.default_rng(seed)
    together = {n_periods // 2 + 1 if start is None else start: n_treated}
    cohort = _cohorts(n_units, together if cohorts is None else cohorts)
    cluster = np.arange(n_units) % (n_clusters or n_units)
    truth = _true_effect(cohort, np.arange(1, n_periods + 1), effect, effect_growth)
    unit_effect = rng.normal(size=(n_units, 1))
    period_effect = np.cumsum(rng.normal(scale=0.5, size=n_periods))
    error = np.sqrt(1 - icc) * ar1(rng, n_units, n_periods, rho=rho)
    if icc:
        error = error + np.sqrt(icc) * ar1(rng, int(cluster.max()) + 1, n_periods, rho=rho)[cluster]
    error = error * (noise * np.where(cohort > 0, treated_noise, 1.0)[:, None])
    level = unit_effect + period_effect + error
    outcome: Floats = level + truth if family == "gaussian" else _counts(rng, mean, level, truth)
    return _long(cohort, cluster, outcome, truth)


def ar1(rng: np.random.Generator, n_units: int, n_periods: int, *, rho: float) -> Floats:
    """Draw first-order autoregressive errors of variance one, stationary from the first period on.

    Returns
    -------
    ndarray, shape (n_units, n_periods)

    Examples
    --------
    >>> ar1(np.random.default_rng(1), 3, 5, rho=0.6).shape
    (3, 5)
    """
    error = rng.normal(size=(n_units, n_periods))
    for t in range(1, n_periods):
        error[:, t] = rho * error[:, t - 1] + np.sqrt(1 - rho**2) * error[:, t]
    return error


def prague_panel(
    districts: pd.DataFrame, *, first: str = "2018Q1", last: str = "2024Q4", seed: int = PRAGUE_SEED
) -> pd.DataFrame:
    """Simulate households in housing need in the districts of Prague: syntetická data, not observations.

    The mean rate is additive: district level + season + shocks common to all districts + the true effect of
    a pilot in the five pilot districts, or of the city-wide contact point in all others (`prague_effects`);
    around it AR(1) disturbances and Poisson counts. Two pilots began before the programme, one of them before
    the panel. Nothing of it was measured in Prague but the names, codes and the census population.

    Parameters
    ----------
    districts : DataFrame
        One row per district: code, name, admin_district, population (census 2011), mhmp_pilot_2020 (0 or 1).
    first, last : str
        Quarters. A panel that ends earlier has the same rows up to its end.
    seed : int

    Returns
    -------
    DataFrame
        One row per district and quarter: district_code, district, admin_district, admin_district_office
        (1 if the district is the office of its administrative district), pilot_start (first treated quarter
        or None), quarter, population, households_in_need, households_in_need_per_1000, synthetic (True).

    Raises
    ------
    DataError
        If a column of `districts` is missing or a quarter cannot be read.

    Examples
    --------
    >>> one = pd.DataFrame({"code": [500097], "name": ["Praha 3"], "admin_district": ["Praha 3"],
    ...                     "population": [71769], "mhmp_pilot_2020": [1]})
    >>> panel = prague_panel(one, last="2018Q4")
    >>> panel.quarter.tolist(), bool(panel.synthetic.all())
    (['2018Q1', '2018Q2', '2018Q3', '2018Q4'], True)
    """
    _require_columns(districts, ("code", "name", "admin_district", "population", "mhmp_pilot_2020"))
    begin, end, origin = (_quarter(label) for label in (first, last, _ORIGIN))
    _in_range("first", first, origin <= begin <= end, f"quarters from {_ORIGIN} to {last}", "prague_panel")
    quarters = np.arange(origin, end + 1)
    shown = quarters >= begin
    rows = [_district(row, quarters, seed)[shown] for row in districts.to_dict("records")]
    return pd.concat(rows, ignore_index=True)


def prague_effects(*, first: str = _ORIGIN, last: str = "2024Q4") -> pd.DataFrame:
    """Return the truth of `prague_panel`: what a pilot does in each cohort and quarter.

    A comparison of pilots with the other districts finds the `contrast`: from `PRAGUE_CITYWIDE` on these have
    a city-wide service, so it is smaller than the effect against no service at all.

    Parameters
    ----------
    first, last : str
        Quarters.

    Returns
    -------
    DataFrame
        One row per cohort and quarter: pilot_start, quarter, effect (of the pilot, against no service),
        citywide (what the city-wide service does in the other districts), contrast (effect - citywide);
        per 1,000 inhabitants.

    Examples
    --------
    >>> truth = prague_effects(first="2020Q1", last="2021Q1")
    >>> truth[truth.pilot_start == "2020Q2"].contrast.round(2).tolist()
    [0.0, -0.1, -0.2, -0.3, -0.3]
    """
    quarters = np.arange(_quarter(first), _quarter(last) + 1)
    citywide = _citywide_effect(quarters)
    parts = []
    for start in sorted({PRAGUE_START, *PRAGUE_STARTS.values()}):
        effect = _pilot_effect(quarters, start)
        parts.append(
            pd.DataFrame(
                {
                    "pilot_start": start,
                    "quarter": [period_label(int(number), "quarter") for number in quarters],
                    "effect": effect,
                    "citywide": citywide,
                    "contrast": effect - citywide,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _pilot_effect(quarters: NDArray[np.int64], start: str) -> Floats:
    age = quarters - _quarter(start)
    share = np.clip(age + 1, 0, PRAGUE_RAMP) / PRAGUE_RAMP
    return np.asarray(PRAGUE_EFFECT * share + 0.0, dtype=np.float64)  # no negative zero


def _citywide_effect(quarters: NDArray[np.int64]) -> Floats:
    start, effect = PRAGUE_CITYWIDE
    return np.where(quarters >= _quarter(start), effect, 0.0)


def _cohorts(n_units: int, sizes: Mapping[int, int]) -> NDArray[np.int64]:
    if min(sizes, default=1) < 1 or min(sizes.values(), default=0) < 0:
        allowed = "{start >= 1: units >= 0}"
        raise _out_of_range("did_panel", "cohorts", dict(sizes), allowed)
    treated = np.repeat(np.array(list(sizes), dtype=np.int64), np.array(list(sizes.values()), dtype=np.int64))
    if len(treated) >= n_units:
        raise DesignError("no-comparison", units=n_units)
    return np.concatenate([treated, np.zeros(n_units - len(treated), dtype=np.int64)])


def _true_effect(
    cohort: NDArray[np.int64], periods: NDArray[np.int64], effect: float | Mapping[int, float], growth: float
) -> Floats:
    """Effect of every cell, shape (n_units, n_periods)."""
    by_cohort = effect if isinstance(effect, Mapping) else dict.fromkeys(np.unique(cohort).tolist(), effect)
    missing = sorted(set(cohort[cohort > 0].tolist()) - set(by_cohort))
    if missing:
        raise _out_of_range("did_panel", "effect", dict(by_cohort), f"one value per cohort, also {missing}")
    at_start = np.array([float(by_cohort.get(g, 0.0)) for g in cohort.tolist()])[:, None]
    age = periods - cohort[:, None]
    return np.where((cohort > 0)[:, None] & (age >= 0), at_start + growth * age, 0.0)


def _counts(rng: np.random.Generator, mean: float, level: Floats, truth: Floats) -> Floats:
    return np.asarray(rng.poisson(np.exp(np.log(mean) + 0.3 * level + truth)), dtype=np.float64)


def _long(
    cohort: NDArray[np.int64], cluster: NDArray[np.int64], outcome: Floats, truth: Floats
) -> pd.DataFrame:
    n_units, n_periods = outcome.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(1, n_units + 1), n_periods),
            "period": np.tile(np.arange(1, n_periods + 1), n_units),
            "cohort": np.repeat(cohort, n_periods),
            "cluster": np.repeat(cluster + 1, n_periods),
            "outcome": np.round(outcome.ravel(), DECIMALS),
            "true_effect": np.round(truth.ravel(), DECIMALS),
            "synthetic": True,
        }
    )


def _district(facts: Mapping[Any, Any], quarters: NDArray[np.int64], seed: int) -> pd.DataFrame:
    """One district of `prague_panel`, from `_ORIGIN` on."""
    code, pilot = int(facts["code"]), int(facts["mhmp_pilot_2020"]) == 1
    start = PRAGUE_STARTS.get(code, PRAGUE_START) if pilot else None
    population = np.rint(int(facts["population"]) * (1 + _GROWTH) ** ((quarters - _CENSUS) / 4)).astype(
        np.int64
    )
    effect = _pilot_effect(quarters, start) if start else _citywide_effect(quarters)
    households = _households(code, population, _common_shocks(quarters) + effect, seed)
    return pd.DataFrame(
        {
            "district_code": code,
            "district": facts["name"],
            "admin_district": facts["admin_district"],
            "admin_district_office": int(facts["name"] == facts["admin_district"]),
            "pilot_start": start,
            "quarter": [period_label(number, "quarter") for number in quarters],
            "population": population,
            "households_in_need": households,
            "households_in_need_per_1000": np.round(1000 * households / population, 4),
            "synthetic": True,
        }
    )


def _households(code: int, population: NDArray[np.int64], shift: Floats, seed: int) -> NDArray[np.int64]:
    """Draw the counts of one district from streams of its own: no other district or later quarter matters."""
    disturbances, counts = (np.random.default_rng([seed, code, stream]) for stream in (0, 1))
    level = _BASE_RATE * np.exp(_SPREAD * disturbances.normal())
    rate = level + shift + _NOISE * ar1(disturbances, 1, len(population), rho=_RHO)[0]
    return np.asarray(counts.poisson(population * np.maximum(rate, 0.0) / 1000), dtype=np.int64)


def _common_shocks(quarters: NDArray[np.int64]) -> Floats:
    """Season and shocks that all districts share, per 1,000 inhabitants."""
    shift = np.array(_SEASON)[quarters % 4]
    for begin, end, size in _SHOCKS:
        shift = shift + size * ((quarters >= _quarter(begin)) & (quarters <= _quarter(end)))
    return shift


def _quarter(label: str) -> int:
    numbers, _ = read_periods(np.array([label], dtype=object), "quarter", kind="quarter")
    return int(numbers[0])


def _require_columns(frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in frame.columns:
            raise DataError(
                "missing-column",
                column=name,
                role="a fact of the district",
                available=listed(frame.columns),
                suggestion=did_you_mean(name, frame.columns),
            )


def _in_range(option: str, value: object, fits: bool, allowed: str, function: str = "did_panel") -> None:
    if not fits:
        raise _out_of_range(function, option, value, allowed)


def _out_of_range(function: str, option: str, value: object, allowed: str) -> DesignError:
    return DesignError(
        "unknown-option", estimator=function, option=option, value=value, available=allowed, suggestion=""
    )
