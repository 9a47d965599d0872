"""Seeded log of cases with a lottery: invented households, and called synthetic in every row."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

CASES_SEED = 24
LAST_DAY = "2024-12-31"
HOUSEHOLDS = 300
TOWNS = tuple(f"town_{letter}" for letter in "ABCDEFGH")
SUPPORTED = 0.4  # share that the lottery draws, within each town

PARAMETERS = MappingProxyType(
    {
        "lost_first_year": 0.011,  # a month; 12 months kept 0.88 (0.79 to 0.97: European pilots, Brno)
        "lost_later": 0.006,  # a month; 24 months kept 0.82
        "died": 0.0008,
        "institution": 0.0012,
        "moved_on": 0.004,
        "uptake": 0.92,
        "crossover": 0.04,
        "home_without_support": 0.031,  # a month; 0.31 housed after a year (usual care of At Home/Chez Soi)
        "lost_without_support": 0.03,
        "back_in_services": 0.6,
    }
)
"""Parameters of the generator; their anchors stand in docs/data.md."""

Event = tuple[str, int, str, str, pd.Timestamp, str]


def cases(*, seed: int = CASES_SEED) -> dict[str, pd.DataFrame]:
    """Simulate a lottery for support in housing and what followed: syntetická data, not observations.

    Within each of eight invented towns a lottery draws households in need for support in finding and keeping
    a home; the others stay on the waiting list with the usual services. Nothing here happened.

    Parameters
    ----------
    seed : int

    Returns
    -------
    dict of DataFrame
        ``households`` (person, town, children, lottery, assigned "support" or "waiting_list") and
        ``case_log`` (person, enrolment, service, event, date, state; see `process.CaseLog`), each with
        synthetic (always True). Dates are ISO text.

    Examples
    --------
    >>> tables = cases()
    >>> len(tables["households"]), sorted(tables["households"].assigned.unique())
    (300, ['support', 'waiting_list'])
    """
    rng = np.random.default_rng(seed)
    households = _households(rng)
    events = [event for row in households.itertuples() for event in _history(row, rng)]
    columns = ["person", "enrolment", "service", "event", "date", "state"]
    log = pd.DataFrame(events, columns=columns)
    log = log[log.date <= pd.Timestamp(LAST_DAY)].sort_values(["person", "date", "enrolment"], kind="stable")
    log["date"] = log.date.dt.strftime("%Y-%m-%d")
    households["lottery"] = households.lottery.dt.strftime("%Y-%m-%d")
    tables = {"households": households, "case_log": log.reset_index(drop=True)}
    return {name: table.assign(synthetic=True) for name, table in tables.items()}


def _households(rng: np.random.Generator) -> pd.DataFrame:
    town = np.repeat(TOWNS, HOUSEHOLDS // len(TOWNS) + 1)[:HOUSEHOLDS]
    assigned = np.full(HOUSEHOLDS, "waiting_list", dtype=object)
    for name in TOWNS:
        inside = np.flatnonzero(town == name)
        assigned[rng.choice(inside, round(SUPPORTED * len(inside)), replace=False)] = "support"
    days = {name: pd.Timestamp("2020-02-03") + pd.Timedelta(weeks=int(w)) for name, w in _weeks(rng)}
    codes = rng.integers(16**11, 16**12, HOUSEHOLDS)
    return pd.DataFrame(
        {
            "person": [f"{code:012x}" for code in codes],
            "town": town,
            "children": rng.poisson(1.6, HOUSEHOLDS),
            "lottery": [days[name] for name in town],
            "assigned": assigned,
        }
    )


def _weeks(rng: np.random.Generator) -> Iterator[tuple[str, int]]:
    return zip(TOWNS, rng.integers(0, 72, len(TOWNS)), strict=True)


def _history(row: Any, rng: np.random.Generator) -> list[Event]:
    """Return the events of one household."""
    p = PARAMETERS
    service = str(rng.choice(["outreach", "shelter", "transitional"], p=[0.2, 0.5, 0.3]))
    start = row.lottery - pd.Timedelta(days=int(rng.integers(30, 400)))
    events: list[Event] = [(row.person, 1, service, "enrolled", start, "")]
    supported = rng.random() < (p["uptake"] if row.assigned == "support" else p["crossover"])
    if not supported:
        wait = rng.exponential(30.4 / p["home_without_support"])
        home = row.lottery + pd.Timedelta(days=int(wait))
        events.append((row.person, 1, service, "exited", home, "standard"))
        lost = home + pd.Timedelta(days=int(rng.exponential(30.4 / p["lost_without_support"])))
        return [*events, *_back(row, 2, lost, rng)]
    enrolled = row.lottery + pd.Timedelta(days=int(rng.integers(1, 30)))
    moved = enrolled + pd.Timedelta(days=int(rng.gamma(2.0, 38.0)) + 1)
    end, state = _end_of_tenancy(moved, rng)
    events.append((row.person, 2, "housing", "enrolled", enrolled, ""))
    if rng.random() < 0.04:  # left before a home was found
        return [*events, (row.person, 2, "housing", "exited", enrolled + pd.Timedelta(days=40), "unknown")]
    events += [
        (row.person, 2, "housing", "moved_in", moved, ""),
        (row.person, 1, service, "exited", moved, "standard"),
        (row.person, 2, "housing", "exited", end, state),
    ]
    return [*events, *(_back(row, 3, end, rng) if state in {"1", "2", "3", "6"} else [])]


def _end_of_tenancy(moved: pd.Timestamp, rng: np.random.Generator) -> tuple[pd.Timestamp, str]:
    """Draw when a tenancy ends, and how: the first of four competing ends."""
    p = PARAMETERS
    early = rng.exponential(1 / p["lost_first_year"])
    lost = early if early < 12 else 12 + rng.exponential(1 / p["lost_later"])
    others = {name: rng.exponential(1 / p[name]) for name in ("died", "institution", "moved_on")}
    state, months = min([("lost", lost), *others.items()], key=lambda one: one[1])
    codes = {
        "lost": str(rng.choice(["1", "2", "3", "6"], p=[0.15, 0.25, 0.35, 0.25])),
        "moved_on": "standard",
    }
    return moved + pd.Timedelta(days=int(30.4 * months) + 1), codes.get(state, state)


def _back(row: Any, number: int, lost: pd.Timestamp, rng: np.random.Generator) -> list[Event]:
    """Return the enrolment of a household that comes back to services after it lost a home."""
    if rng.random() > PARAMETERS["back_in_services"]:
        return []
    start = lost + pd.Timedelta(days=int(rng.exponential(45)))
    return [(row.person, number, "shelter", "enrolled", start, "")]
