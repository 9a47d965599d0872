"""Published values of process evaluation by hand, one of each kind that is drawn."""

from __future__ import annotations

import csv
from typing import Any

import pandas as pd

from evaluation.design import Note
from evaluation.disclosure import Cells, Publishable, publish
from evaluation.estimate import CheckResult
from evaluation.report import Labels
from tests.shared import ROOT

NAN = float("nan")
SYNTHETIC = (Note("synthetic_data", {"dataset": "by hand"}),)
PRAGUE = [
    row["name"]
    for row in csv.DictReader((ROOT / "data/reference/prague_districts.csv").open(encoding="utf-8"))
]
TOWNS = list(csv.DictReader((ROOT / "data/reference/mpsv_municipalities.csv").open(encoding="utf-8")))


def check(name: str, rows: list[dict[str, Any]], **numbers: Any) -> Publishable:
    return publish(CheckResult(name, None, pd.DataFrame(rows), numbers, SYNTHETIC))


def words(name: str, cs: str, en: str) -> dict[str, str]:
    return {f"{name}_cs": cs, f"{name}_en": en}


def node(name: str, level: str, cs: str, en: str, leads_to: str = "") -> dict[str, Any]:
    return {"node": name, "level": level, **words("label", cs, en), "leads_to": leads_to}


THEORY = check(
    "theory_of_change",
    [
        node("money", "input", "Prostředky ESF a města", "Money of ESF and city", "point train test"),
        node("team", "input", "Tým devíti pracovníků", "A team of nine", "point memo"),
        node("point", "activity", "Centrální koordinační místo", "Coordination point", "referral data"),
        node("memo", "activity", "Memoranda s městskými částmi", "Memoranda with districts", "tools"),
        node("train", "activity", "Školení zaměstnanců městských částí", "Training of staff", "staff"),
        node("test", "activity", "Pilotní ověření osmi nástrojů", "Pilots of eight tools", "tools verdict"),
        node("data", "output", "Data z celého území města", "Data from the whole city", "decide"),
        node("tools", "output", "Nástroje v užívání městských částí", "Tools in use by districts", "prevent"),
        node("staff", "output", "Proškolení zaměstnanci", "Trained staff", "active"),
        node("verdict", "output", "Posouzení každého nástroje", "A verdict on each tool", "decide"),
        node("referral", "output", "Dohody o předávání klientů", "Agreements on referrals", "active"),
        node("active", "outcome", "Úřad jako aktivní poskytovatel", "Office as active provider", "end"),
        node("decide", "outcome", "Rozhodování podložené daty", "Decisions based on data", "end"),
        node("prevent", "outcome", "Méně ztrát bydlení", "Fewer homes lost", "end"),
        node("end", "impact", "Méně domácností v bytové nouzi", "Fewer households in housing need"),
    ],
)  # fmt: skip
DISTRICT_MAP = check(
    "district_map",
    [
        {"district": name, "state": "pilot_before" if name in ("Praha 7", "Praha 10") else
         "pilot" if name in ("Praha 1", "Praha 3", "Praha 8") else "other"}
        for name in PRAGUE
    ],
)  # fmt: skip
DISTRICT_VALUES = publish(
    Cells(
        pd.DataFrame({"district": PRAGUE[:50], "households": [(7 * i) % 90 for i in range(50)]}),
        ("district",), ("households",),
    )
)  # fmt: skip
TOWN_STATES = ("adopted", "in_progress", "no_data")
TOWN_MAP = check(
    "municipality_map",
    [
        {"municipality": row["name"], "population": int(row["population"]), "state": TOWN_STATES[i % 3]}
        for i, row in enumerate(TOWNS)
    ],
)
NAMES = {
    "cs": {"point": "Centrální koordinační místo", "team": "Tým devíti pracovníků", "end": "Konec projektu",
           "kmb": "Kontaktní místo pro bydlení", "mna": "Městská nájemní agentura",
           "fund": "Sociální nadační fond"},
    "en": {"point": "Central coordination point", "team": "A team of nine", "end": "End of the project",
           "kmb": "Contact point for housing", "mna": "City rental agency",
           "fund": "Social endowment fund"},
}  # fmt: skip
LABELS = {lang: Labels(synthetic=True, names=NAMES[lang]) for lang in ("cs", "en")}


