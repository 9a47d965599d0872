"""Figures of process evaluation: whole, deterministic, in both languages, and true to their tables."""

from __future__ import annotations

import csv
import inspect
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import pandas as pd
import pytest

from evaluation.design import Note
from evaluation.disclosure import Publishable, publish
from evaluation.errors import DisclosureError
from evaluation.estimate import CheckResult
from evaluation.locales import keys
from evaluation.report import (
    adoption_sentences,
    commitment_sentences,
    commitments_table,
    figure,
    funnel_sentences,
    milestone_sentences,
    process_chart_sentences,
    progress_sentences,
    reporting_sentences,
    verdict_sentences,
)
from evaluation.report.html import HIDDEN
from evaluation.report.process.looks import LOOKS, alike
from evaluation.report.process.places import TILES, TOWNS, tile_words
from evaluation.report.process.targets import measured, reached, target_words
from evaluation.report.process.theory import layout, route
from evaluation.run.render.pdf import STANDARDS, _compile
from tests.shared import ROOT
from tests.spec.report import process_values as v

NAN = float("nan")
SYNTHETIC = {"cs": ("Syntetická data", "syntetická data"), "en": ("Synthetic data", "synthetic data")}


def light(color: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("name", v.EVERY)
def test_a_figure_is_whole_the_same_again_and_called_synthetic(name: str, lang: str) -> None:
    drawn = figure(v.EVERY[name], lang, labels=v.LABELS[lang])
    again = [Publishable.from_json(one.to_json()) for one in v.several(v.EVERY[name])]
    assert drawn == figure(again if len(again) > 1 else again[0], lang, labels=v.LABELS[lang])
    assert ET.fromstring(drawn.svg).tag.endswith("svg")
    assert drawn.alt.startswith(SYNTHETIC[lang][0])
    assert SYNTHETIC[lang][1] in drawn.data_table_html
    assert "synthetic" in pd.read_csv(io.StringIO(drawn.csv)).columns
    assert "{" not in drawn.alt + drawn.data_table_html
    assert not re.search(r"\bnan\b", drawn.alt + drawn.data_table_html)


def test_no_state_is_told_by_its_colour_alone_and_every_sign_can_be_read() -> None:
    for name, look in LOOKS.items():
        pair = sorted((light(look.fill), light(look.ink)))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, name
        assert name == "hidden" or f"state-{name}" in keys("cs")
    shown_together = [
        ("met", "met_late", "on_track", "at_risk", "missed", "open", "no_data", "undefined", "no_target"),
        ("met", "met_late", "overdue", "due", "not_planned"),
        ("pilot", "pilot_before", "planned", "other", "unknown", "hidden"),
        ("on_time", "late", "missing", "not_due"),
        ("measured", "small_n", "no_data"),
        ("success", "partial", "not_successful", "too_early", "no_data"),
        ("adopted", "in_progress", "no_data", "pilot"),
    ]
    for group in shown_together:
        signs = [LOOKS[one].sign for one in group]
        assert len(set(signs)) == len(signs), group


def test_every_district_has_a_tile_of_its_own_and_a_name_on_it() -> None:
    assert set(TILES) == set(v.PRAGUE)
    assert len(set(TILES.values())) == len(TILES) == 57
    assert len({tile_words(name) for name in TILES}) == 57


def test_a_district_lies_near_its_administrative_district() -> None:
    """Of 35 small districts none is more than three tiles away from its office (Suchdol: two)."""
    rows = csv.DictReader((ROOT / "data/reference/prague_districts.csv").open(encoding="utf-8"))
    for row in rows:
        one, two = TILES[row["name"]], TILES[row["admin_district"]]
        assert max(abs(one[0] - two[0]), abs(one[1] - two[1])) <= 3, row["name"]


def test_the_towns_are_the_sixteen_and_lie_in_czechia() -> None:
    assert set(TOWNS) == {row["name"] for row in v.TOWNS}
    assert all(12.0 < x < 18.9 and 48.5 < y < 51.1 for x, y in TOWNS.values())


@pytest.mark.parametrize("name", ["district_map", "municipality_map"])
def test_a_place_that_is_not_on_the_map_is_named(name: str) -> None:
    key = "district" if name == "district_map" else "municipality"
    table = pd.DataFrame([{key: "Praha 77", "state": "pilot", "population": 1}])
    with pytest.raises(DisclosureError, match="Praha 77"):
        figure(publish(CheckResult(name, None, table)), "cs")


def test_a_map_shows_one_value_of_each_district() -> None:
    twice = pd.DataFrame({"district": ["Praha 1"] * 2, "state": ["pilot", "other"]})
    with pytest.raises(DisclosureError, match="no figure"):
        figure(publish(CheckResult("district_map", None, twice)), "cs")


def test_small_counts_on_the_map_are_dots() -> None:
    drawn = figure(v.DISTRICT_VALUES, "en", labels=v.LABELS["en"])
    hidden = int(v.DISTRICT_VALUES.suppressed["cells"]["households"].sum())
    assert hidden >= 4
    assert drawn.data_table_html.count("suppressed") == hidden
    assert f"hidden values: {hidden}" in drawn.alt


def test_within_a_level_arrows_lead_down() -> None:
    nodes = [
        v.node(name, "activity", name, name, leads) for name, leads in (("c", ""), ("b", "c"), ("a", "b d"))
    ]
    frame = pd.DataFrame([*nodes, v.node("d", "activity", "d", "d", "c")])
    boxes = layout(frame, "en")
    assert next(iter(boxes)) == "a"
    assert list(boxes)[-1] == "c"
    assert boxes["c"].top > boxes["a"].top


def test_no_box_of_the_theory_overlaps_and_no_arrow_crosses_one() -> None:
    frame = v.THEORY.tables["table"]
    for lang in ("cs", "en"):
        boxes = layout(frame, lang)
        assert set(boxes) == set(frame["node"])
        for one, two in combinations(boxes.values(), 2):
            beside = one.left + one.width < two.left or two.left + two.width < one.left
            assert beside or one.top + one.height < two.top or two.top + two.height < one.top
        for start, ends in zip(frame["node"], frame["leads_to"], strict=True):
            for end in ends.split():
                corners = route(boxes, start, end)
                for first, last in pairwise(corners):
                    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
                        x, y = (a + share * (b - a) for a, b in zip(first, last, strict=True))
                        assert not any(
                            box.left < x < box.left + box.width and box.top < y < box.top + box.height
                            for box in boxes.values()
                        ), (start, end)


def said(sentences: tuple[str, ...]) -> str:
    return " ".join(sentences).replace("\u00a0", " ")


SENTENCES = [
    (milestone_sentences, v.MILESTONES, {
        "cs": ("milníků (5) je včas splněno: 1, po termínu splněno: 1, po termínu a dosud nesplněno: 1",
               "plánu (31. prosince 2020) se nejvíce posunul milník „Konec projektu“, o 669 dní",
               "není tento milník: Městská nájemní agentura"),
        "en": ("Of 5 milestones, met in time: 1; met late: 1; overdue and not met: 1; not due yet: 1",
               '"End of the project" slipped most', "by 669 days", "1 milestone is overdue: City"),
    }),
    (adoption_sentences, v.CURVE, {
        "cs": ("4. čtvrtletí 2024 užívalo alespoň jeden nástroj 12 míst z 57 (21,1 %)",
               "Nejvíce rozšířeno: Kontaktní místo pro bydlení (9 míst)",
               "Nikde se neužívá 1 nástroj: Sociální nadační fond"),
        "en": ("12 places of 57", "Contact point for housing (9 places)", "1 tool is used nowhere"),
    }),
    (reporting_sentences, v.REPORTING, {
        "cs": ("3. čtvrtletí 2024 se čekalo 57 hlášení. Včas přišlo: 41, po termínu: 6, chybí: 10",
               "Praha 5, Praha 14", "Dosud žádné hlášení nepodalo 6 míst z 57"),
        "en": ("57 reports were expected. In time: 41, late: 6, missing: 10", "6 places of 57 have never"),
    }),
    (reporting_sentences, v.RATES, {
        "cs": ("období (4. čtvrtletí 2024) přišlo 68,4 % očekávaných hlášení, včas 50,9 %",),
        "en": ("(2024 Q4) 68.4% of the expected reports came, 50.9% in time",),
    }),
    (progress_sentences, [v.PATH, v.TARGET, v.FORECAST], {
        "cs": ("Cíl: nejméně 500, do 31. října 2022. Skutečnost: 360. Stav: ohroženo.", "mělo být k datu 441",
               "tempu (38 za období) bude cíle dosaženo v období 2. čtvrtletí 2023 (90% interval"),
        "en": ("at least 500 by 31 October 2022. Reached: 360. State: at risk.", "reached in 2023 Q2"),
    }),
    (progress_sentences, [v.SHARES, v.HALF], {
        "cs": ("Cíl: nejméně 50 %. Skutečnost: 75 %. Stav: splněno.",), "en": ("at least 50%.",),
    }),
    (commitment_sentences, v.COMMITMENTS, {
        "cs": ("Závazků programu: 9.", "nelze určit 1", "Nesplněno: B14. Ohroženo: A12."),
        "en": ("9 commitments", "undefined 1", "Missed: B14. At risk: A12."),
    }),
    (funnel_sentences, v.TRAINING, {
        "cs": ("Přihlášených osob je 620, vzdělávání dokončilo 480 a u zkoušky uspělo 431",
               "nejnižší ve skupině nezisková organizace (50 %) a nejvyšší ve skupině obec (80,5 %)"),
        "en": ("620 persons enrolled, 480 completed and 431 passed", "group municipality (80.5%)"),
    }),
    (verdict_sentences, v.VERDICTS, {
        "cs": ("Posuzují se 4 nástroje.", "úspěšný: 1 (Kontaktní místo pro bydlení)",
               "pravidla „v1“ ze dne 1. prosince 2019, sepsaného před prvními daty"),
        "en": ("4 tools are judged.", "too early to judge: 1 (Social endowment fund)"),
    }),
    (process_chart_sentences, v.XMR, {
        "cs": ("signál změny (sedm bodů na téže straně průměru), poprvé v období 3. čtvrtletí 2021",
               "závislostí 0,62 by pravidla bez jakékoli změny dala signál v 31 % případů"),
        "en": ("first in 2021 Q3; 2 points are marked",),
    }),
    (process_chart_sentences, v.RUN, {
        "cs": ("protíná medián nezvykle zřídka", "délku 7 (nejvýše obvyklá je 7), medián se protíná 1krát"),
        "en": ("crosses the median unusually rarely", "at least 4 is usual"),
    }),
]  # fmt: skip


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize(("sentences", "published", "wanted"), SENTENCES)
def test_findings_are_said_with_their_numbers(
    sentences: Callable[..., tuple[str, ...]],
    published: Publishable | list[Publishable],
    wanted: dict[str, tuple[str, ...]],
    lang: str,
) -> None:
    named = {"labels": v.LABELS[lang]} if "labels" in inspect.signature(sentences).parameters else {}
    words = said(sentences(published, lang, **named))
    for part in wanted[lang]:
        assert part in words
    with pytest.raises(DisclosureError):
        sentences(CheckResult("x", None, pd.DataFrame()), lang)


def test_reports_are_counted_where_they_were_due() -> None:
    drawn = figure(publish(CheckResult("reporting_matrix", None, two_units())), "en")
    assert '<td class="num">2</td><td class="num">1</td><td class="num">0</td>' in drawn.data_table_html


def by_hand() -> list[list[str]]:
    return [["missing"] * 3 + ["not_due"], ["on_time", "late", "on_time", "not_due"]]


def two_units() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"unit": unit, "period": f"2024Q{t + 1}", "state": state, "days": 1.0}
            for unit, states in zip("ab", by_hand(), strict=True)
            for t, state in enumerate(states)
        ]
    )


