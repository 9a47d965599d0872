"""The cycle of a quarter: what determines a result, the plan, and runs only after a change."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import PANEL, QUARTER, SPEC, Project, make_project
from tests.shared import ROOT


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("finished") / "project")
    done = project.evaluation("run", QUARTER)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    return finished.copy(tmp_path / "project")


def _distribution(project: Project) -> dict[str, str]:
    """Another version of a package that the calculation needs."""
    info = project.root.parent / "site" / "narwhals-99.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: narwhals\nVersion: 99.0\n", "utf-8")
    return {"PYTHONPATH": str(info.parent)}


def _code(project: Project) -> dict[str, str]:
    """Another version of the package itself."""
    copy = project.root.parent / "site" / "evaluation"
    shutil.copytree(ROOT / "evaluation", copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "aggregate.py").open("a", encoding="utf-8") as stream:
        stream.write("# another line\n")
    return {"PYTHONPATH": str(copy.parent)}


def _imported(project: Project) -> dict[str, str]:
    """Another version of a package that only the notebook imports."""
    project.edit(
        "notebooks/panel.ipynb", '"import evaluation as ev"', json.dumps("import helper, evaluation as ev")
    )
    site = project.root.parent / "site"
    info = site / "helper-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "helper.py").write_text("", "utf-8")
    (info / "RECORD").write_text("helper.py,,\nhelper-1.0.dist-info/METADATA,,\n", "utf-8")
    (info / "top_level.txt").write_text("helper\n", "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: helper\nVersion: 1.0\n", "utf-8")
    done = project.evaluation("run", QUARTER, PYTHONPATH=str(site))
    assert "1 run, 1 unchanged" in done.stdout, done.stdout + done.stderr
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: helper\nVersion: 1.1\n", "utf-8")
    return {"PYTHONPATH": str(site)}


def _edit(file: str, old: str, new: str) -> Callable[[Project], dict[str, str]]:
    def change(project: Project) -> dict[str, str]:
        project.edit(file, old, new)
        return {}

    return change


INGREDIENTS: dict[str, tuple[Callable[[Project], dict[str, str]], int]] = {
    "code list": (_edit("data/reference/prague_districts.csv", "Praha 9", "Praha 9 "), 1),
    "parameter": (_edit(SPEC, "name: twfe", "name: att_gt"), 1),
    "seed of the project": (_edit("evaluation.toml", "seed = ", "seed = 1"), 2),
    "package": (_code, 2),
    "distribution": (_distribution, 2),
    "distribution of the notebook alone": (_imported, 1),
    "data": (_edit(PANEL, "Praha 2,2023Q1", "Praha 2,2023Q1"), 0),
}


@pytest.mark.parametrize("which", INGREDIENTS)
def test_every_ingredient_of_a_result_counts(project: Project, which: str) -> None:
    """The plan says which analyses each of them makes run again."""
    change, runs = INGREDIENTS[which]
    environment = change(project)
    done = project.evaluation("run", QUARTER, "--plan", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout.count("▶"), done.stdout.count("  = ")) == (runs, 2 - runs), done.stdout


def files(project: Project) -> dict[Path, tuple[bytes, int]]:
    """Everything in the project with its time of change."""
    found = (path for path in project.root.rglob("*") if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def test_a_plan_says_why_and_writes_nothing(project: Project) -> None:
    project.spoil(lambda rows: rows[20].__setitem__("district", "Praha 33"))
    before = files(project)
    done = project.evaluation("run", QUARTER, "--plan", lang="cs")
    assert done.returncode == 2
    assert "✗ panel" in done.stdout
    assert "= organ-donations" in done.stdout
    assert "Praha 33" in done.stderr
    assert files(project) == before


def test_if_nothing_changed_nothing_is_done(project: Project) -> None:
    before = files(project)
    done = project.evaluation("run", QUARTER, "--if-changed", lang="cs")
    assert (done.returncode, done.stdout) == (0, f"{QUARTER}: od posledního běhu se nezměnil žádný vstup.\n")
    assert files(project) == before


CHANGES: dict[str, tuple[Callable[[Project], object], str]] = {
    "data": (lambda one: one.spoil(lambda rows: rows[8].__setitem__("rate", "11.11")), "1 run, 1 unch"),
    "a new analysis": (
        lambda project: (project.root / "analyses/second.yml").write_text(
            (project.root / SPEC).read_text("utf-8").replace("id: panel", "id: second"), "utf-8"
        ),
        "1 run, 2 unch",
    ),
    "an analysis less": (lambda project: (project.root / SPEC).unlink(), "0 run, 1 unch"),
    "a result that was removed": (lambda one: (one.build / "results/panel.json").unlink(), "1 run, 1 unch"),
    "a result that was tampered with": (
        lambda project: (project.build / "notebooks/panel.ipynb").write_text("{}", "utf-8"),
        "1 run, 1 unch",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_what_changed_is_run(project: Project, case: str) -> None:
    change, expected = CHANGES[case]
    change(project)
    done = project.evaluation("run", QUARTER, "--if-changed")
    assert expected in done.stdout, done.stdout + done.stderr
    again = project.evaluation("run", QUARTER, "--if-changed")
    assert "no input changed" in again.stdout


def test_a_failure_counts_as_unchanged_until_its_cause_is_mended(project: Project) -> None:
    original = (project.root / PANEL).read_bytes()
    project.spoil(lambda rows: rows[20].__setitem__("district", "Praha 33"))
    assert project.evaluation("run", QUARTER, "--if-changed").returncode == 2
    done = project.evaluation("run", QUARTER, "--if-changed")
    assert (done.returncode, done.stderr) == (0, "")
    (project.root / PANEL).write_bytes(original)
    assert "1 run, 1 unchanged" in project.evaluation("run", QUARTER, "--if-changed").stdout


@pytest.mark.parametrize("file", [PANEL, "data/reference/prague_districts.csv", "notebooks/panel.ipynb"])
def test_an_input_that_changes_while_it_runs_is_noticed(project: Project, file: str) -> None:
    """The notebook itself changes the file: nobody can say which version its numbers come from."""
    path = project.root / file
    edited = ".replace('study.cells()', 'study.cells( )')" if path.suffix == ".ipynb" else " + chr(10)"
    changing = (
        f"import evaluation as ev; from pathlib import Path; p = Path({str(path)!r}); "
        f"p.write_text(p.read_text(){edited})"
    )
    project.edit("notebooks/panel.ipynb", '"import evaluation as ev"', json.dumps(changing))
    done = project.evaluation("run", QUARTER, lang="cs")
    assert done.returncode == 2
    assert "se během výpočtu změnily" in done.stderr
    assert project.result("panel")["reason"]["code"] == "changed-during-run"
    assert project.result("organ-donations")["status"] == "ok"


def test_a_specification_edited_while_it_runs_counts_next_time(project: Project) -> None:
    path = project.root / SPEC
    changing = (
        f"import evaluation as ev; from pathlib import Path; p = Path({str(path)!r}); "
        "p.write_text(p.read_text().replace('twfe', 'att_gt'))"
    )
    project.edit("notebooks/panel.ipynb", '"import evaluation as ev"', json.dumps(changing))
    assert project.evaluation("run", QUARTER).returncode == 0
    assert project.result("panel")["spec"]["estimator"]["name"] == "twfe"
    done = project.evaluation("run", QUARTER, "--if-changed")
    assert "1 run, 1 unchanged" in done.stdout
    assert project.result("panel")["spec"]["estimator"]["name"] == "att_gt"


def test_an_identical_rerun_takes_seconds(finished: Project) -> None:
    """It opens neither data nor pandas: a fifth of a second, with room for a busy machine."""
    started = time.perf_counter()
    assert finished.evaluation("run", QUARTER).returncode == 0
    assert time.perf_counter() - started < 10
    code = (
        "import sys; from evaluation.cli import main\n"
        f"try: main(['run', {QUARTER!r}])\nexcept SystemExit: print('pandas' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=finished.root, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"
