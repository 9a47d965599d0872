"""Staging: a complete website project per language, made of results alone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluation.design import Note
from evaluation.errors import RunError, SpecError
from evaluation.run.render import render
from evaluation.run.stage import stage
from tests.spec.report import values as v

ROOT = Path(__file__).parents[3]
QUARTER = "2024Q4"
SYNTHETIC = Note("synthetic_data", {"dataset": "d"})
INCLUDE = re.compile(r"\{\{< include (\S+) >\}\}")


@dataclass(frozen=True)
class Place:
    root: Path

    @property
    def name(self) -> Mapping[str, str]:
        return {"cs": "Vyhodnocení * programů", "en": "Evaluation * of programmes"}

    def build(self, quarter: str) -> Path:
        return self.root / "reports" / "build" / quarter


def spec(name: str, *, synthetic: bool) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"cs": f"Rozbor_1 {name} <b>", "en": f"Analysis_1 {name} <b>"},
        "question": {"cs": "Pomohlo to? [ano]", "en": "Did it help? [yes]"},
        "outcome_label": {"cs": "Podíl dárců", "en": "Share of donors"},
        "outcome_unit": {"cs": "podíl", "en": "share"},
        "unit_label": {"cs": "stát", "en": "state"},
        "events": [{"quarter": "2011Q3", "label": {"cs": "začátek", "en": "start"}}],
        "kind": "impact",
        "report": None,
        "synthetic": synthetic,
    }


def good(name: str, *, synthetic: bool) -> dict[str, Any]:
    notes = (SYNTHETIC,) if synthetic else ()
    published = {"trends": v.trends(*notes), "effect": v.exact(notes=notes), "clustered": v.clustered()}
    if synthetic:
        published["cells"] = v.cells()
    return {
        "schema_version": 1,
        "id": name,
        "quarter": QUARTER,
        "status": "ok",
        "reason": None,
        "spec": spec(name, synthetic=synthetic),
        "columns": {"households": {"meaning": {"cs": "Domácnosti", "en": "Households"}, "unit": None}},
        "parameters": {"quarter": QUARTER, "design.outcome": "rate", "estimator.name": "twfe"},
        "published": {key: value.to_json() for key, value in published.items()},
        "provenance": {
            "data": {
                "title": {"cs": "Data", "en": "Data"},
                "file": "a.csv",
                "sha256": "ab" * 32,
                "rows": 1620,
            },
            "spec": {"file": f"analyses/{name}.yml", "sha256": "cd" * 32},
            "seed": 108,
        },
    }


def bad() -> dict[str, Any]:
    reason = {
        "kind": "DataError",
        "code": "missing-column",
        "where": "data.csv",
        "example": "",
        "values": {"column": "rate", "role": "outcome", "available": "a, b", "suggestion": ""},
    }
    base = good("broken", synthetic=False)
    return base | {"status": "failed", "reason": reason, "published": {}, "provenance": {}}


def notebook() -> dict[str, Any]:
    payload = {"application/vnd.evaluation.published+json": {"secret": 1}, "text/html": "<p>shown</p>"}
    output = {"output_type": "display_data", "data": payload, "metadata": {}}

    def cell(source: str, *tags: str) -> dict[str, Any]:
        return {
            "cell_type": "code", "id": source[:4], "source": source, "execution_count": 1,
            "metadata": {"tags": list(tags), "papermill": {"start_time": "2026"}}, "outputs": [output],
        }  # fmt: skip

    cells = [cell('spec = "{}"', "parameters"), cell('spec = "long"', "injected-parameters"), cell("show(x)")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "papermill": {"start_time": "2026"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("_quarto.yml", "_quarto-cs.yml", "_quarto-en.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for lang in ("cs", "en"):
        shutil.copytree(ROOT / "reports" / lang, tmp_path / "reports" / lang)
    place = Place(tmp_path)
    build = place.build(QUARTER)
    for folder in ("results", "notebooks"):
        (build / folder).mkdir(parents=True)
    for result in (good("donors", synthetic=False), good("prague", synthetic=True), bad()):
        (build / "results" / f"{result['id']}.json").write_text(json.dumps(result), encoding="utf-8")
        (build / "notebooks" / f"{result['id']}.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    code = {"version": "0.1.0", "commit": "f00", "dirty": True, "tree_sha256": "ee" * 32}
    manifest = {"quarter": QUARTER, "code": code, "seed": 1, "versions": {"python": "3.11.7"}}
    (build / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_a_staged_project_is_complete(place: Place, lang: str) -> None:
    source = stage(place, QUARTER, lang)
    project = yaml.safe_load((source / "_quarto.yml").read_text(encoding="utf-8"))
    assert project["project"] == {
        "type": "website",
        "resources": ["manifest.json", "*/results.json", "*/*.csv"],
        "output-dir": f"../../site/{lang}",
    }
    assert project["execute"] == {"enabled": False}
    assert project["lang"] == lang
    other = {"cs": "en", "en": "cs"}[lang]
    assert [item["href"] for item in project["website"]["navbar"]["right"]] == [f"../{other}/index.html"]
    sections = project["website"]["sidebar"]["contents"][1:]
    assert [section["href"] for section in sections] == ["donors/index.qmd", "prague/index.qmd"]
    pages = [*source.rglob("*.qmd")]
    for page in pages:
        for name in INCLUDE.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / name).is_file(), (page, name)
    page = source / "donors" / "index.qmd"
    assert page.read_bytes() == (ROOT / "reports" / lang / "impact.qmd").read_bytes()
    assert not (source / "broken").exists()
    everything = b"\n".join(contents(source).values())
    assert str(place.root).encode() not in everything


@pytest.mark.parametrize(("lang", "mark"), [("cs", "vnitřní verze"), ("en", "internal version")])
def test_only_the_internal_report_has_technical_notes_and_says_what_it_is(
    place: Place, lang: str, mark: str
) -> None:
    log = {
        "analyses": [
            {"id": "donors", "status": "ok", "seconds": 12.5, "memory_mib": 99, "stderr": ["a <warning>"]}
        ]
    }
    (place.build(QUARTER) / "run.log.json").write_text(json.dumps(log), encoding="utf-8")
    public, internal = (stage(place, QUARTER, lang, profile=one) for one in ("public", "internal"))
    assert public.relative_to(place.build(QUARTER)) == Path("source") / lang
    assert internal.relative_to(place.build(QUARTER)) == Path("internal/source") / lang
    for source in (public, internal):
        render(source)
    site = internal.parents[1] / "site" / lang
    pages = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html")}
    number = {"cs": "12,5", "en": "12.5"}[lang]
    for part in (f'<td class="num">{number}</td>', "<pre>a &lt;warning&gt;</pre>"):
        assert part in pages["technical.html"]
    assert all(mark in page for page in pages.values())
    assert 'href="technical.html"' in pages["index.html"]
    for name, content in contents(public.parents[1] / "site").items():
        assert "technical" not in name
        for word in (mark, "technical.html", "a &lt;warning&gt;", "a <warning>"):
            assert word.encode() not in content, name


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_cover_lists_the_computations(place: Place, lang: str) -> None:
    source = stage(place, QUARTER, lang)
    render(source)
    cover = (place.build(QUARTER) / "site" / lang / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<div class="listing-title"><a href="([^"]+)"', cover) == [
        "donors/notebook.html",
        "prague/notebook.html",
    ]


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_staging_is_deterministic_and_fresh(place: Place, lang: str) -> None:
    source = stage(place, QUARTER, lang)
    before = contents(source)
    (source / "left.qmd").write_text("over", encoding="utf-8")
    assert contents(stage(place, QUARTER, lang)) == before


@pytest.mark.parametrize(("lang", "word"), [("cs", "syntetická data"), ("en", "synthetic data")])
def test_synthetic_is_said_in_title_and_every_caption(place: Place, lang: str, word: str) -> None:
    source = stage(place, QUARTER, lang)
    folder = source / "prague"
    assert word in yaml.safe_load((folder / "_metadata.yml").read_text(encoding="utf-8"))["title"]
    numbered = [p for p in folder.glob("_*.qmd") if re.match(r"_(fig|tbl)-", p.name)]
    assert len(numbered) == 7
    about_results = [p for p in numbered if not p.stem.endswith(("parameters", "provenance"))]
    for fragment in about_results:
        caption = fragment.read_text(encoding="utf-8").split("\n:::\n")[0].splitlines()[-1]
        assert word in caption, fragment.name
    assert ".callout-important" in (folder / "_warnings.qmd").read_text(encoding="utf-8")
    assert word not in (source / "donors" / "_metadata.yml").read_text(encoding="utf-8")
    assert ".callout-important" not in (source / "donors" / "_warnings.qmd").read_text(encoding="utf-8")


def test_optional_sections_are_empty_where_there_is_nothing_to_show(place: Place) -> None:
    source = stage(place, QUARTER, "en")
    assert (source / "donors" / "_cells.qmd").read_text() == ""
    assert "@fig-permutation" in (source / "donors" / "_permutation.qmd").read_text()
    assert "{#sec-cells}" in (source / "prague" / "_cells.qmd").read_text()


def test_parameters_and_payloads_are_not_on_the_page_of_the_computation(place: Place) -> None:
    page = json.loads((stage(place, QUARTER, "cs") / "donors" / "notebook.ipynb").read_text(encoding="utf-8"))
    code = [cell["source"] for cell in page["cells"] if cell["cell_type"] == "code"]
    assert code == ["show(x)"]
    assert "secret" not in json.dumps(page)
    assert "start_time" not in json.dumps(page)
    assert page["cells"][0]["cell_type"] == "raw"
    assert "Výpočet: Rozbor_1 donors <b>" in page["cells"][0]["source"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("cs", ["selhala", "data.csv: V datech chybí sloupec „rate“", "Sloupce v datech: a, b."]),
        ("en", ["failed", "data.csv: The data have no column", "Columns present: a, b."]),
    ],
)
def test_what_has_no_result_is_listed_with_reason_and_remedy(
    place: Place, lang: str, said: list[str]
) -> None:
    text = (stage(place, QUARTER, lang) / "_not-run.qmd").read_text(encoding="utf-8")
    for part in said:
        assert part in text, part


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_embedded_renderer_takes_the_project(place: Place, lang: str) -> None:
    for one in ("cs", "en"):
        stage(place, QUARTER, one)
    render(place.build(QUARTER) / "source" / lang)
    site = place.build(QUARTER) / "site" / lang
    html = (site / "prague" / "index.html").read_text(encoding="utf-8")
    assert "5/27" in html
    assert "•" in html
    assert "Rozbor_1" in html or "Analysis_1" in html
    assert (site / "manifest.json").is_file()
    assert (site / "prague" / "results.json").is_file()
    assert (site / "donors" / "notebook.html").is_file()
    cover = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="donors/index.html"' in cover


def test_nothing_to_stage_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no results of 2024Q4"):
        stage(Place(tmp_path), QUARTER, "cs")


def test_a_missing_template_is_named(place: Place) -> None:
    (place.root / "reports" / "cs" / "impact.qmd").unlink()
    with pytest.raises(SpecError, match=r"reports/cs/impact\.qmd does not exist"):
        stage(place, QUARTER, "cs")


def test_a_folder_that_cannot_be_written_is_said(place: Place) -> None:
    (place.build(QUARTER) / "source").write_text("in the way", encoding="utf-8")
    with pytest.raises(RunError, match="cannot be written"):
        stage(place, QUARTER, "cs")
