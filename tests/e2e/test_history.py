"""What a quarter found, as tables: from Parquet and from JSON alike, published values only."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import evaluation as ev
from evaluation.errors import RequestError
from tests.project import QUARTER, Project, make_project

TABLES = ("analyses", "estimates", "numbers", "notes")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("history") / "project")
    done = made.evaluation("run", QUARTER)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_a_quarter_is_read_as_tables(project: Project) -> None:
    run = ev.load_run(QUARTER, project.root)
    assert run.analyses.set_index("analysis")["status"].to_dict() == {"organ-donations": "ok", "panel": "ok"}
    lead = run.estimates.query("analysis == 'organ-donations' and result == 'effect'").iloc[0]
    assert lead["estimate"] == pytest.approx(-0.022458974358974, abs=1e-12)  # the published value, exactly
    assert lead["p_value"] == 5 / 27
    numbers = run.numbers.query("analysis == 'organ-donations' and result == 'effect'").set_index("name")
    assert numbers.loc["n_treated", "value"] == 1
    assert numbers.loc["estimator", "text"] == "twfe"
    codes = run.notes.query("analysis == 'organ-donations'")["code"]
    assert "few_treated_clusters" in set(codes)
    assert run.manifest["quarter"] == QUARTER


def test_a_folder_of_version_1_is_read_as_if_it_had_tables(project: Project, tmp_path: Path) -> None:
    """Runs of earlier versions of the package left JSON alone; a table that was tampered with is not read."""
    tabled = ev.load_run(QUARTER, project.root)
    for change in ("no tables", "tampered"):
        copy = project.copy(tmp_path / change)
        if change == "no tables":
            shutil.rmtree(copy.build / "tables")
        else:
            (copy.build / "tables/estimates.parquet").write_bytes(b"PAR1")
        old = ev.load_run(QUARTER, copy.root)
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(old, name), getattr(tabled, name))
    done = project.copy(tmp_path / "again")
    shutil.rmtree(done.build / "tables")
    assert "2 unchanged" in done.evaluation("run", QUARTER).stdout
    for path in sorted((project.build / "tables").iterdir()):
        assert (done.build / "tables" / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_cannot_be_read_says_why(project: Project, tmp_path: Path) -> None:
    copy = project.copy(tmp_path / "later")
    index = copy.build / "tables/index.json"
    index.write_text(json.dumps(json.loads(index.read_text("utf-8")) | {"schema_version": 3}), "utf-8")
    with pytest.raises(RequestError, match="later version"):
        ev.load_run(QUARTER, copy.root)
    with pytest.raises(RequestError, match="no run of 2023Q1"):
        ev.load_run("2023Q1", project.root)


# --- status and log ------------------------------------------------------------------------------------
def test_status_says_whether_anything_changed(project: Project, tmp_path: Path) -> None:
    copy = project.copy(tmp_path / "project")
    found = {
        one["quarter"]: one for one in json.loads(copy.evaluation("status", "--json").stdout)["quarters"]
    }
    assert (found[QUARTER]["ok"], found[QUARTER]["current"]) == (2, True)
    assert found["2024Q3"] == {
        "quarter": "2024Q3",
        "run": None,
        "current": None,
        "ok": 0,
        "failed": 0,
        "not_run": 0,
    }
    copy.spoil(lambda rows: rows[8].__setitem__("rate", "11.11"))
    done = copy.evaluation("status", QUARTER, lang="cs")
    assert "hotovo 2, selhalo 0, nespuštěno 0; vstupy se od té doby změnily." in done.stdout


def test_log_lists_what_was_done(project: Project, tmp_path: Path) -> None:
    copy = project.copy(tmp_path / "project")
    assert copy.evaluation("run", QUARTER).returncode == 0
    log = sorted((copy.build / "log").glob("run-*.jsonl"))[0]
    log.write_text(
        "".join(log.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8"
    )  # killed at the end
    lines = copy.evaluation("log", QUARTER, lang="cs").stdout.splitlines()
    assert len(lines) == 2
    assert "spočteno 0, beze změny 2" in lines[0]
    assert lines[1].endswith("nedokončeno")
    entries = json.loads(copy.evaluation("log", QUARTER, "--json").stdout)["commands"]
    assert [one["exit_code"] for one in entries] == [0, None]
    assert all((copy.root / one["log"]).is_file() for one in entries)
