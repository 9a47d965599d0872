"""Seeded records of how the two programmes ran: invented, and called synthetic in every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evaluation.simulate.panels import PRAGUE_START, PRAGUE_STARTS

OPERATIONS_SEED = 57
FIRST_TOOL = "contact_point"
"""The tool with which a pilot of `prague_panel` begins."""
TABLES = (
    "memoranda", "tool_starts", "reports", "staff_posts", "strategy_documents", "tool_results",
    "tool_assessments", "training", "enquiries", "concepts", "milestone_actuals",
)  # fmt: skip

_AFTER = MappingProxyType(  # quarters after the district's own start; a tool that is not here never started
    {"tenants_advisers": 2, "rental_agency": 4, "endowment_fund": 5, "payment_by_results": 6, "tool_6": 8}
)
_ENDS = MappingProxyType({"payment_by_results": "2022-12-31", "tool_6": "2023-03-31"})
_HALF_AT_MOST = ("payment_by_results", "tool_6")  # tools that the last two pilots never took up
_PILOT_PHASE = ("2020Q1", "2023Q2")
_RESULTS = MappingProxyType(  # of each tool: share reached, share of good outcomes, share of fidelity items
    {
        FIRST_TOOL: (0.42, 0.81, 0.86),
        "tenants_advisers": (0.35, 0.78, 0.80),
        "rental_agency": (0.12, 0.88, 0.90),
        "endowment_fund": (0.28, 0.83, 0.84),
        "payment_by_results": (0.08, 0.55, 0.60),
        "tool_6": (0.15, 0.66, 0.78),
    }
)
_EMPLOYERS = (("municipality", 0.5), ("labour_office", 0.3), ("ngo", 0.2))
_REGIONS = tuple(f"CZ0{code}" for code in (10, 20, 31, 32, 41, 42, 51, 52, 53, 63, 64, 71, 72, 80))
_COURSES = ("housing_law", "case_management", "housing_first")
_CHANNELS = (("email", 0.55), ("telephone", 0.35), ("personal", 0.10))
_TOPICS = (("concept", 0.3), ("funding", 0.3), ("legislation", 0.25), ("housing_first", 0.15))
_ASKERS = (("municipality", 0.6), ("public", 0.25), ("ngo", 0.15))
_TEAM = (3, 5, 6, 7, 8, 8, 9, 9, 8.5, 8, 9, 8, 7, 6)  # posts filled in each quarter of the pilot phase

Frames = dict[str, pd.DataFrame]


def operations(
    *,
    districts: pd.DataFrame,
    municipalities: pd.DataFrame,
    tools: Sequence[str],
    seed: int = OPERATIONS_SEED,
) -> Frames:
    """Simulate the operational records of both programmes: syntetická data, not observations.

    Nothing here happened. The tools of the five pilots start in the quarters in which `prague_panel` lets
    their pilots begin, so that adoption and impact rest on the same starts. Dates are ISO text; an empty
    date means that it has not happened.

    Parameters
    ----------
    districts : DataFrame
        One row per district of Prague: code, name, mhmp_pilot_2020 (0 or 1).
    municipalities : DataFrame
        The pilots of the ministry: name.
    tools : sequence of str
        Ids of the tools in the registry of the city's programme.
    seed : int

    Returns
    -------
    dict of DataFrame
        By name: memoranda (district_code, district, signed), tool_starts (tool, district_code, district,
        started, ended), reports (district_code, district, quarter, due, received, items_expected,
        items_missing), staff_posts (programme, post, quarter, fte), strategy_documents (document, kind,
        tool, district_code, adopted), tool_results (tool, quarter, eligible, reached, cases, good_outcomes,
        fidelity_items, fidelity_met, cost_czk), tool_assessments (tool, respondent, assessed, sus_1 … sus_10,
        aim_1 … fim_4), training (person, course, employer_type, region, enrolled, completed, passed, hours),
        enquiries (enquiry, asker, channel, topic, municipality, received, answered), concepts (municipality,
        adopted), milestone_actuals (programme, milestone, actual); each with synthetic (always True).

    Examples
    --------
    >>> districts = pd.DataFrame({"code": [500054, 500089], "name": ["Praha 1", "Praha 2"],
    ...                           "mhmp_pilot_2020": [1, 0]})
    >>> tables = operations(districts=districts, municipalities=pd.DataFrame({"name": ["Brno"]}),
    ...                     tools=["contact_point", "tool_8"])
    >>> tables["tool_starts"][["tool", "district", "started"]].to_dict("records")
    [{'tool': 'contact_point', 'district': 'Praha 1', 'started': '2020-04-20'}]
    >>> all(bool(table.synthetic.all()) for table in tables.values())
    True
    """
    streams = {name: np.random.default_rng([seed, i]) for i, name in enumerate(TABLES)}
    starts = _tool_starts(districts, tools, streams["tool_starts"])
    signed = _memoranda(districts, streams["memoranda"])
    tables = {
        "memoranda": signed,
        "tool_starts": starts,
        "reports": _reports(districts, streams["reports"]),
        "staff_posts": _staff_posts(),
        "strategy_documents": _strategy_documents(signed, tools),
        "tool_results": _tool_results(starts, streams["tool_results"]),
        "tool_assessments": _tool_assessments(starts, streams["tool_assessments"]),
        "training": _training(streams["training"]),
        "enquiries": _enquiries(municipalities, streams["enquiries"]),
        "concepts": _concepts(municipalities, streams["concepts"]),
        "milestone_actuals": _milestone_actuals(signed),
    }
    return {name: table.assign(synthetic=True) for name, table in tables.items()}


def _pilots(districts: pd.DataFrame) -> pd.DataFrame:
    """Return the pilots with the quarter in which `prague_panel` lets them begin."""
    chosen = districts[districts.mhmp_pilot_2020.astype(int) == 1]
    starts = [PRAGUE_STARTS.get(int(code), PRAGUE_START) for code in chosen.code]
    return pd.DataFrame({"code": chosen.code.astype(int), "name": chosen.name, "start": starts})


def _tool_starts(districts: pd.DataFrame, tools: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for i, pilot in enumerate(_pilots(districts).to_dict("records")):
        for tool in tools:
            later = 0 if tool == FIRST_TOOL else _AFTER.get(tool)
            if later is None or (tool in _HALF_AT_MOST and i > 2):
                continue
            own = pd.Period(pilot["start"], freq="Q")
            programme = pd.Period(_PILOT_PHASE[0], freq="Q")
            quarter = own if tool == FIRST_TOOL else max(own, programme) + later + int(rng.integers(0, 2))
            started = _day(quarter, 19 if tool == FIRST_TOOL else int(rng.integers(5, 80)))
            rows.append((tool, pilot["code"], pilot["name"], started, _ENDS.get(tool, "")))
    return pd.DataFrame(rows, columns=["tool", "district_code", "district", "started", "ended"])


def _memoranda(districts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Pilots sign in the first year, a few more districts later, the others not."""
    order = rng.permutation(len(districts))
    rows = []
    for place, row in zip(order, districts.to_dict("records"), strict=True):
        if int(row["mhmp_pilot_2020"]) == 1:
            signed = _date("2020-02-03", int(rng.integers(0, 90)))
        else:
            signed = _date("2020-09-01", int(rng.integers(0, 700))) if place % 7 == 0 else ""
        rows.append((int(row["code"]), row["name"], signed))
    return pd.DataFrame(rows, columns=["district_code", "district", "signed"])