def test_commitments_quote_the_document_and_say_why_a_value_is_missing() -> None:
    for lang in ("cs", "en"):
        html = commitments_table(v.COMMITMENTS, lang).replace("\u00a0", " ")
        assert '<span lang="cs">„zavedení &lt;X&gt;“</span>' in html
        assert html.count("prosadit minimálně polovinu") == 1
        assert 'href="https://example.org/?a=1&amp;b=2"' in html
    czech = [
        "zatím žádný nástroj nebyl posouzen jako úspěšný", "75 % (3/4; 30 % až 95 %)", "13 dní před termínem",
        "více než 11 %", "nejméně 9 úvazku", "8,5 úvazku – syntetická data", "zatím bez údajů",
    ]  # fmt: skip
    html = commitments_table(v.COMMITMENTS, "cs").replace("\u00a0", " ")
    assert [one for one in czech if one not in html] == []
    assert ">0<" not in html, "what is not known is never a zero"


DUE = "2022-10-31"
TARGETS = [
    (("at_least", 0.5, "share", ""), "nejméně 50 %", "at least 50%"),
    (
        ("more_than", 0.11, "proportion", DUE),
        "více než 11 %, do 31. října 2022",
        "more than 11% by 31 October 2022",
    ),
    (("by_date", 0.0, "date", "2020-04-02"), "do 2. dubna 2020", "by 2 April 2020"),
    (("at_most", 2.5, "hours", ""), "nejvýše 2,5 hodiny", "at most 2.5 hours"),
    (("equal_to", 1.0, "persons", ""), "přesně 1 osoba", "exactly 1 person"),
    (("", NAN, "count", ""), "–", "–"),
]


