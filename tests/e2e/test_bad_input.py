"""Bad input through the real command line: one screen that says where and what to do; the rest is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.project import PANEL, QUARTER, SPEC, Project, make_project


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which both analyses were run."""
    project = make_project(tmp_path_factory.mktemp("finished") / "project")
    done = project.evaluation("run", QUARTER)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    return finished.copy(tmp_path / "project")


def _set(column: str, value: str, row: int = 5) -> Callable[[Any], None]:
    return lambda rows: rows[row].__setitem__(column, value)


def _without(column: str) -> Callable[[Any], Any]:
    return lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows]


# what is spoiled, the language, and what the screen must say
DATA = {
    "missing column": (_without("rate"), "en", [PANEL, "'rate'", "district, quarter, start, households"]),
    "renamed column": (
        lambda rows: [{("Rate" if k == "rate" else k): v for k, v in row.items()} for row in rows],
        "cs",
        [PANEL, "rate", "Nemysleli jste „Rate“?"],
    ),
    "outcome is text": (_set("rate", "mnoho"), "cs", [PANEL, "řádek 7", "mnoho", "rate", "Náprava"]),
    "decimal comma": (_set("rate", '"12,5"'), "en", [PANEL, "row 7", "12,5", "12.5"]),
    "doubled row": (
        lambda rows: [*rows, rows[3]],
        "en",
        [PANEL, "Praha 1 2023Q4", "rows 5 and 66", "one row per unit"],
    ),
    "unknown district": (
        _set("district", "Praha 33", 20),
        "cs",
        [PANEL, "řádek 22", "Praha 33", "Nemysleli jste „Praha 3“?", "prague_districts.csv"],
    ),
    "no treated unit": (
        lambda rows: [row.__setitem__("start", "") for row in rows] and rows,
        "en",
        ["panel", "No unit is treated", "2023Q1 to 2024Q4"],
    ),
    "quarter misspelt": (_set("quarter", "2023-Q5"), "en", [PANEL, "row 7", "2023-Q5", "quarters (2021Q3)"]),
    "half a household": (_set("households", "1.5"), "cs", [PANEL, "řádek 7", "1.5", "households"]),
    "start changes": (_set("start", "2024Q2", 1), "en", ["start", "Praha 1", "2024Q1", f"{PANEL}", "row 3"]),
}


@pytest.mark.parametrize("case", DATA)
def test_bad_data(project: Project, case: str) -> None:
    change, lang, expected = DATA[case]
    project.spoil(change)
    done = project.evaluation("run", QUARTER, lang=lang)
    _says(done, 2, expected)
    _other_kept(project)