def rows(columns: str, *values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(columns.split(), one, strict=True)) for one in values]


MILESTONES = check(
    "milestones",
    rows(
        "milestone planned revised n_versions done slippage_days slippage_revised_days state",
        ("end", "2020-12-31", "2022-10-31", 2, "", 669.0, 0.0, "due"),
        ("point", "2020-04-02", "2020-04-02", 1, "2020-03-20", -13.0, -13.0, "met"),
        ("team", "2020-06-30", "2020-06-30", 1, "2020-11-15", 138.0, 138.0, "met_late"),
        ("mna", "2021-06-30", "2021-12-31", 2, "", 365.0, 181.0, "overdue"),
        ("fund", "", "", 0, "", NAN, NAN, "not_planned"),
    ),
    at="2022-06-30",
)
QUARTERS = [f"{year}Q{quarter}" for year in range(2020, 2025) for quarter in range(1, 5)]
STARTS = {("kmb", "Praha 3"): 3, ("kmb", "Praha 7"): 0, ("kmb", "Praha 8"): 12, ("mna", "Praha 3"): 8}
ADOPTION = check(
    "adoption",
    [
        {"tool": tool, "unit": unit, "period": quarter, "in_use": t >= STARTS.get((tool, unit), 99)}
        for tool in ("kmb", "mna", "fund") for unit in ("Praha 3", "Praha 7", "Praha 8")
        for t, quarter in enumerate(QUARTERS)
    ],
)  # fmt: skip
CURVE = check(
    "adoption_curve",
    rows(
        "tool period units_in_use units share",
        *(
            (tool, quarter, min(t // most, 12), 57, min(t // most, 12) / 57)
            for tool, most in (("any", 1), ("kmb", 2), ("mna", 4), ("fund", 99))
            for t, quarter in enumerate(QUARTERS)
        ),
    ),
)
DOSE = check(
    "dose",
    [
        {"unit": unit, "period": quarter, "tools_in_use": (t // (4 + i)) if i < 9 else 0}
        for i, unit in enumerate(PRAGUE[:14])
        for t, quarter in enumerate(QUARTERS)
    ],
)
SUSTAINMENT = check(
    "sustainment",
    rows(
        "months followed sustained share conf_low conf_high too_recent",
        (6, 20, 18, 0.9, 0.7, 0.97, 2),
        (12, 14, 11, 11 / 14, 0.52, 0.92, 8),
        (24, 0, 0, NAN, NAN, NAN, 22),
    ),
)


def reported(unit: int, quarter: int) -> str:
    if quarter == len(QUARTERS) - 1:
        return "not_due"
    if unit % 9 == 4 or (unit + quarter) % 11 == 0:
        return "missing"
    return "late" if (unit * quarter) % 7 == 3 else "on_time"


REPORTING = check(
    "reporting_matrix",
    [
        {"unit": unit, "period": quarter, "state": reported(i, t), "days": 10.0}
        for i, unit in enumerate(PRAGUE)
        for t, quarter in enumerate(QUARTERS)
    ],
)
DHIS2 = "EXPECTED_REPORTS ACTUAL_REPORTS ACTUAL_REPORTS_ON_TIME REPORTING_RATE REPORTING_RATE_ON_TIME"
RATES = check(
    "reporting_rates",
    rows(
        f"period {DHIS2}",
        *(
            (quarter, 57, 20 + t, 10 + t, 100 * (20 + t) / 57, 100 * (10 + t) / 57)
            for t, quarter in enumerate(QUARTERS)
        ),
    ),
)
EVERY: dict[str, Publishable | list[Publishable]] = {
    "theory": THEORY,
    "district_map": DISTRICT_MAP,
    "district_values": DISTRICT_VALUES,
    "towns": TOWN_MAP,
    "milestones": MILESTONES,
    "adoption": ADOPTION,
    "curve": CURVE,
    "dose": DOSE,
    "sustainment": SUSTAINMENT,
    "reporting": REPORTING,
    "rates": RATES,
}


def several(values: Publishable | list[Publishable]) -> list[Publishable]:
    return values if isinstance(values, list) else [values]
