"""A quarter on a Dask scheduler with two workers: the same results, cache and manifest as here."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributed import LocalCluster

from tests.project import QUARTER, make_project


@pytest.fixture(scope="module")
def cluster() -> LocalCluster:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made


def kept(build: Path) -> dict[str, bytes]:
    found = [*build.glob("results/*.json"), *build.glob("notebooks/*.ipynb"), *build.glob("cache/*.json")]
    return {
        path.relative_to(build).as_posix(): path.read_bytes() for path in [*found, build / "manifest.json"]
    }


def test_results_are_those_of_this_machine(tmp_path: Path, cluster: LocalCluster) -> None:
    here, there = make_project(tmp_path / "here"), make_project(tmp_path / "there")
    done = here.evaluation("run", QUARTER, "--engine", "kernel")
    assert done.returncode == 0, done.stdout + done.stderr
    done = there.evaluation("run", QUARTER, "--scheduler", cluster.scheduler_address)
    assert done.returncode == 0, done.stdout + done.stderr
    mine, theirs = (kept(one.build) for one in (here, there))
    assert mine == theirs
    assert len(mine) > 3
    again = there.evaluation("run", QUARTER, "--scheduler", "tcp://127.0.0.1:9")
    assert "0 run" in again.stdout, "an unchanged quarter asks no scheduler"


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    done = project.evaluation("run", QUARTER, "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "tcp://127.0.0.1:9" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
