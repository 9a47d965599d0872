"""Tables: their cells, their markup, their dots."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from evaluation.design import Note
from evaluation.disclosure import Publishable
from evaluation.report import table
from tests.spec.report import values as v

NBSP = "\u00a0"
EVERY = {
    "estimates": [v.exact(), v.clustered()],
    "one": v.exact(),
    "trends": v.trends(),
    "cells": v.cells(),
    "check": v.other_check(),
}


def parsed(html: str) -> ET.Element:
    return ET.fromstring(f"<div>{html}</div>")


def rows(html: str) -> list[list[str]]:
    """Cells of the body, as text."""
    return [["".join(cell.itertext()) for cell in row] for row in parsed(html).find("table/tbody") or []]


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("name", EVERY)
def test_tables_are_semantic(name: str, lang: str) -> None:
    tree = parsed(table(EVERY[name], lang, labels=v.LABELS[lang]))
    heads = tree.findall("table/thead/tr/th")
    assert heads
    assert all(head.get("scope") == "col" for head in heads)
    for row in tree.findall("table/tbody/tr"):
        assert len(row) == len(heads)
        assert all(cell.get("scope") == "row" for cell in row.findall("th"))
    numeric = [head.get("class") == "num" for head in heads]
    assert any(numeric)
    for row in tree.findall("table/tbody/tr"):
        assert [("num" in (cell.get("class") or "")) for cell in row] == numeric
    if name != "check":
        caption = tree.find("table/caption")
        assert caption is not None
        assert (caption.text or "").strip()


def test_methods_of_one_estimate_stand_side_by_side() -> None:
    html = table([v.exact(), v.clustered()], "cs", labels=v.CS)
    assert {row[0]: row[1:] for row in rows(html)} == {
        "Odhad (podíl)": ["−0,02246", "−0,02246"],
        "Směrodatná chyba": ["–", "0,00613"],
        "p-hodnota": ["5/27 ≈ 0,185", "0,001"],
        "95% interval spolehlivosti": ["–", "−0,03506 až −0,00986"],
        "Jednotek": ["27", "27"],
        "S opatřením": ["1", "1"],
        "Shluků": ["27", "27"],
        "Shluků s opatřením": ["1", "1"],
    }
    notes = [note.text or "" for note in parsed(html).findall("p")]
    assert any(note.startswith("– ") for note in notes)
    assert any("zamítají příliš často" in note for note in notes)


def test_an_unbounded_interval_is_written() -> None:
    """Infinite on both sides is a finding; no value at all is a dash."""
    html = table([v.exact(ends=(-np.inf, np.inf)), v.exact(ends=(-np.inf, 0.1)), v.exact()], "en")
    cells = {row[0]: row[1:] for row in rows(html)}["95% confidence interval"]
    assert cells == ["−∞ to ∞", "−∞ to 0.1000", "–"]


def test_suppressed_cells_are_dots_with_a_visible_explanation() -> None:
    html = table(v.cells(), "en")
    tree = parsed(html)
    assert rows(html)[0] == ["A & B", "•", "•"]
    assert rows(html)[1] == ["C", "1,234", "2.50"]
    dots = tree.findall(".//td[@class='num suppressed']/abbr")
    assert len(dots) == 4
    assert all(dot.get("title") == "not published" for dot in dots)
    (note,) = tree.findall("p")
    assert (note.text or "").startswith("• Not published: the value concerns fewer than 5")


def test_no_dots_no_explanation() -> None:
    assert "•" not in table(v.trends(), "en")


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("captioned", [True, False])
def test_captions_say_synthetic_where_the_data_are(lang: str, captioned: bool) -> None:
    note = Note("synthetic_data", {"dataset": "d"})
    word = {"cs": "(syntetická data)", "en": "(synthetic data)"}[lang]
    for published in (v.exact(notes=(note,)), v.trends(note)):
        html = table(published, lang, labels=v.LABELS[lang], captioned=captioned)
        assert (word in html) == captioned
    assert word not in table(v.exact(), lang, labels=v.LABELS[lang])


def test_trends_have_one_row_per_period() -> None:
    shown = rows(table(v.trends(), "cs", labels=v.CS))
    assert shown[0][0] == f"4.{NBSP}čtvrtletí{NBSP}2010"
    assert len(shown) == 6
    assert shown[3][1].startswith("0,38")


def test_a_distribution_is_listed_or_binned() -> None:
    listed = rows(table(v.exact(), "en", name="distribution"))
    assert len(listed) == 27
    assert [row[-1] for row in listed] == ["1"] * 27
    binned = rows(table(v.sampled(0.2), "en", name="distribution"))
    assert len(binned) == 60
    assert sum(int(row[-1].replace(",", "")) for row in binned) == 9999


@pytest.mark.parametrize("name", EVERY)
def test_czech_tables_have_no_decimal_points_and_no_hyphens_for_minus(name: str) -> None:
    for row in rows(table(EVERY[name], "cs", labels=v.CS)):
        for cell in row[1:]:
            assert not re.search(r"\d\.\d|-\d", cell), cell


def test_publishable_is_what_tables_take() -> None:
    assert isinstance(EVERY["one"], Publishable)
