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
LABELS = {lang: Labels(synthetic=True) for lang in ("cs", "en")}
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
EVERY: dict[str, Publishable | list[Publishable]] = {
    "theory": THEORY,
    "district_map": DISTRICT_MAP,
    "district_values": DISTRICT_VALUES,
    "towns": TOWN_MAP,
}


def several(values: Publishable | list[Publishable]) -> list[Publishable]:
    return values if isinstance(values, list) else [values]
