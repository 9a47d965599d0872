"""The line from real data to results, through the real command line: numbers, cache, manifest, equal runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.project import QUARTER, SPEC, Project, make_project
from tests.shared import ROOT

NOTEBOOK = ROOT / "notebooks/impact.ipynb"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """The demonstration project run in two folders, with one worker and with two."""
    pair = []
    for name, workers in (("one", "1"), ("two", "2")):
        root = tmp_path_factory.mktemp(name) / f"project-{name}"
        for part in ("analyses", "data", "notebooks"):
            shutil.copytree(
                ROOT / part, root / part, ignore=shutil.ignore_patterns("raw", "vintages", "derived")
            )
        shutil.copy(ROOT / "evaluation.toml", root / "evaluation.toml")
        project = Project(root)
        done = project.evaluation("run", QUARTER, "--workers", workers)
        assert done.returncode == 0, done.stdout + done.stderr
        pair.append(project)
    return pair[0], pair[1]


def _row(published: Any) -> dict[str, Any]:
    """First row of the estimate table of a published result, however it is laid out."""
    from evaluation.disclosure import Publishable

    tables = Publishable.from_json(json.dumps(published)).tables
    table = next(table for table in tables.values() if "estimate" in table.columns)
    return dict(table.iloc[0])


def test_organ_donations_has_the_known_answer(runs: tuple[Project, Project]) -> None:
    published = runs[0].result("organ-donations")["published"]
    assert {"design", "trends", "effect", "clustered"} <= set(published)
    lead, clustered = _row(published["effect"]), _row(published["clustered"])
    assert lead["estimate"] == pytest.approx(-0.022458974358974, abs=1e-12)
    assert lead["p_value"] == 5 / 27
    assert clustered["std_error"] == pytest.approx(0.00613, abs=5e-6)


def test_prague_is_synthetic_and_hides_small_counts(runs: tuple[Project, Project]) -> None:
    result = runs[0].result("prague-synthetic")
    assert result["spec"]["synthetic"] is True
    assert "synthetic_data" in json.dumps(result["published"]["effect"])
    assert "synthetic" in result["spec"]["title"]["en"]
    assert "syntetick" in result["spec"]["title"]["cs"]
    assert result["published"]["cells"]


def test_prague_warns_of_its_own_design(runs: tuple[Project, Project]) -> None:
    """Trap 5 and its neighbours: what the data and the specification say stands in the result by itself."""
    published = runs[0].result("prague-synthetic")["published"]
    assert {"timeline", "placebo_in_time", "placebo_in_space", "path", "pretrends"} <= set(published)
    notes = {note["code"]: note["numbers"] for note in published["effect"]["notes"]}
    early = notes["treated_before_programme"]
    assert dict(zip(early["names"], early["starts"], strict=True)) == {
        "Praha 7": "2017Q4",
        "Praha 10": "2019Q3",
    }
    assert (notes["contaminated_from"]["start"], notes["contaminated_from"]["periods"]) == ("2021Q1", 16)
    assert notes["shocks_in_window"]["starts"][0] == "2020Q1"
    assert notes["no_untreated_period"]["names"] == ["Praha 7"]
    assert notes["default_inference"]["reason"] == "few_treated_clusters"
    assert {"synthetic_data", "assignments"} <= set(notes)


def test_two_runs_are_equal(runs: tuple[Project, Project]) -> None:
    one, two = ({p.relative_to(run.build): p.read_bytes() for p in _made(run)} for run in runs)
    assert set(one) == set(two)
    assert [str(path) for path in one if one[path] != two[path]] == []


def _made(project: Project) -> list[Path]:
    """What a run makes and two equal runs make alike: all but times, memory and logs."""
    made = (p for p in project.build.rglob("*") if p.is_file() and p.name != "run.log.json")
    return [p for p in made if p.parent.name != "log"]


def test_manifest_holds_what_determines_the_result_and_nothing_else(runs: tuple[Project, Project]) -> None:
    text = (runs[0].build / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest["quarter"] == QUARTER
    assert {"pandas", "numpy", "programme-evaluation", "python"} <= set(manifest["versions"])
    assert re.fullmatch("[0-9a-f]{64}", manifest["code"]["tree_sha256"])
    entry = next(one for one in manifest["analyses"] if one["id"] == "organ-donations")
    assert entry["data"]["rows"] == 162
    for key in (entry["data"]["sha256"], entry["spec"]["sha256"], entry["notebook"]["sha256"]):
        assert re.fullmatch("[0-9a-f]{64}", key)
    assert entry["seed"] == manifest["seed"]
    assert str(runs[0].root) not in text
    assert str(Path.home()) not in text
    assert "seconds" not in text


def test_nothing_made_names_this_machine(runs: tuple[Project, Project]) -> None:
    for path in _made(runs[0]):
        content = path.read_bytes()
        assert str(runs[0].root).encode() not in content, path.name
        assert str(ROOT).encode() not in content, path.name


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("small") / "project")
    assert project.evaluation("run", QUARTER).returncode == 0
    return project


def test_an_identical_rerun_reuses_everything(small: Project) -> None:
    before = {path: path.read_bytes() for path in _made(small)}
    done = small.evaluation("run", QUARTER)
    assert done.returncode == 0
    assert "2 unchanged" in done.stdout
    assert {path: path.read_bytes() for path in _made(small)} == before


CHANGES = {
    "data": ("data/raw/panel.csv", "Praha 2,2023Q1", "Praha 2,2023Q1", 1),
    "specification": (SPEC, "method: auto", "method: auto\n  draws: 500", 1),
    "remark in the specification": (SPEC, "schema_version: 1", "# remark\nschema_version: 1", 0),
    "code of the notebook": (
        "notebooks/panel.ipynb",
        "import evaluation as ev",
        "import evaluation as ev  # new",
        1,
    ),
    "meaning in the catalogue": ("data/catalogue.yml", "en: Rate}", "en: Rate per 1000}", 1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_changed_is_run_again(small: Project, tmp_path: Path, change: str) -> None:
    project = small.copy(tmp_path / "project")
    file, old, new, run = CHANGES[change]
    if change == "data":
        project.spoil(lambda rows: rows[8].__setitem__("rate", "11.11"))
    else:
        project.edit(file, old, new)
    done = project.evaluation("run", QUARTER)
    assert f"{run} run, {2 - run} unchanged" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("part", ["results/panel.json", "notebooks/panel.ipynb"])
def test_results_that_were_tampered_with_are_not_reused(small: Project, tmp_path: Path, part: str) -> None:
    project = small.copy(tmp_path / "project")
    path = project.build / part
    original = path.read_bytes()
    path.write_bytes(original + b" ")
    assert "1 run, 1 unchanged" in project.evaluation("run", QUARTER).stdout
    assert path.read_bytes() == original


def test_an_earlier_quarter_uses_no_later_data(small: Project, tmp_path: Path) -> None:
    project = small.copy(tmp_path / "project")
    assert project.evaluation("run", "2024Q3", "--only", "panel").returncode == 0
    result = json.loads(
        (project.root / "reports/build/2024Q3/results/panel.json").read_text(encoding="utf-8")
    )
    assert result["published"]["design"]["numbers"]["last_period"] == "2024Q3"
    assert result["provenance"]["data"]["rows_used"] == 56


def test_an_analysis_that_was_removed_is_no_longer_published(small: Project, tmp_path: Path) -> None:
    project = small.copy(tmp_path / "project")
    (project.root / SPEC).unlink()
    assert project.evaluation("run", QUARTER).returncode == 0
    assert not (project.build / "results/panel.json").exists()
    assert "panel" not in (project.build / "manifest.json").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupted_run_keeps_what_was_there_and_goes_on(small: Project, tmp_path: Path) -> None:
    project = small.copy(tmp_path / "project")
    project.edit(SPEC, "method: auto", "method: auto\n  draws: 500")
    before = {path: path.read_bytes() for path in _made(project)}
    running = subprocess.Popen(
        [sys.executable, "-m", "evaluation", "--lang", "cs", "run", QUARTER],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    logs = project.build / "log"
    old = set(logs.glob("run-*.jsonl"))
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        if any('"planned"' in log.read_text("utf-8") for log in set(logs.glob("run-*.jsonl")) - old):
            break
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Přerušeno" in errors
    assert "Traceback" not in errors
    assert {path: path.read_bytes() for path in _made(project)} == before
    assert "1 run, 1 unchanged" in project.evaluation("run", QUARTER).stdout


def test_the_notebook_is_thin() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert 8 <= len(code) <= 15
    tagged = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", ())]
    assert len(tagged) == 1
    assert all(len(cell.splitlines()) == 1 for cell in code if cell != "".join(tagged[0]["source"]))
    imports = [line for cell in code for line in cell.splitlines() if re.match(r"\s*(import|from)\b", line)]
    assert imports == ["import evaluation as ev"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook["cells"])
    assert "papermill" not in notebook["metadata"]
