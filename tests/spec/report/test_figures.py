"""Figures: their words, their data, and that they never change by themselves."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from evaluation.design import Note
from evaluation.errors import DisclosureError
from evaluation.report import Figure, csv, figure
from evaluation.report.canvas import canvas, to_svg, write_axis
from tests.spec.report import values as v

EVERY = {
    "trends": v.trends(),
    "exact": v.exact(),
    "sampled": v.sampled(0.2),
    "forest": [v.exact(), v.clustered()],
}


def drawn(name: str, lang: str) -> Figure:
    return figure(EVERY[name], lang, labels=v.LABELS[lang])


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("name", EVERY)
def test_a_figure_is_whole_and_deterministic(name: str, lang: str) -> None:
    one = drawn(name, lang)
    assert one == drawn(name, lang)
    root = ET.fromstring(one.svg)
    assert root.tag.endswith("svg")
    assert "<date>" not in one.svg
    assert "dc:date" not in one.svg
    assert len(one.alt) > 60
    assert "<table" in one.data_table_html
    assert len(pd.read_csv(io.StringIO(one.csv)))


def test_alt_text_is_made_of_the_numbers() -> None:
    assert drawn("exact", "cs").alt == (
        "Rozdělení 27 odhadů při různých přiřazeních opatření, od −0,0500 do 0,1200. "
        "Skutečný odhad je −0,0225; p\u00a0=\u00a05/27 ≈ 0,185."
    )
    assert "Start of the measure: 2011\u00a0Q3." in drawn("trends", "en").alt
    assert (
        "no interval; clustered standard errors: −0.02246 (−0.03506 to −0.00986)" in drawn("forest", "en").alt
    )


def test_data_for_machines_are_exact_and_name_their_columns() -> None:
    frame = pd.read_csv(io.StringIO(drawn("trends", "cs").csv))
    assert frame.columns.tolist() == ["period", "group", "mean", "sd", "n_units"]
    published = v.trends().tables["table"]["mean"].to_numpy()
    assert (frame["mean"].to_numpy() == published).all()
    several = pd.read_csv(io.StringIO(csv([v.exact(), v.clustered()], "tidy")))
    assert several["inference"].tolist() == ["randomisation", "clustered"]


def test_hidden_counts_are_empty_for_machines_too() -> None:
    frame = pd.read_csv(io.StringIO(csv([v.cells()], "cells")))
    assert frame["households"].isna().sum() == 2
    assert frame["households"].min() >= 5


def test_there_is_no_figure_of_everything() -> None:
    with pytest.raises(DisclosureError, match="no figure"):
        figure(v.clustered(), "cs")


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_synthetic_data_are_called_so_in_the_data_table(lang: str) -> None:
    word = {"cs": "syntetická data", "en": "synthetic data"}[lang]
    synthetic = Note("synthetic_data", {"dataset": "d"})
    assert word in figure(v.trends(synthetic), lang, labels=v.LABELS[lang]).data_table_html


@pytest.mark.parametrize(("lang", "mark"), [("cs", ","), ("en", ".")])
def test_axes_speak_the_language(lang: str, mark: str) -> None:
    with canvas("x") as (picture, axes):
        axes.plot([0, 1], [-0.25, 0.75])
        write_axis(axes.yaxis, lang)
        picture.draw_without_rendering()
        said = [label.get_text() for label in axes.get_yticklabels()]
        assert to_svg(picture).startswith("<?xml")
    assert any(re.fullmatch(rf"−?0\{mark}\d+", one) for one in said)
    assert not any("-" in one for one in said)
