"""The timeline, declared context and placebos: figures, tables and sentences in both languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.checks import CheckResult
from evaluation.design import Note
from evaluation.disclosure import Publishable, publish
from evaluation.errors import DisclosureError
from evaluation.report import figure, placebo_sentences, warnings
from tests.spec.report import values as v

LANGS = ("cs", "en")


def row(kind: str, name: str, first: str, last: str = "", **more: Any) -> dict[str, Any]:
    words = {"row": kind, "name_cs": name, "name_en": name, "units": 0, "first": first, "last": last}
    rest = {"reaches": "", "contaminates": False, "source_cs": "", "source_en": "", "address": ""}
    return words | rest | more


@pytest.fixture
def timeline() -> Publishable:
    service = {"reaches": "all", "contaminates": True, "source_cs": "<ČTK>", "source_en": "<ČTK>"}
    rows = [
        row("data", "", "2018Q1", "2024Q4"),
        row("programme", "project", "2020Q1", "2023Q2"),
        row("treated", "Praha 7", "2017Q4", units=1),
        row("treated", "", "2020Q2", units=12),
        row("shock", "service", "2021Q1", **service, address="https://example.org/?a=1&b=2"),
    ]
    return publish(CheckResult("timeline", None, pd.DataFrame(rows)))


def placebo(name: str, values: list[float], estimate: float, **numbers: Any) -> Publishable:
    key = "start" if name == "placebo_in_time" else "unit"
    keys = (
        [f"2019Q{i + 1}" for i in range(len(values))]
        if key == "start"
        else [f"U{i}" for i in range(len(values))]
    )
    told = {"estimate": estimate, "estimand": "att", "treated": 1, **numbers}
    return publish(CheckResult(name, None, pd.DataFrame({key: keys, "estimate": values}), told))


@pytest.mark.parametrize("lang", LANGS)
def test_a_timeline_has_words_for_every_row_and_the_sources(timeline: Publishable, lang: str) -> None:
    drawn = figure(timeline, lang, labels=v.LABELS[lang])
    assert drawn.svg == figure(timeline, lang, labels=v.LABELS[lang]).svg
    said = {
        "cs": (
            "Použitá data: 1. čtvrtletí 2018 až 4. čtvrtletí 2024",
            "Praha 7: od 4. čtvrtletí 2017",
            "12 jednotek",
        ),
        "en": ("Data used: 2018 Q1 to 2024 Q4", "Praha 7: from 2017 Q4", "12 units"),
    }[lang]
    alt = drawn.alt.replace("\u00a0", " ")
    assert all(words in alt for words in said)
    assert alt.count(";") == 4
    assert 'href="https://example.org/?a=1&amp;b=2">&lt;ČTK&gt;</a>' in drawn.data_table_html
    assert drawn.data_table_html.count("<tr>") == 6
    assert len(drawn.csv.splitlines()) == 6


def test_annual_periods_and_quarters_share_one_axis() -> None:
    from evaluation.report.timeline import years_of

    assert [years_of(label) for label in ("2018", "2018Q3", "2018-07")] == [
        (2018.0, 2019.0), (2018.5, 2018.75), (pytest.approx(2018.5), pytest.approx(2018.5 + 1 / 12)),
    ]  # fmt: skip


NOTES = {
    Note(
        "treated_before_programme",
        {"units": 2, "names": ("A", "B"), "starts": ("2017Q4", "2019Q3"), "start": "2020Q1",
         "programme_cs": "projekt", "programme_en": "project"},
    ): {
        "cs": "2 jednotky měly opatření už před začátkem programu (projekt; 1. čtvrtletí 2020): "
              "A (4. čtvrtletí 2017), B (3. čtvrtletí 2019).",
        "en": "2 units had the measure before the programme began (project; 2020 Q1): "
              "A (2017 Q4), B (2019 Q3).",
    },
    Note(
        "contaminated_from",
        {"periods": 16, "of": 28, "start": "2021Q1", "end": "", "name_cs": "služba", "name_en": "service"},
    ): {
        "cs": "služba (od 1. čtvrtletí 2021). Po tuto dobu (16 období z celkových 28) odhad",
        "en": "service (from 2021 Q1). For that time (16 of 28 periods) the estimate",
    },
    Note(
        "shocks_in_window",
        {"names_cs": ("covid", "zákon"), "names_en": ("covid", "act"), "starts": ("2020Q1", "2018"),
         "ends": ("2021Q2", "")},
    ): {
        "cs": "covid (1. čtvrtletí 2020 až 2. čtvrtletí 2021), zákon (od roku 2018).",
        "en": "covid (2020 Q1 to 2021 Q2), act (from 2018).",
    },
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.code)
def test_context_is_said_among_the_warnings(note: Note, lang: str) -> None:
    published = v.exact(notes=(note,))
    again = Publishable.from_json(published.to_json())
    assert warnings(again, lang) == warnings(published, lang)
    every = [line.replace("\u00a0", " ") for line in warnings(published, lang)]
    (said,) = (line for line in every if NOTES[note][lang] in line)
    assert "{" not in said


def test_a_unit_that_was_left_out_is_named_once() -> None:
    same = {"units": 1, "names": ("Praha 7",)}
    both = (Note("always_treated", same), Note("no_untreated_period", same))
    assert sum("Praha 7" in line for line in warnings(v.exact(notes=both), "en")) == 1
    other = (Note("always_treated", {"units": 1, "names": ("Praha 1",)}), both[1])
    assert sum("Praha" in line for line in warnings(v.exact(notes=other), "en")) == 2


CASES: list[tuple[str, list[float], float, dict[str, Any], dict[str, tuple[str, ...]]]] = [
    ("placebo_in_time", [-0.17, 0.88], -0.64, {},
     {"cs": ("2 smyšlené začátky", "od −0,170 do 0,880", "sám o sobě účinek nedokládá"),
      "en": ("2 false starts", "between −0.170 and 0.880", "alone is no evidence")}),
    ("placebo_in_time", [-0.1, 0.12, 0.2, 0.0, 0.1], -0.64, {},
     {"cs": ("5 smyšlených začátků", "blíže nule"), "en": ("5 false starts", "closer to zero")}),
    ("placebo_in_space", [0.1, -0.2, 0.15], 4.0,
     {"at_least_as_large": 1, "of": 4, "p_value": 0.25},
     {"cs": ("3 možnosti", "je 1 z celkového počtu 4", "není tak velký odhad nic vzácného"),
      "en": ("3 possibilities", "in 1 of 4 cases", "nothing rare")}),
    ("placebo_in_space", [0.1, -0.2] * 10, 4.0,
     {"at_least_as_large": 1, "of": 21, "p_value": 1 / 21, "treated": 4},
     {"cs": ("20 možností", "vzácný", "průměr 4 jednotek"), "en": ("20 possibilities", "is rare")}),
    ("placebo_in_time", np.log([0.88, 1.004]).tolist(), float(np.log(0.96)), {"estimand": "log_ratio"},
     {"cs": ("od −12 % do 0,4 %", "−4 %", "nedokládá"), "en": ("between −12% and 0.4%", "−4%")}),
    ("placebo_in_time", [float("nan")], 1.0, {},
     {"cs": ("nelze spočítat",), "en": ("be calculated",)}),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("name", "values", "estimate", "numbers", "wanted"), CASES)
def test_placebos_say_what_they_mean_for_trust(
    name: str,
    values: list[float],
    estimate: float,
    numbers: dict[str, Any],
    wanted: dict[str, tuple[str, ...]],
    lang: str,
) -> None:
    said = " ".join(placebo_sentences(placebo(name, values, estimate, **numbers), lang)).replace(
        "\u00a0", " "
    )
    for words in wanted[lang]:
        assert words in said


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("count", [3, 200])
@pytest.mark.parametrize("name", ["placebo_in_time", "placebo_in_space"])
def test_placebos_are_drawn_with_words_and_data(name: str, count: int, lang: str) -> None:
    values = np.linspace(-1, 1, min(count, 4) if name == "placebo_in_time" else count).tolist()
    published = placebo(name, values, -0.64, at_least_as_large=1, of=count + 1, p_value=0.5)
    drawn = figure(published, lang, labels=v.LABELS[lang])
    assert drawn.svg == figure(published, lang, labels=v.LABELS[lang]).svg
    assert ("−0,64" if lang == "cs" else "−0.64") in drawn.alt
    assert drawn.data_table_html.count("<tr>") == 2 + len(values)
    assert len(drawn.csv.splitlines()) == 1 + len(values)


def test_only_published_placebos_are_told() -> None:
    with pytest.raises(DisclosureError):
        placebo_sentences(CheckResult("placebo_in_time", None, pd.DataFrame()), "cs")  # type: ignore[arg-type]
