"""The store from the command line: accept, correct, look, purge, keys; in both languages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.project import Project, make_project
from tests.shared import ROOT

QUARTER = "2024Q4"
SENT = ("Praha-Troja", "Praha-Vinoř", "Praha-3")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the contract of the demonstration and three synthetic returns."""
    project = make_project(tmp_path_factory.mktemp("intake") / "project")
    shutil.copytree(ROOT / "data/schema", project.root / "data/schema", dirs_exist_ok=True)
    shutil.copytree(ROOT / "data/reference", project.root / "data/reference", dirs_exist_ok=True)
    done = project.evaluation("intake", "example", QUARTER, f"returns/{QUARTER}")
    assert done.returncode == 0, done.stderr
    for path in (project.root / f"returns/{QUARTER}").iterdir():
        if path.stem.removeprefix("synthetic-") not in SENT:
            path.unlink()
    return project


@pytest.fixture
def project(sent: Project, tmp_path: Path) -> Project:
    return sent.copy(tmp_path / "project")


def log(project: Project, **environment: str) -> list[dict[str, str]]:
    done = project.evaluation("intake", "log", "--json", **environment)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)["vintages"]
    return found


def fix(project: Project, old: str, new: str) -> str:
    row = f"need;Praha-Troja;{QUARTER};households_in_need;{old};{new};recounted"
    (project.root / "fix.csv").write_text(
        f"sheet;district;quarter;column;old;new;reason\n{row}\n", encoding="utf-8"
    )
    return "fix.csv"


def test_from_the_folder_to_the_tombstone(project: Project) -> None:
    folder = f"returns/{QUARTER}"
    (project.root / folder / "synthetic-Praha-3.xlsx").write_bytes(b"not a workbook")
    done = project.evaluation("intake", "accept", folder, "--as", "Jana", lang="cs")
    assert done.returncode == 2, done.stderr
    assert "Přijaty 2 soubory z 3." in done.stdout
    assert "✗ synthetic-Praha-3.xlsx: 1 chyba, nepřijato" in done.stdout
    again = project.evaluation("intake", "accept", folder, "--as", "Jana")
    assert again.stdout.count("everything in it had been accepted before") == 2
    assert [one["accepted_by"] for one in log(project)] == ["Jana", "Jana"]

    wrong = project.evaluation("intake", "corrections", fix(project, "-1", "6"), "--as", "Eva")
    assert wrong.returncode == 2
    known = wrong.stderr.split(" is ")[1].split(",")[0]
    refused = project.evaluation("intake", "corrections", fix(project, known, "-6"), "--as", "Eva")
    assert refused.returncode == 2
    assert "-6" in refused.stderr
    done = project.evaluation("intake", "corrections", fix(project, known, "6"), "--as", "Eva", lang="cs")
    assert done.returncode == 0, done.stderr
    assert f"Přijata 1 oprava v kole {QUARTER}." in done.stdout
    assert [one["kind"] for one in log(project)] == ["delivery", "delivery", "correction"]
    assert log(project)[2]["reason"] == "recounted"

    asked = project.evaluation("intake", "purge", "--until", QUARTER, "--reason", "r", "--as", "Eva")
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    assert all(one["purged_at"] is None for one in log(project))
    purge = ("intake", "purge", "--until", QUARTER, "--reason", "retention", "--as", "Eva", "--yes")
    done = project.evaluation(*purge, lang="cs")
    assert "Zničena data 3 zápisů" in done.stdout, done.stderr
    assert not list((project.root / "data/vintages/files").iterdir())
    shown = project.evaluation("intake", "log", "--verify")
    assert shown.stdout.count("† destroyed") == 3
    assert "0 files verified" in shown.stdout


def test_with_keys(project: Project) -> None:
    old, new = project.root.parent / "old.key", project.root.parent / "new.key"
    for path in (old, new):
        made = project.evaluation("intake", "new-key", str(path))
        assert made.returncode == 0, made.stderr
        assert path.read_text("ascii").strip() not in made.stdout + made.stderr
    inside = project.evaluation("intake", "new-key", "here.key")
    assert inside.returncode == 2
    assert "inside the project" in inside.stderr
    keys = {"EVALUATION_STORE_KEY_FILE": str(old)}
    folder = f"returns/{QUARTER}"
    done = project.evaluation("intake", "accept", folder, "--as", "Jana", **keys)
    assert done.returncode == 0, done.stderr
    raw = b"".join(path.read_bytes() for path in (project.root / "data/vintages/files").iterdir())
    assert b"PAR1" not in raw
    without = project.evaluation("intake", "log", "--verify", lang="cs")
    assert without.returncode == 2
    assert "zašifrováno klíčem" in without.stderr
    assert project.evaluation("intake", "rotate-key", "store", "--new", str(new), **keys).returncode == 0
    assert project.evaluation("intake", "log", "--verify", **keys).returncode == 2
    keys = {"EVALUATION_STORE_KEY_FILE": str(new)}
    assert "3 files verified" in project.evaluation("intake", "log", "--verify", **keys).stdout
    half = project.evaluation("intake", "rotate-key", "pseudonym", "--new", str(new))
    assert half.returncode == 2
    assert "--identifiers" in half.stderr
    lost = project.evaluation("intake", "rotate-key", "pseudonym", "--new", str(old), "--lost", **keys)
    assert "0 pseudonyms of the store are left without a link" in lost.stdout, lost.stderr
    secrets = [path.read_text("ascii").strip() for path in (old, new)]
    written = [path for path in project.root.rglob("*") if path.is_file()]
    assert not [path for path in written if any(s.encode() in path.read_bytes() for s in secrets)]


def test_nothing_is_left_in_the_temporary_folder(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "tmp"
    empty.mkdir()
    done = project.evaluation(
        "intake",
        "accept",
        f"returns/{QUARTER}",
        "--as",
        "J",
        TMPDIR=str(empty),
        EVALUATION_STORE_KEY="0f" * 32,
    )
    assert done.returncode == 0, done.stderr
    assert not [path for path in empty.rglob("*") if path.is_file()]