def _reports(districts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Each quarter more districts report, and more of them on time: 30 days after its end."""
    quarters = pd.period_range(_PILOT_PHASE[0], "2024Q4", freq="Q")
    willing = rng.uniform(-1.5, 1.5, size=len(districts))
    rows = []
    for row, own in zip(districts.to_dict("records"), willing, strict=True):
        for age, quarter in enumerate(quarters):
            due = _day(quarter + 1, 29)
            sent = rng.uniform() < 1 / (1 + np.exp(-(own + 0.15 * age)))
            received = _date(due, int(rng.integers(-20, 15)) - age // 4) if sent else ""
            missing = int(rng.binomial(24, 0.12 * 0.95**age)) if sent else None
            rows.append((int(row["code"]), row["name"], _label(quarter), due, received, 24, missing))
    columns = ["district_code", "district", "quarter", "due", "received", "items_expected", "items_missing"]
    return pd.DataFrame(rows, columns=columns).astype({"items_missing": "Int64"})


def _staff_posts() -> pd.DataFrame:
    """Nine posts in every quarter of the pilot phase; the filled ones come first, the last may be a part."""
    quarters = pd.period_range(*_PILOT_PHASE, freq="Q")
    rows = [
        ("mhmp", post + 1, _label(quarter), float(np.clip(filled - post, 0, 1)))
        for quarter, filled in zip(quarters, _TEAM, strict=True)
        for post in range(9)
    ]
    return pd.DataFrame(rows, columns=["programme", "post", "quarter", "fte"])


def _strategy_documents(signed: pd.DataFrame, tools: Sequence[str]) -> pd.DataFrame:
    adopted = {
        "city_strategy": {
            FIRST_TOOL: "2022-06-16",
            "rental_agency": "2022-06-16",
            "endowment_fund": "2023-02-09",
        },
        "development_strategy": {FIRST_TOOL: "2023-03-23", "rental_agency": "2023-03-23"},
    }
    rows = [
        (f"{kind}-{tool}", kind, tool, "", day)
        for kind, days in adopted.items()
        for tool, day in days.items()
        if tool in tools
    ]
    with_memorandum = signed[signed.signed != ""].district_code
    rows += [
        (f"district_concept-{code}", "district_concept", "", str(code), _date("2021-11-15", 190 * i))
        for i, code in enumerate(with_memorandum[:4])
    ]
    return pd.DataFrame(rows, columns=["document", "kind", "tool", "district_code", "adopted"])


def _tool_results(starts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Quarterly counts of each tool while it is tested; an outcome is judged two quarters after the case."""
    rows = []
    for tool, own in starts.groupby("tool", sort=False):
        reach, good, fidelity = _RESULTS[str(tool)]
        first = max(pd.Period(own.started.min(), freq="Q"), pd.Period(_PILOT_PHASE[0], freq="Q"))
        for quarter in pd.period_range(first + 1, _PILOT_PHASE[1], freq="Q"):
            users = int((own.started <= _day(quarter, 0)).sum())
            eligible = int(rng.poisson(40 * users))
            reached = int(rng.binomial(eligible, reach))
            cases = int(rng.binomial(reached, 0.8)) if quarter >= first + 3 else 0
            met = int(rng.binomial(20 * users, fidelity))
            outcomes = int(rng.binomial(cases, good))
            cost = round(users * 180_000 * rng.lognormal(0, 0.15), -3)
            rows.append((tool, _label(quarter), eligible, reached, cases, outcomes, 20 * users, met, cost))
    columns = ["tool", "quarter", "eligible", "reached", "cases", "good_outcomes"]
    return pd.DataFrame(rows, columns=[*columns, "fidelity_items", "fidelity_met", "cost_czk"])


def _tool_assessments(starts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Staff judge the tools that they use: SUS and the acceptability, appropriateness, feasibility scales."""
    items = [f"sus_{i}" for i in range(1, 11)]
    items += [f"{scale}_{i}" for scale in ("aim", "iam", "fim") for i in range(1, 5)]
    odd = np.array([1 if not name.startswith("sus") or int(name[4:]) % 2 else -1 for name in items])
    rows = []
    for tool, own in starts.groupby("tool", sort=False):
        liking = 4.3 * _RESULTS[str(tool)][1] + 0.2
        for person in range(3 * len(own)):
            level = liking + 0.4 * rng.normal() + 0.5 * rng.normal(size=len(items))
            answers = np.clip(np.rint(np.where(odd > 0, level, 6 - level)), 1, 5)
            answers[rng.uniform(size=len(items)) < 0.03] = np.nan
            rows.append(
                (tool, f"{tool}-{person + 1:02d}", _date("2022-03-01", int(rng.integers(0, 300))), *answers)
            )
    return pd.DataFrame(rows, columns=["tool", "respondent", "assessed", *items])


def _training(rng: np.random.Generator) -> pd.DataFrame:
    """Persons enrol in one to three courses of the e-learning; some do not finish, some do not pass."""
    rows = []
    for i in range(680):
        person, employer, region = f"synthetic-{i + 1:04d}", _pick(rng, _EMPLOYERS), str(rng.choice(_REGIONS))
        enrolled = _date("2017-03-01", int(2000 * rng.beta(1.3, 1.0)))
        chosen = rng.permutation(len(_COURSES))[: 1 + int(rng.binomial(2, 0.3))]
        for course in chosen:
            days = int(rng.integers(20, 160))
            done = rng.uniform() < 0.76 + 0.06 * (employer == "municipality")
            completed = _date(enrolled, days) if done and _date(enrolled, days) <= "2022-10-31" else ""
            passed = completed if completed and rng.uniform() < 0.9 else ""
            hours = (16, 24, 40)[course] if completed else int(rng.integers(1, 12))
            rows.append((person, _COURSES[course], employer, region, enrolled, completed, passed, hours))
    columns = ["person", "course", "employer_type", "region", "enrolled", "completed", "passed", "hours"]
    return pd.DataFrame(rows, columns=columns)


def _enquiries(municipalities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """About forty enquiries a quarter; most are answered within a working week."""
    known = [*municipalities.name, *(f"synthetic municipality {i}" for i in range(1, 61))]
    rows: list[tuple[str, ...]] = []
    for quarter in pd.period_range("2016Q3", "2022Q3", freq="Q"):
        for _ in range(int(rng.poisson(40))):
            asker = _pick(rng, _ASKERS)
            received = _day(quarter, int(rng.integers(0, 88)))
            answered = _date(received, int(rng.negative_binomial(2, 0.4)))
            place = known[int(rng.integers(len(known)))] if asker == "municipality" else ""
            number = f"{_label(quarter)}-{len(rows) + 1:04d}"
            rows.append(
                (number, asker, _pick(rng, _CHANNELS), _pick(rng, _TOPICS), place, received, answered)
            )
    columns = ["enquiry", "asker", "channel", "topic", "municipality", "received", "answered"]
    return pd.DataFrame(rows, columns=columns)


def _concepts(municipalities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """All but one of the municipalities adopt their concept, within four years."""
    days = np.sort(rng.integers(500, 1900, size=len(municipalities)))[rng.permutation(len(municipalities))]
    adopted = [_date("2016-01-01", int(day)) for day in days]
    if len(adopted) > 1:
        adopted[int(np.argmax(days))] = ""
    return pd.DataFrame({"municipality": municipalities.name, "adopted": adopted})


def _milestone_actuals(signed: pd.DataFrame) -> pd.DataFrame:
    days: Mapping[tuple[str, str], Any] = {
        ("mhmp", "coordination_point"): "2020-06-15",
        ("mhmp", "team_complete"): _day(pd.Period("2021Q3", freq="Q"), 0),
        ("mhmp", "first_memorandum"): min((day for day in signed.signed if day), default=""),
        ("mhmp", "eight_tools_tested"): "",
        ("mhmp", "project_end"): "2023-06-30",
        ("mpsv", "project_end"): "2022-10-31",
    }
    rows = [(programme, milestone, day) for (programme, milestone), day in days.items()]
    return pd.DataFrame(rows, columns=["programme", "milestone", "actual"])


def _pick(rng: np.random.Generator, shares: Sequence[tuple[str, float]]) -> str:
    names, weights = zip(*shares, strict=True)
    return str(names[int(rng.choice(len(names), p=weights))])


def _day(quarter: pd.Period, days: int) -> str:
    """Date so many days after the first day of a quarter."""
    return _date(quarter.start_time.date().isoformat(), days)


def _date(first: str, days: int) -> str:
    return (pd.Timestamp(first) + pd.Timedelta(days=days)).date().isoformat()


def _label(quarter: pd.Period) -> str:
    return f"{quarter.year}Q{quarter.quarter}"
