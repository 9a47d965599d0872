"""An analysis on what was accepted: as it was known in its quarter, with the register's hash."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from evaluation.errors import DataError
from evaluation.intake.corrections import Correction
from evaluation.intake.delivery import Delivery, Table
from evaluation.intake.entries import Batch
from evaluation.intake.keys import Key
from evaluation.intake.vintages import Store
from evaluation.run.catalogue import read_catalogue
from evaluation.run.commands.data import read_entries
from evaluation.run.commands.doctor import examine
from evaluation.run.datafile import load
from evaluation.run.locate import DataAbsentError, locate, provenance
from evaluation.run.origin import source_rows
from evaluation.run.plan import make_plan
from evaluation.run.project import open_project
from evaluation.run.store import open_store
from tests.project import PANEL, QUARTERS, Project, make_project, panel_rows

FILE, STORE = "{kind: file, file: panel.csv}", "{kind: vintages, contract: need, sheet: panel}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("vintages") / "project")
    project.edit("data/catalogue.yml", FILE, STORE)
    (project.root / PANEL).unlink()
    store = open_store(open_project(project.root))
    for quarter in QUARTERS[-2:]:
        frame = pd.DataFrame(panel_rows())
        frame = frame[frame.quarter.le(quarter)].replace("", None)
        table = Table("panel", ("district", "quarter"), "quarter", frame)
        store.accept(Delivery("need", "1", quarter, "all", "panel.csv", "0" * 64, (table,)), by="J")
    known = store.as_of("need", "panel").frame
    old = known.loc[known.district.eq("Praha 1") & known.quarter.eq("2024Q1"), "rate"].item()
    key = {"district": "Praha 1", "quarter": "2024Q1"}
    one = Correction(2, "panel", key, "rate", old, "77", "typo")
    store.correct(Batch("need", "1", "2024Q4", "fix.csv", "1" * 64, (one,), {"panel": "quarter"}), by="J")
    return project


@pytest.fixture
def project(filled: Project, tmp_path: Path) -> Project:
    return filled.copy(tmp_path / "project")


def test_the_data_are_those_that_were_known_in_the_quarter(project: Project) -> None:
    opened = open_project(project.root)
    dataset = read_catalogue(opened).dataset("panel")
    then, origin_then = load(opened, "panel", dataset, "2024Q3")
    now, origin = load(opened, "panel", dataset, "2024Q4")
    assert (len(then), len(now)) == (8 * 7, 8 * 8)
    cell = {"district": "Praha 1", "quarter": "2024Q1"}
    before, after = (
        frame.set_index(["district", "quarter"]).rate[tuple(cell.values())] for frame in (then, now)
    )
    assert before < 20
    assert after == 77
    assert origin["vintages"]["vintages"] == 3
    assert origin_then["vintages"]["vintages"] == 1
    assert origin["sha256"] != origin_then["sha256"]
    assert origin["vintages"]["register"] == open_store(opened).log().chain.iloc[-1]
    assert origin["sha256"] == locate(opened, "panel", dataset, "2024Q4").sha256
    entry = next(one for one in read_entries(opened) if one.id == "panel")
    assert (entry.file, entry.last_period) == ("data/vintages/need/panel/2024Q4", "2024Q4")


def test_the_plan_runs_on_them(project: Project) -> None:
    step = next(one for one in make_plan(open_project(project.root), "2024Q4") if one.id == "panel")
    assert step.action == "run", step.errors
    assert step.provenance["data"]["file"] == "data/vintages/need/panel/2024Q4"
    assert step.provenance["data"]["vintages"]["purged"] == 0


@pytest.mark.parametrize(("lang", "said"), [("en", "since destroyed"), ("cs", "již zničených")])
def test_the_page_says_what_the_data_come_from(project: Project, lang: str, said: str) -> None:
    """Of three vintages two end in 2024Q3 or before: the first delivery, and the correction of 2024Q1."""
    opened = open_project(project.root)
    dataset = read_catalogue(opened).dataset("panel")
    open_store(opened).purge(until="2024Q3", reason="retention", by="J")
    origin = provenance(opened, "panel", dataset, locate(opened, "panel", dataset, "2024Q4"))
    assert origin["vintages"]["purged"] == 2
    rows = {label: str(value) for label, value in source_rows(origin, lang)}
    assert next(value for label, value in rows.items() if said in label) == "2"
    assert any(origin["vintages"]["register"] in value for value in rows.values())


def test_without_a_store_or_with_a_changed_file_nothing_is_computed(project: Project) -> None:
    opened = open_project(project.root)
    dataset = read_catalogue(opened).dataset("panel")
    changed = next((project.root / "data/vintages/files").iterdir())
    changed.write_bytes(changed.read_bytes() + b"x")
    with pytest.raises(DataError, match="is not what was accepted"):
        load(opened, "panel", dataset, "2024Q4")
    shutil.rmtree(project.root / "data/vintages")
    with pytest.raises(DataAbsentError, match="Nothing has been accepted"):
        load(opened, "panel", dataset, "2024Q4")
    step = next(one for one in make_plan(opened, "2024Q4") if one.id == "panel")
    assert step.action == "not_run"


def test_doctor_looks_at_the_keys(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> tuple[str, str]:
        finding = next(one for one in examine(project.root) if one.code == "keys")
        return finding.status, finding.detail

    monkeypatch.delenv("EVALUATION_STORE_KEY", raising=False)
    assert found() == ("absent", "plain")
    shutil.rmtree(project.root / "data/vintages")
    assert found() == ("ok", "no_store")
    key = Key("store", bytes(32))
    frame = pd.DataFrame({"district": ["1"], "quarter": ["2024Q4"]}, dtype=object)
    table = Table("panel", ("district", "quarter"), "quarter", frame)
    Store(project.root / "data/vintages", key=key).accept(
        Delivery("need", "1", "2024Q4", "1", "one.csv", "0" * 64, (table,)), by="J"
    )
    assert found() == ("broken", "other")
    monkeypatch.setenv("EVALUATION_STORE_KEY", key.secret.hex())
    assert found() == ("ok", "fit")
    monkeypatch.setenv("EVALUATION_STORE_KEY", "not a key")
    assert found() == ("broken", "unusable")
