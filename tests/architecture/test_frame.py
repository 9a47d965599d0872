"""The commands around the package: the Makefile and the small programs in tools/."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.shared import ROOT, find_shared


def call(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
    return path


def only(folder: Path, *names: str) -> str:
    """A PATH that has nothing but the named programs."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is not installed"))
    return str(folder)


# --- make --------------------------------------------------------------------------------------------
def test_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    declared = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert declared is not None
    listed = re.findall(r"^  make (\S+)", call("make", "-s").stdout, re.MULTILINE)
    assert set(listed) == set(declared[1].split())


# --- tools/within ------------------------------------------------------------------------------------
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"
KEPT_INSIDE = [
    "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "MPLCONFIGDIR",
    "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "PLAYWRIGHT_BROWSERS_PATH", "UV_CACHE_DIR",
]  # fmt: skip


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    found: dict[str, str] = json.loads(call("tools/within", sys.executable, "-c", SHOW).stdout)
    return found


@pytest.mark.parametrize("variable", KEPT_INSIDE)
def test_a_command_keeps_its_files_in_the_checkout(variable: str, environment: dict[str, str]) -> None:
    assert Path(environment[variable]).is_relative_to(ROOT / ".cache")


def test_the_short_folder_is_short_and_is_removed(environment: dict[str, str]) -> None:
    longest = f"{environment['JUPYTER_RUNTIME_DIR']}/kernel-00000000-0000-0000-0000-000000000000-ipc-5"
    assert len(longest) < 108
    assert environment["JUPYTER_RUNTIME_DIR"].startswith(environment["TMPDIR"])
    assert not Path(environment["TMPDIR"]).exists()


@pytest.mark.parametrize("code", [0, 1, 2, 7])
def test_the_exit_code_is_passed_on(code: int) -> None:
    assert call("tools/within", "sh", "-c", f"exit {code}").returncode == code


def test_a_variable_of_the_user_is_kept() -> None:
    shown = call("tools/within", sys.executable, "-c", SHOW, EVALUATION_DATA="elsewhere")
    assert json.loads(shown.stdout)["EVALUATION_DATA"] == "elsewhere"


# --- tools/report ------------------------------------------------------------------------------------
CLI = """
echo "$1 $2" >> {log}
if [ "$1" = run ]; then exit {code}; fi
page=reports/build/$2/site/index.html
mkdir -p reports/build/$2/site && touch $page && echo $page
"""


@pytest.mark.parametrize(("code", "called"), [(0, ["run", "render"]), (1, ["run", "render"]), (2, ["run"])])
def test_a_report_is_rendered_unless_the_run_was_refused(
    code: int, called: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    program(tmp_path, "evaluation", CLI.format(log=log, code=code))
    done = subprocess.run(
        [ROOT / "tools/report", "2024Q4"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == code
    assert log.read_text("utf-8").split() == [word for name in called for word in (name, "2024Q4")]
    assert ("reports/build/2024Q4/site/index.html" in done.stdout) == (code < 2)
    assert ("failed" in done.stderr) == (code == 1)


# --- tools/setup -------------------------------------------------------------------------------------
NEEDED = ("bash", "env", "git", "cat", "mkdir", "rm", "dirname", "tail", "grep", "touch")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools/setup", folder / "tools")
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def set_up(checkout: Path, path: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": path, "HOME": str(checkout)}
    command = [shutil.which("bash") or "bash", "tools/setup", "run"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, env=env)


def test_a_machine_without_python_is_told_what_to_install(checkout: Path, tmp_path: Path) -> None:
    refused = set_up(checkout, only(tmp_path / "bin", *NEEDED))
    assert refused.returncode == 2
    assert "No Python 3.11 or newer" in refused.stderr
    assert "python3-venv" in refused.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(checkout: Path, tmp_path: Path) -> None:
    path = only(tmp_path / "bin", *NEEDED)
    program(
        tmp_path / "bin", "python3", 'case "$2" in venv) echo "ensurepip is not available"; exit 1;; esac'
    )
    refused = set_up(checkout, path)
    assert refused.returncode == 2
    assert "ensurepip is not available" in refused.stderr
    assert "apt install python3-venv" in refused.stderr
    assert not (checkout / ".venv").exists()


# --- the wheel ---------------------------------------------------------------------------------------
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "tools/hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_template_never_holds_data_of_persons(tmp_path: Path) -> None:
    for name in (
        "data/raw/a.csv",
        "data/vintages/b.csv",
        "reports/build/c.html",
        "data/demo/d.csv",
        "analyses/e.yml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.as_posix() for path in hook().template_files(tmp_path)]
    assert found == ["analyses/e.yml", "data/demo/d.csv"]


def test_the_wheel_holds_the_package_and_the_template(tmp_path: Path) -> None:
    built = call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "evaluation").rglob("*.py")}
    assert package <= names
    assert "evaluation/_project/evaluation.toml" in names
    assert not [name for name in names if re.search(r"_project/(data/raw|reports/build)|/tests?/", name)]


# --- this suite --------------------------------------------------------------------------------------
def inner_run(tmp_path: Path, body: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "tests").mkdir()
    for name in ("conftest.py", "shared.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    (tmp_path / "tests/test_inner.py").write_text(body, "utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n", "utf-8"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("EVALUATION_", "PYTEST_")) and k != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**env, **environment},
    )  # fmt: skip


SKIPPED = "import pytest\ndef test_a(): pytest.skip('no data')\n"
NEEDS_DATA = "def test_a(shared): assert shared('reference/nowhere.json')\n"


def test_a_run_that_tested_nothing_fails_under_make(tmp_path: Path) -> None:
    found = inner_run(tmp_path, SKIPPED, EVALUATION_MUST_TEST="1")
    assert found.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "nothing was tested" in found.stdout


@pytest.mark.parametrize(("ci", "code", "word"), [("", 0, "1 skipped"), ("true", 1, "1 failed")])
def test_missing_data_skip_a_test_here_and_fail_it_in_ci(
    ci: str, code: int, word: str, tmp_path: Path
) -> None:
    found = inner_run(tmp_path, NEEDS_DATA, CI=ci)
    assert (found.returncode, word in found.stdout) == (code, True), found.stdout


def test_shared_files_are_found_where_the_variable_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "did").mkdir()
    monkeypatch.setenv("EVALUATION_REFERENCE", str(tmp_path))
    assert find_shared("reference/did") == tmp_path / "did"
    assert find_shared("reference/none") is None
