"""Another city starts from the wheel alone: every example of the manual, in both languages."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.shared import ROOT

ORDER = (
    "init", "doctor", "data", "intake", "check", "run", "status", "log", "render", "compare", "schema",
    "manual", "help", "version", "clean",
)  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as its wheel unpacks."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    zipfile.ZipFile(file).extractall(folder / "installed")
    return folder / "installed"


def call(wheel: Path, folder: Path, command: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    """Run a command of the manual with the package of the wheel."""
    arguments = shlex.split(command)
    assert arguments[0] == "evaluation"
    env = {k: v for k, v in os.environ.items() if k not in {"EVALUATION_DATA", "LC_ALL", "LANG"}}
    env |= {"PYTHONPATH": str(wheel), "LANG": {"cs": "cs_CZ.UTF-8", "en": "C.UTF-8"}[lang], "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "evaluation", *arguments[1:]],
        cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def sessions(lang: str, name: str) -> list[tuple[str, str]]:
    """Commands of a page, each with the output that the page shows."""
    text = (ROOT / f"docs/manual/{lang}/{name}.md").read_text("utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    pieces = [piece for block in blocks for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(command, shown) for command, _, shown in (piece.partition("\n") for piece in pieces)]


def is_shown(shown: str, output: str) -> bool:
    """Whether an output is what the page shows; … stands for anything, and spaces are not counted."""
    parts = [re.escape(" ".join(part.split())) for part in shown.split("…")]
    return (
        re.fullmatch(r"\s*" + r".*?".join(f"\\s*{part}\\s*" for part in parts), " ".join(output.split()))
        is not None
    )


def test_the_examples_of_the_manual_run(wheel: Path, tmp_path: Path) -> None:
    """Both languages in turn; the second uses the results of the first again, as its inputs are the same."""
    assert set(ORDER) == {path.stem for path in (ROOT / "docs/manual/en").glob("*.md")} - {"index"}
    for lang in ("en", "cs"):
        folder = tmp_path / lang
        folder.mkdir()
        for name in ORDER:
            if name == "run" and lang == "cs":
                shutil.copytree(tmp_path / "kept", folder / "reports/build")
            for command, shown in sessions(lang, name):
                if command.startswith("cd "):
                    folder = folder / command.removeprefix("cd ")
                    continue
                done = call(wheel, folder, command, lang)
                assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
                assert not shown or is_shown(shown, done.stdout), f"{command}\n{shown}\n---\n{done.stdout}"
            if name == "run" and lang == "en":
                shutil.copytree(folder / "reports/build", tmp_path / "kept")
            if name == "render":
                _is_a_whole_synthetic_report(folder)


def _is_a_whole_synthetic_report(folder: Path) -> None:
    build = folder / "reports/build/2024Q4"
    manifest = json.loads((build / "manifest.json").read_text("utf-8"))
    assert [one["status"] for one in manifest["analyses"]] == ["ok"]
    assert all(one["data"]["synthetic"] for one in manifest["analyses"])
    assert manifest["code"]["commit"] is None
    for lang, word in (("cs", "syntetick"), ("en", "synthetic")):
        assert word in (build / f"site/{lang}/index.html").read_text("utf-8")
    assert not [path for path in build.rglob("*.html") if str(ROOT) in path.read_text("utf-8")]


def test_the_wheel_computes_with_the_code_of_the_checkout(wheel: Path) -> None:
    """What lies beside the code in a wheel does not change its fingerprint, so results can be compared."""
    code = (
        "from evaluation.run import fingerprint as f; c = f.code(); print(f.PACKAGE, c.tree, c.computation)"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=wheel.parent,
            env=os.environ | extra,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for extra in ({}, {"PYTHONPATH": str(wheel)})
    ]
    assert Path(found[1][0]).is_relative_to(wheel)
    assert found[0][1:] == found[1][1:]


def test_a_folder_that_is_not_empty_is_refused(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine", "utf-8")
    done = call(wheel, tmp_path, "evaluation init taken", "cs")
    assert done.returncode == 2
    assert "mine.txt" in done.stderr
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine.txt"]