FILES = {
    "wrong delimiter": (
        lambda text: text.replace(",", ";").encode(),
        [PANEL, "delimiter ','", "instead of ';'"],
    ),
    "wrong encoding": (
        lambda text: text.replace("Praha 2", "Řepy").encode("cp1250"),
        [PANEL, "row 10", "UTF-8"],
    ),
    "a workbook": (lambda _: b"PK\x03\x04\x00\x00" * 50, [PANEL, "CSV"]),
    "empty": (lambda _: b"", [PANEL, "one field"]),
    "header only": (lambda text: text.splitlines()[0].encode(), [PANEL, "no rows"]),
    "a field too many": (
        lambda text: text.replace("Praha 2,2023Q1,", "Praha 2,2023Q1,,").encode(),
        [PANEL, "6 fields"],
    ),
    "open quotation mark": (
        lambda text: text.replace("Praha 8", '"Praha 8', 1).encode(),
        [PANEL, "quotation"],
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_unreadable_file(project: Project, case: str) -> None:
    change, expected = FILES[case]
    path = project.root / PANEL
    path.write_bytes(change(path.read_text(encoding="utf-8")))
    _says(project.evaluation("run", QUARTER), 2, expected)
    _other_kept(project)


SPECS = {
    "unknown key": (
        "  cohort: start",
        "  cohrot: start",
        "cs",
        ["panel.yml, řádek 12", "design.cohrot", "Nemysleli jste „cohort“?"],
    ),
    "unknown option": (
        "  name: twfe",
        "  name: twfe\n  famliy: poisson",
        "en",
        [SPEC, "estimator.famliy", "Did you mean 'family'?"],
    ),
    "bad option": (
        "  name: twfe",
        "  name: twfe\n  family: poison",
        "en",
        [SPEC, "estimator.family", "'poison'", "'gaussian' or 'poisson'"],
    ),
    "unknown estimator": ("  name: twfe", "  name: twfw", "en", [SPEC, "'twfw'", "Did you mean 'twfe'?"]),
    "unknown method": (
        "  method: auto",
        "  method: bootstrp",
        "cs",
        ["panel.yml, řádek 16", "inference", "'randomisation'"],
    ),
    "missing title": ("title: {cs: Zkušební panel, en: Test panel}", "", "en", [SPEC, "'title'"]),
    "missing translation": (
        "{cs: Míra, en: Rate}",
        "{cs: Míra}",
        "en",
        [SPEC, "line 5", "'outcome_label.en'"],
    ),
    "not YAML": ("design:", "design: [", "en", [SPEC, "line", "YAML"]),
    "key twice": ("data: panel", "data: panel\ndata: panel", "en", [SPEC, "line 8", "'data'"]),
    "column not in data": ("  outcome: rate", "  outcome: rates", "en", ["rates", "Did you mean 'rate'?"]),
    "unknown data set": ("data: panel", "data: pannel", "en", [SPEC, "'pannel'", "Did you mean 'panel'?"]),
    "unknown notebook": (
        "notebook: panel",
        "notebook: pannel",
        "en",
        ["notebooks/pannel.ipynb", "Did you mean 'panel'?"],
    ),
    "no treatment": ("  cohort: start\n", "", "cs", ["panel.yml", "cohort a treatment"]),
    "grouping that is not there": (
        "  name: twfe",
        "  name: twfe\n  period_effects_by: region",
        "en",
        ["'region'", "groups="],
    ),
}


@pytest.mark.parametrize("case", SPECS)
def test_bad_specification(project: Project, case: str) -> None:
    old, new, lang, expected = SPECS[case]
    project.edit(SPEC, old, new)
    _says(project.evaluation("run", QUARTER, lang=lang), 2, expected)
    _other_kept(project)


def test_every_defect_of_every_file_at_once(project: Project) -> None:
    project.edit(SPEC, "  cohort: start", "  cohrot: start")
    project.edit(SPEC, "schema_version: 1", "schema_version: 2")
    project.edit("analyses/organ-donations.yml", "method: auto", "methd: auto")
    done = project.evaluation("check", QUARTER)
    _says(done, 2, ["design.cohrot", "schema_version", "inference.method"])


COMMANDS = {
    "unknown quarter": (["run", "2024Q5"], "en", ["'2024Q5'", "2024Q3, 2024Q4", "Did you mean"]),
    "unknown quarter, Czech": (["check", "2024-Q4"], "cs", ["2024-Q4", "Nemysleli jste „2024Q4“?"]),
    "unknown analysis": (["run", QUARTER, "--only", "pannel"], "en", ["'pannel'", "Did you mean 'panel'?"]),
    "unknown command": (["rnu", QUARTER], "cs", ["Nemysleli jste „run“?", "evaluation --help"]),
    "unknown option": (["run", QUARTER, "--wrokers", "2"], "cs", ["--wrokers", "evaluation run --help"]),
    "no quarter": (["run"], "cs", ["Chybí ČTVRTLETÍ"]),
    "no project": (["--project", "data", "run", QUARTER], "en", ["evaluation.toml", "--project"]),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_bad_command(project: Project, case: str) -> None:
    arguments, lang, expected = COMMANDS[case]
    before = _state(project)
    _says(project.evaluation(*arguments, lang=lang), 2, expected)
    assert _state(project) == before


def test_bad_project_file(project: Project) -> None:
    project.edit("evaluation.toml", "seed =", "sed =")
    _says(project.evaluation("run", QUARTER), 2, ["evaluation.toml", "'sed'", "Did you mean 'seed'?"])


def test_unknown_parameter(project: Project) -> None:
    project.edit("notebooks/panel.ipynb", "quarter = ", "quater = ")
    _says(
        project.evaluation("run", QUARTER),
        2,
        ["notebooks/panel.ipynb", "'quarter'", "Did you mean 'quater'?"],
    )
    _other_kept(project)


@pytest.mark.parametrize("text", ["{", "[]", '{"nbformat": 4, "cells": []}', "\x00"])
def test_corrupt_notebook(project: Project, text: str) -> None:
    (project.root / "notebooks/panel.ipynb").write_text(text, encoding="utf-8")
    _says(project.evaluation("run", QUARTER), 2, ["notebooks/panel.ipynb", "nbformat 4"])
    _other_kept(project)


def test_notebook_that_fails_half_way(project: Project) -> None:
    project.edit("notebooks/panel.ipynb", "effect = study.estimate(design)", "effect = 1 / 0")
    done = project.evaluation("run", QUARTER)
    _says(done, 1, ["panel.failed.ipynb", "ZeroDivisionError"])
    kept = json.loads((project.build / "notebooks/panel.failed.ipynb").read_text(encoding="utf-8"))
    assert any(cell.get("outputs") for cell in kept["cells"])
    assert not (project.build / "notebooks/panel.ipynb").exists()
    _other_kept(project)


def test_design_error_inside_the_notebook_is_one_screen(project: Project) -> None:
    project.edit("notebooks/panel.ipynb", "study.infer(effect)", 'design.group(\\"region\\")')
    _says(project.evaluation("run", QUARTER, lang="cs"), 2, ["panel", "region", "Náprava"])
    _other_kept(project)


def test_missing_data_file_is_not_run_and_no_failure(project: Project) -> None:
    (project.root / PANEL).unlink()
    done = project.evaluation("run", QUARTER, lang="cs")
    _says(done, 0, ["Test office", "https://example.org/panel", "panel.csv"])
    assert project.result("panel")["status"] == "not_run"
    _other_kept(project)


def test_data_in_the_folder_that_the_variable_names(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project.root / PANEL).rename(tmp_path / "elsewhere/panel.csv")
    done = project.evaluation("check", QUARTER, EVALUATION_DATA=str(tmp_path / "elsewhere"))
    assert done.returncode == 0, done.stderr


def test_output_that_cannot_be_written(project: Project) -> None:
    build = project.root / "reports" / "build"
    kept = build.rename(project.root / "kept")
    build.write_text("a file in the place of the folder", encoding="utf-8")
    done = project.evaluation("run", QUARTER, lang="cs")
    _says(done, 1, ["reports/build/2024Q4", "Náprava"])
    assert (kept / QUARTER / "results/panel.json").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_output(project: Project) -> None:
    results = project.build / "results"
    results.chmod(0o555)
    try:
        _says(project.evaluation("run", QUARTER), 1, ["results"])
    finally:
        results.chmod(0o755)


def _says(done: Any, code: int, expected: list[str]) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for words in expected:
        assert words in done.stderr, f"{words!r} is not in:\n{done.stderr}"
    assert len(done.stderr.splitlines()) <= 24, "more than one screen"


def _state(project: Project) -> dict[str, bytes]:
    """Everything that was made, but the logs: a command that was refused is written there."""
    files = [path for path in project.build.rglob("*") if path.is_file() and path.parent.name != "log"]
    return {str(path): path.read_bytes() for path in files}


def _other_kept(project: Project) -> None:
    assert project.result("panel")["status"] in {"failed", "not_run"}
    assert project.result("panel")["published"] == {}
    assert project.result("organ-donations")["status"] == "ok"
    assert project.result("organ-donations")["published"]["effect"]
    manifest = json.loads((project.build / "manifest.json").read_text(encoding="utf-8"))
    statuses = {one["id"]: one["status"] for one in manifest["analyses"]}
    assert statuses["organ-donations"] == "ok"
    assert statuses["panel"] != "ok"
