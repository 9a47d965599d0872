"""Traps of the domain on rendered pages: synthetic numbers, and an outcome that the tool itself makes."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclosure import Publishable
from tests.project import QUARTER, SPEC, Project, make_project
from tests.shared import ROOT

WORD = {"cs": "syntetická data", "en": "synthetic data"}
NOT_ABOUT_RESULTS = ("parameters", "provenance")
FROM_TOOL = {
    "cs": "vzniká v samotném nástroji, jehož účinek se zjišťuje",
    "en": "is recorded by the very tool whose effect is studied",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Organ donations beside a synthetic panel whose specification never says so, run and rendered."""
    project = make_project(tmp_path_factory.mktemp("traps") / "project")
    shutil.copytree(ROOT / "reports", project.root / "reports", ignore=shutil.ignore_patterns("build"))
    for file in ROOT.glob("_quarto*.yml"):
        shutil.copy(file, project.root / file.name)
    rate = "rate: {type: number, meaning: {cs: Míra, en: Rate}}"
    project.edit("data/catalogue.yml", rate, rate.replace("number,", "number, outcome_from_tool: true,"))
    project.edit(SPEC, "cells:\n", "path:\n  estimator: {name: att_gt}\ncells:\n")
    for command in ("run", "render"):
        done = project.evaluation(command, QUARTER)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


class Said(HTMLParser):
    """Titles, headings, captions and alternative texts of a page, without tags and no-break spaces."""

    KEPT = ("title", "h1", "caption", "figcaption")

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {kind: [] for kind in (*self.KEPT, "alt")}
        self._open: list[tuple[str, str]] = []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.found["alt"].append(_plain(given.get("alt") or ""))
        if tag in self.KEPT:
            self._open.append((tag, given.get("id") or ""))
            self.found[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            _, name = self._open.pop()
            if any(part in name for part in NOT_ABOUT_RESULTS):
                self.found[tag].pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[self._open[-1][0]][-1] += _plain(data)


def _plain(text: str) -> str:
    return re.sub(r"\s", " ", text)


def page(project: Project, lang: str, analysis: str, name: str = "index") -> Said:
    return Said(project.build / "site" / lang / analysis / f"{name}.html")


def test_the_specification_of_the_panel_does_not_say_synthetic() -> None:
    """Or the next tests would show that the author said so, and not that the report does."""
    source = (ROOT / "tests/project.py").read_text("utf-8")
    texts = source[source.index('_SPEC = """') : source.index("def panel_rows")]
    assert not re.search("synte|synthe", texts)


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("kind", ["title", "h1", "caption", "figcaption", "alt"])
def test_synthetic_is_said_wherever_a_number_is_shown(project: Project, lang: str, kind: str) -> None:
    said = page(project, lang, "panel").found[kind]
    assert len(said) >= {"title": 1, "h1": 1, "caption": 5, "figcaption": 3, "alt": 3}[kind]
    for one in said:
        assert WORD[lang] in one.lower(), one


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_page_of_the_computation_and_the_cover_say_it_too(project: Project, lang: str) -> None:
    computation = page(project, lang, "panel", "notebook")
    for kind in ("title", "h1"):
        assert all(WORD[lang] in one.lower() for one in computation.found[kind])
    for name in ("panel/notebook.html", "index.html"):
        _title, body, *_ = _site(project, lang, name).split("callout-important")[1].split("</p>")
        assert {"cs": "syntetick", "en": "synthetic data"}[lang] in body, name
    links = re.findall(r'href="panel/index\.html"[^>]*>([^<]+)<', _site(project, lang, "index.html"))
    assert len(links) == 2  # beside the page, and in the table of findings
    assert all(WORD[lang] in _plain(link) for link in links)


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_real_data_are_not_called_synthetic(project: Project, lang: str) -> None:
    found = page(project, lang, "organ-donations").found
    assert found["alt"]
    for kind in ("title", "h1", "caption", "figcaption", "alt"):
        assert not any(WORD[lang] in one.lower() for one in found[kind])


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_a_downloaded_table_says_it_in_every_row(project: Project, lang: str) -> None:
    folder = project.build / "site" / lang
    tables = {path.name: pd.read_csv(path) for path in (folder / "panel").glob("*.csv")}
    assert {"trends.csv", "estimates.csv", "permutation.csv", "path.csv", "cells.csv"} <= set(tables)
    for name, table in tables.items():
        assert table.synthetic.eq(True).all(), name
    for path in (folder / "organ-donations").glob("*.csv"):
        assert "synthetic" not in pd.read_csv(path).columns


def test_an_outcome_of_the_tool_itself_is_noted_in_every_result(project: Project) -> None:
    """Trap 2: a contact point raises the number of recorded cases."""
    published = project.result("panel")["published"]
    for name in ("trends", "effect", "clustered"):
        notes = {note.code: note.numbers for note in Publishable.from_json(published[name]).notes}
        assert notes["outcome_from_tool"]["column"] == "rate", name
    other = Publishable.from_json(project.result("organ-donations")["published"]["effect"])
    assert "outcome_from_tool" not in {note.code for note in other.notes}


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_an_outcome_of_the_tool_itself_is_warned_of_before_the_numbers(project: Project, lang: str) -> None:
    html = _plain(_site(project, lang, "panel/index.html"))
    warning = html.index(FROM_TOOL[lang])
    assert warning < html.index("<figure")
    assert warning < html.index("<table")
    assert "callout-warning" in html[:warning]
    assert FROM_TOOL[lang] not in _plain(_site(project, lang, "organ-donations/index.html"))


def _site(project: Project, lang: str, name: str) -> str:
    return (project.build / "site" / lang / name).read_text("utf-8")