@pytest.mark.parametrize(("target", "czech", "english"), TARGETS)
def test_a_target_is_written_with_its_exact_rule(target: tuple[Any, ...], czech: str, english: str) -> None:
    assert target_words(*target, "cs").replace("\u00a0", " ") == czech
    assert target_words(*target, "en").replace("\u00a0", " ") == english


def test_values_are_written_with_their_unit_and_dates_by_their_distance() -> None:
    values = ((NAN, "share"), (1.0, "yes_no"), (0.25, "count"), (2.0, "days"))
    written = [measured(*one, "cs").replace("\u00a0", " ") for one in values]
    assert written == ["–", "ano", "0,25", "2 dny"]
    late = [reached(days, "by_date", "date", "en").replace("\u00a0", " ") for days in (8.0, 0.0, -1.0, NAN)]
    assert late == ["8 days after the date", "on the day itself", "1 day before the date", "–"]


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_small_counts_of_persons_are_dots_in_figure_table_words_and_data(lang: str) -> None:
    drawn = figure(v.SMALL_TRAINING, lang, labels=v.LABELS[lang])
    assert drawn.alt.count("•") == 6
    assert drawn.data_table_html.count('class="num suppressed"') == 6
    frame = pd.read_csv(io.StringIO(drawn.csv))
    assert frame["persons_enrolled"].isna().sum() == 2
    told = said(funnel_sentences(v.SMALL_TRAINING, lang, labels=v.LABELS[lang]))
    assert "62" in told
    assert "•" not in told, "shares of hidden counts are not told"


