"""Killed at a random moment, a run leaves a state from which the next one ends as an undisturbed one does."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.project import QUARTER, Project, make_project
from tests.shared import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def made(project: Project) -> dict[str, bytes]:
    """What a run makes and two equal runs make alike: all but times, memory and logs."""
    found = (path for path in project.build.rglob("*") if path.is_file() and path.name != "run.log.json")
    return {
        path.relative_to(project.build).as_posix(): path.read_bytes()
        for path in found
        if path.parent.name != "log"
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, float]:
    """A project that was run, and how long that took."""
    project = make_project(tmp_path_factory.mktemp("undisturbed") / "project")
    started = time.monotonic()
    done = project.evaluation("run", QUARTER)
    assert done.returncode == 0, done.stdout + done.stderr
    return project, time.monotonic() - started


def killed(project: Project, after: float, how: signal.Signals, seed: int) -> None:
    """Begin a run and end it after some seconds."""
    command = [sys.executable, "-m", "evaluation", "run", QUARTER, "--workers", str(1 + seed % 2)]
    env = os.environ | {"MPLCONFIGDIR": str(ROOT / ".cache/matplotlib")}
    with subprocess.Popen(
        command, cwd=project.root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        try:
            run.wait(after)
        except subprocess.TimeoutExpired:
            run.send_signal(how)


def survives(undisturbed: tuple[Project, float], folder: Path, times: int, seed: int) -> int:
    """Kill runs at random moments; each next one must end as the undisturbed did. Return those cut."""
    reference, seconds = undisturbed
    expected, rng, cut_short = made(reference), random.Random(seed), 0
    for number in range(times):
        project = Project(folder / f"{number}")
        shutil.copytree(reference.root, project.root)
        for name in rng.sample(["panel", "organ-donations"], rng.choice([1, 2])):
            (project.build / "cache" / f"{name}.json").unlink()
        how = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
        killed(project, rng.uniform(0, 1.1 * seconds), how, number)
        cut_short += made(project) != expected
        done = project.evaluation("run", QUARTER)
        assert done.returncode == 0, (number, how, done.stdout + done.stderr)
        found = made(project)
        assert set(found) == set(expected), (number, how)
        assert [name for name in found if found[name] != expected[name]] == [], (number, how)
        shutil.rmtree(project.root)
    return cut_short


def test_killed_runs_are_taken_up(undisturbed: tuple[Project, float], tmp_path: Path) -> None:
    survives(undisturbed, tmp_path, times=5, seed=1)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_two_hundred_killed_runs_are_taken_up(undisturbed: tuple[Project, float], tmp_path: Path) -> None:
    assert survives(undisturbed, tmp_path, times=200, seed=2) > 50, "hardly any was killed in the middle"


def test_two_clones_on_different_machines_give_the_same(tmp_path: Path) -> None:
    """Home, time zone, language, hash seed, number of workers and engine change nothing, to the last byte."""
    results = []
    for number, (zone, language, workers, engine) in enumerate(
        [("Pacific/Auckland", "cs_CZ.UTF-8", "1", "kernel"), ("America/New_York", "C", "2", None)]
    ):
        project = make_project(tmp_path / f"clone-{number}" / "project")
        home = tmp_path / f"home-{number}"
        home.mkdir()
        other = {"HOME": str(home), "TZ": zone, "LANG": language, "PYTHONHASHSEED": str(number + 1)}
        chosen = ["--engine", engine] if engine else []
        done = project.evaluation("run", QUARTER, "--workers", workers, *chosen, **other)
        assert done.returncode == 0, done.stdout + done.stderr
        results.append(made(project))
    assert results[0] == results[1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(undisturbed: tuple[Project, float], tmp_path: Path) -> None:
    project = undisturbed[0].copy(tmp_path / "project")
    (project.build / "results").chmod(0o500)
    done = project.evaluation("run", QUARTER, lang="cs")
    (project.build / "results").chmod(0o700)
    assert done.returncode == 1
    assert "results" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_named_and_what_was_there_is_kept(
    undisturbed: tuple[Project, float], tmp_path: Path
) -> None:
    """No file may grow beyond its limit, which is what a full disk looks like to a program."""
    project = undisturbed[0].copy(tmp_path / "project")
    (project.build / "cache/panel.json").unlink()
    kept = (project.build / "results/organ-donations.json").read_bytes()
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"from evaluation.cli import main; main(['--lang', 'en', 'run', {QUARTER!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (project.build / "results/organ-donations.json").read_bytes() == kept
    again = project.evaluation("run", QUARTER)
    assert again.returncode == 0
    assert made(project) == made(undisturbed[0])


def test_a_clock_that_goes_back_changes_nothing(undisturbed: tuple[Project, float], tmp_path: Path) -> None:
    """Results are known by what they were made of, not by the time of their files."""
    project = undisturbed[0].copy(tmp_path / "project")
    for number, path in enumerate(sorted(path for path in project.root.rglob("*") if path.is_file())):
        moment = time.time() + (86400 * 3650 if number % 2 else -86400 * 3650)
        os.utime(path, (moment, moment))
    assert "2 unchanged" in project.evaluation("run", QUARTER).stdout
    assert made(project) == made(undisturbed[0])
