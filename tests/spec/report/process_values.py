"""Published values of process evaluation by hand, one of each kind that is drawn."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
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
           "fund": "Sociální nadační fond", "trained": "Proškolené osoby", "total": "celkem",
           "adopted": "Převzaté nástroje", "municipality": "obec", "labour_office": "úřad práce",
           "ngo": "nezisková organizace",
           "home": "vlastní byt", "days": "dny do kontaktu", "retention": "udržení"},
    "en": {"point": "Central coordination point", "team": "A team of nine", "end": "End of the project",
           "kmb": "Contact point for housing", "mna": "City rental agency",
           "fund": "Social endowment fund", "trained": "Trained persons", "total": "total",
           "adopted": "Adopted tools", "municipality": "municipality", "labour_office": "labour office",
           "home": "own home", "ngo": "NGO", "days": "days to contact"},
}  # fmt: skip
OUTCOME = {"cs": ("Bydlení", "dny"), "en": ("Housing", "days")}
LABELS = {lang: Labels(*OUTCOME[lang], synthetic=True, names=NAMES[lang]) for lang in ("cs", "en")}


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
PATH = publish(
    CheckResult(
        "indicator_path",
        None,
        pd.DataFrame(
            rows(
                "term period numerator denominator estimate conf_low conf_high state n_reporting n_units",
                *(
                    ("total", quarter, value, NAN, value, NAN, NAN, "measured", 1, 1)
                    for quarter, value in zip(
                        QUARTERS[:10], np.cumsum([0, 12, 30, 25, 60, 44, 58, 61, 30, 40.0]), strict=True
                    )
                ),
            )
        ),
        {"outcome": "trained", "estimand": "count", "inference": "complete", "conf_level": 0.95},
        SYNTHETIC,
    )
)
TARGET = check(
    "target",
    rows(
        "at value conf_low conf_high operator target due expected state",
        ("2022-06-30", 360.0, NAN, NAN, "at_least", 500.0, "2022-10-31", 441.2, "at_risk"),
    ),
)
FORECAST = check(
    "forecast",
    rows(
        "period expected low high probability",
        *(
            (quarter, 360.0 + 38 * step, 360.0 + 28 * step, 360.0 + 48 * step, 0.1)
            for step, quarter in enumerate(QUARTERS[10:], 1)
        ),
    ),
    state="forecast", target=500.0, total=360.0, pace=38.0, level=0.9,
    reach="2023Q2", reach_low="2023Q1", reach_high="2023Q4",
)  # fmt: skip
SHARES = check(
    "indicator_path",
    rows(
        "term period numerator denominator estimate conf_low conf_high state n_reporting n_units",
        ("total", "2021Q1", 0.0, 0.0, NAN, NAN, NAN, "undefined", 0, 8),
        ("total", "2021Q2", 1.0, 2.0, 0.5, 0.09, 0.91, "measured", 2, 8),
        ("total", "2021Q3", 3.0, 4.0, 0.75, 0.3, 0.95, "measured", 4, 8),
    ),
    outcome="adopted", estimand="proportion", inference="wilson", conf_level=0.95,
)  # fmt: skip
HALF = check(
    "target",
    rows(
        "at value conf_low conf_high operator target due expected state",
        ("2021-09-30", 0.75, 0.3, 0.95, "at_least", 0.5, "", NAN, "met"),
    ),
)


def commitment(
    name: str, cs: str, unit: str, value: float, rule: tuple[str, float], **more: Any
) -> dict[str, Any]:
    told = {
        "id": name,
        **words("promise", cs, f"English of {name}"),
        **words("indicator", "ukazatel", "index"),
    }
    values = {"value": value, "numerator": NAN, "denominator": NAN, "conf_low": NAN, "conf_high": NAN}
    rest = {"unit": unit, "operator": rule[0], "target": rule[1], "due": "", "reason": ""}
    source = {**words("evidence", "seznam", "list"), "address": "", "synthetic": False}
    return told | values | rest | source | more


HALF_OF = ("prosadit minimálně polovinu", "share")
COMMITMENTS = check(
    "commitments",
    [
        commitment("A1", "zavedení <X>", "count", NAN, ("", NAN), state="no_target", reason="not_measured"),
        commitment("A11", "3 měsíce", "date", -13.0, ("by_date", 0.0), state="met", due="2020-04-02",
                   address="https://example.org/?a=1&b=2"),
        commitment("A12", "Tým 9 pracovníků", "fte", 8.5, ("at_least", 9.0), state="at_risk", synthetic=True),
        commitment("A24", *HALF_OF, NAN, ("at_least", 0.5), state="undefined", reason="none_successful"),
        commitment("A24", *HALF_OF, 0.75, ("at_least", 0.5), state="met", numerator=3.0, denominator=4.0,
                   conf_low=0.3, conf_high=0.95),
        commitment("B2", "do 31. října 2022", "months", 22.0, ("", NAN), state="no_target"),
        commitment("B8", "přes 11% populace", "share", 0.1134, ("more_than", 0.11), state="met"),
        commitment("B14", "nejméně 500 osob", "persons", 480.0, ("at_least", 500.0), state="missed",
                   due="2022-10-31"),
        commitment("B16", "12 hodin týdně", "hours", NAN, ("equal_to", 12.0), state="no_data"),
        commitment("B17", "bude", "count", 1.0, ("at_least", 3.0), state="on_track"),
    ],
)  # fmt: skip
TRAINING = publish(
    Cells(
        pd.DataFrame(
            rows(
                "group persons_enrolled persons_completed persons_passed",
                ("*", 620, 480, 431),
                ("municipality", 410, 330, 301),
                ("labour_office", 190, 140, 122),
                ("ngo", 20, 10, 8),
            )
        ),
        ("group",),
        ("persons_enrolled", "persons_completed", "persons_passed"),
    )
)
SMALL_TRAINING = publish(
    Cells(
        pd.DataFrame(
            rows(
                "group persons_enrolled persons_completed persons_passed",
                ("*", 62, 48, 43), ("municipality", 41, 33, 30), ("labour_office", 19, 14, 10),
                ("ngo", 2, 1, 3),
            )
        ),
        ("group",), ("persons_enrolled", "persons_completed", "persons_passed"),
    )
)  # fmt: skip
VERDICTS = check(
    "verdicts",
    rows(
        "tool verdict met failed unknown criteria n months unmet",
        ("kmb", "success", 5, 0, 0, 5, 240.0, 36.0, ""),
        ("mna", "partial", 3, 1, 1, 5, 40.0, 30.0, "days retention"),
        ("fund", "too_early", 0, 0, 5, 5, NAN, NAN, "reach days"),
        ("point", "not_successful", 1, 4, 0, 5, 25.0, 14.0, "reach"),
    ),
    rule="v1", decided="2019-12-01", at="2022-06-30",
)  # fmt: skip
STATES = ("small_n", "measured", "measured")
SCORECARD = check(
    "scorecard",
    rows(
        "tool dimension indicator value conf_low conf_high n state",
        *(
            (tool, dimension, "", NAN, NAN, NAN, NAN, "no_data") if (i + j) % 4 == 3 else
            (tool, dimension, "index", 0.41 * (i + 2) ** (j + 1), NAN, NAN, 6.0 + 20 * j, STATES[j])
            for j, tool in enumerate(("kmb", "mna", "fund"))
            for i, dimension in enumerate(("acceptability", "adoption", "appropriateness", "feasibility",
                                           "fidelity", "cost", "penetration", "sustainability"))
        ),
    ),
    framework="proctor", cells=24, known=18,
)  # fmt: skip
SUS = check(
    "usability",
    rows(
        "tool measure estimate std_error conf_low conf_high n missing",
        ("kmb", "sus", 74.25, 3.0, 68.1, 80.4, 31, 2),
        ("mna", "sus", 61.0, 5.0, 49.0, 73.0, 9, 0),
        ("fund", "sus", 44.4, 9.0, 20.0, 69.0, 3, 0),
    ),
    conf_level=0.95, lowest=0.0, highest=100.0,
)  # fmt: skip
AIM = check(
    "usability",
    rows(
        "tool measure estimate std_error conf_low conf_high n missing",
        ("kmb", "aim", 4.1, 0.1, 3.9, 4.3, 33, 0),
        ("mna", "aim", NAN, NAN, NAN, NAN, 0, 3),
    ),
    conf_level=0.95, lowest=1.0, highest=5.0,
)  # fmt: skip


def chart(kind: str, signals: dict[int, str], **numbers: Any) -> Publishable:
    values = [30.0, 31, 29, 33, 30, 32, 31, 20, 21, 19, 22, 20, 21, 18]
    limits = (NAN, NAN) if kind == "run" else (17.5, 33.2)
    return check(
        "process_chart",
        rows(
            "period value centre lower upper near_lower near_upper signal",
            *(
                (quarter, value, 25.5, *limits, NAN, NAN, signals.get(i, ""))
                for i, (quarter, value) in enumerate(zip(QUARTERS, values, strict=False))
            ),
        ),
        chart=kind, points=14, signals=len(signals), rules=True, rho=0.62, false_alarm=0.31, **numbers,
    )  # fmt: skip


XMR = chart("xmr", {6: "shift", 13: "shift"})
RUN = chart("run", {}, useful=14, longest_run=7, longest_run_limit=7, crossings=1, crossings_limit=4)
KEPT = publish(
    Cells(
        pd.DataFrame(
            rows(
                "group month at_risk survival conf_low conf_high",
                *(
                    (group, month, n, share, share - 0.06, min(1.0, share + 0.05))
                    for group, pairs in {
                        "supported": (
                            (0, 60, 1.0),
                            (3, 58, 0.97),
                            (6, 50, 0.93),
                            (12, 33, 0.9),
                            (24, 3, 0.86),
                        ),
                        "usual": ((0, 55, 1.0), (3, 49, 0.9), (6, 36, 0.78), (12, 21, 0.66), (24, 4, 0.6)),
                    }.items()
                    for month, n, share in pairs
                ),
            )
        ),
        ("group", "month"),
        ("at_risk",),
        dict.fromkeys(("survival", "conf_low", "conf_high"), "at_risk"),
    )
)
STAYED = {"2021Q1": ((30, 22, 9), (8, 41, 26), (3, 9, 55)), "2021Q2": ((20, 12, 9), (8, 41, 23), (7, 12, 71))}
STATES_OF_HOUSING = ("roofless", "hostel", "home")


def moves(times: int) -> Publishable:
    every = [
        (quarter, one, two, times * persons)
        for quarter, matrix in STAYED.items()
        for one, row in zip(STATES_OF_HOUSING, matrix, strict=True)
        for two, persons in zip(STATES_OF_HOUSING, row, strict=True)
    ]
    table = pd.DataFrame(rows("period state next_state persons", *every))
    return publish(Cells(table, ("period", "state", "next_state"), ("persons",)))


MOVES, MANY_MOVES = moves(1), moves(3)
BALANCE = check(
    "balance",
    rows(
        "variable treated comparison difference standardised_difference n_treated n_comparison",
        ("outcome", 3.2, 3.0, 0.2, 0.08, 5, 17),
        ("outcome_trend", 0.11, 0.02, 0.09, 0.44, 5, 17),
        ("population", 81000.0, 52000.0, 29000.0, NAN, 1, 17),
    ),
)
RD = check(
    "rd_plot",
    [
        {"side": side, "kind": kind, "running": sign * (x + 0.5), "n": 30 + x if kind == "bin" else 0,
         "outcome": 2 + 0.1 * sign * x + (sign > 0) * 1.5}
        for side, sign in (("left", -1), ("right", 1)) for kind in ("bin", "fit") for x in range(8)
    ],
    cutoff=0.0, running="age",
)  # fmt: skip
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
    "progress": [PATH, TARGET, FORECAST],
    "progress_alone": PATH,
    "progress_share": [SHARES, HALF],
    "commitments": COMMITMENTS,
    "training": TRAINING,
    "small_training": SMALL_TRAINING,
    "verdicts": VERDICTS,
    "scorecard": SCORECARD,
    "usability": [SUS, AIM],
    "usability_one": SUS,
    "xmr": XMR,
    "run": RUN,
    "retention": KEPT,
    "transitions": MOVES,
    "transitions_of_many": MANY_MOVES,
    "balance": BALANCE,
    "rd": RD,
}


def several(values: Publishable | list[Publishable]) -> list[Publishable]:
    return values if isinstance(values, list) else [values]