def test_a_rule_that_came_after_the_data_is_a_caution() -> None:
    late = Note("rule_after_data", {"decided": "2021-05-01", "data": "2020-02-01"})
    table = v.VERDICTS.tables["table"]
    published = publish(
        CheckResult("verdicts", None, table, {"rule": "v2", "decided": "2021-05-01"}, (late,))
    )
    assert "Pozor: pravidlo" in verdict_sentences(published, "cs")[-1]
    assert "Caution" in figure(published, "en").data_table_html


def test_signs_and_names_of_operators_are_the_same_target() -> None:
    for sign, name in ((">=", "at_least"), (">", "more_than"), ("<=", "at_most"), ("<", "less_than")):
        assert target_words(sign, 3, "count", "", "cs") == target_words(name, 3, "count", "", "cs")


def test_every_sign_is_in_the_font_of_the_documents() -> None:
    """PDF/A allows no character that the font lacks."""
    signs = {look.sign for look in LOOKS.values() if look.sign} | {HIDDEN, "„", "“"}
    source = '#set document(title: "signs")\n#set text(lang: "cs")\n= Signs\n' + "\n\n".join(sorted(signs))
    assert _compile({"main.typ": source.encode()}, "signs", pdf_standards=STANDARDS).startswith(b"%PDF")


def test_few_persons_are_hidden_where_means_of_scales_are_shown() -> None:
    drawn = figure(v.SUS, "en", labels=v.LABELS["en"])
    assert "Social endowment fund, usability (SUS, 0–100): not published" in drawn.alt
    assert "44.4" not in drawn.data_table_html
    assert drawn.data_table_html.count('class="num suppressed"') == 4, (
        "mean, interval, persons, and 2 without a score"
    )


def test_hidden_transitions_are_left_out_and_counted() -> None:
    hidden = int(v.MOVES.suppressed["cells"]["persons"].sum())
    drawn = figure(v.MOVES, "cs", labels=v.LABELS["cs"])
    assert 0 < hidden < len(v.MOVES.tables["cells"])
    assert f"Skrytých hodnot: {hidden}." in drawn.alt
    assert drawn.data_table_html.count("suppressed") == hidden


def test_a_curve_is_not_told_where_few_are_followed() -> None:
    drawn = figure(v.KEPT, "en", labels=v.LABELS["en"])
    assert "86%" not in drawn.data_table_html
    assert "60%" not in drawn.data_table_html
    assert "6 months 93%" in drawn.alt


@pytest.mark.parametrize(("values", "first"), [([30, 31], "30"), ([30, 25.5], "30.0"), ([1 / 3, 2], "0.33")])
def test_numbers_beside_each_other_have_equal_decimals(values: list[float], first: str) -> None:
    assert alike(values, "en")(values[0]) == first
