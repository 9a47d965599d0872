"""Kills, two writers, full and read-only disks: what was accepted is whole, nothing is half done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluation.errors import RequestError
from evaluation.intake.vintages import Store
from tests.shared import ROOT

CRASH = ROOT / "tests/spec/intake/crash.py"
RECORD = """
from crash import *
store = Store(Path(sys.argv[1]), key=KEY)
for i in range(6):
    store.accept(delivery(f"{sys.argv[2]}-{i}", QUARTERS[0], "1"), by=sys.argv[2])
"""


def program(*arguments: object, before: tuple[str, ...] = (), **options: Any) -> subprocess.Popen[str]:
    command = [*before, sys.executable, *map(str, arguments)]
    path = os.pathsep.join([str(ROOT), str(CRASH.parent)])
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def seen(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=580)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out) if out else {}
    return found


@pytest.mark.parametrize(
    ("rounds", "seed"),
    [(20, 1), *(pytest.param(50, seed, marks=pytest.mark.long) for seed in (2, 3, 4, 5))],
)
def test_a_writer_killed_at_any_moment_loses_nothing(rounds: int, seed: int, tmp_path: Path) -> None:
    found = seen(program(CRASH, "random", rounds, seed, tmp_path / "store"))
    assert found["rounds"] == rounds
    assert found["confirmed"] > rounds / 2, "hardly anything was accepted: this test would be empty"


def test_a_writer_killed_before_each_change_of_the_disk_loses_nothing(tmp_path: Path) -> None:
    found = seen(program(CRASH, "points", tmp_path))
    assert set(found) == {"accept", "correct", "purge", "change_key"}
    assert min(found.values()) >= 8, "so many changes of the disk each of them makes at least"


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    for one in [program("-c", RECORD, tmp_path, name) for name in ("a", "b")]:
        seen(one)
    log = Store(tmp_path, key=key()).log()
    assert sorted(log.unit) == sorted(f"{name}-{i}" for name in "ab" for i in range(6))


def key() -> Any:
    sys.path.insert(0, str(CRASH.parent))
    try:
        import crash  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    return crash.KEY


def test_who_cannot_wait_is_told_who_works_there(tmp_path: Path) -> None:
    from evaluation.intake import shelf

    with (
        shelf.held(tmp_path, "accept praha-3.xlsx", wait=1, write=True),
        pytest.raises(RequestError, match=rf"process {os.getpid()} \(accept praha-3.xlsx") as error,
    ):
        Store(tmp_path, wait=0.1).purge(until="2024Q4", reason="r", by="b")
    assert error.value.code == "store-busy"


LIMITED = """
from crash import *
import resource
store = Store(Path(sys.argv[1]), key=KEY)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    store.accept(delivery("2", QUARTERS[0], "1"), by="x")
    print(json.dumps({"code": "accepted"}))
except EvaluationError as error:
    print(json.dumps({"code": error.code, "reason": error.values["reason"]}))
"""


@pytest.mark.parametrize("limit", [0, 40, 1_000, 20_000, 300_000])
def test_a_file_that_cannot_grow_is_an_error_and_not_a_loss(limit: int, tmp_path: Path) -> None:
    store = Store(tmp_path, key=key())
    import crash

    store.accept(crash.delivery("1", crash.QUARTERS[0], "12"), by="x")
    found = seen(program("-c", LIMITED, tmp_path, limit))
    assert found["code"] in ("store-failed", "accepted")
    assert found["code"] == "store-failed" or limit > 100
    assert store.verify() == len(store.log()) == (2 if found["code"] == "accepted" else 1)
    crash.examine(tmp_path, crash.KEY, store.log().id.tolist())


def _ends_well(*command: str) -> bool:
    return not subprocess.run(command, check=False, capture_output=True).returncode


def may_mount() -> bool:
    program_ = shutil.which("unshare")
    return program_ is not None and _ends_well(program_, "-rm", "true")


@pytest.mark.skipif(not may_mount(), reason="a small disk needs user namespaces")
def test_a_full_disk_and_a_read_only_one(tmp_path: Path) -> None:
    found = seen(program(CRASH, "full", tmp_path, before=("unshare", "--map-root-user", "--mount")))
    assert found["confirmed"] > 1
    assert any("space" in reason.lower() for reason in found["refused"]), found
    assert "read-only" in found["read_only"].lower()


def test_a_fork_after_reading_is_safe(tmp_path: Path) -> None:
    """DuckDB is closed with all of its threads: a child that opens it again does not hang."""
    code = (
        "from crash import *\n"
        "store = Store(Path(sys.argv[1]), key=KEY)\n"
        "store.accept(delivery('1', QUARTERS[0], '12'), by='x')\n"
        "before = len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1\n"
        "child = forked(lambda: store.verify())\n"
        "print(json.dumps({'threads': before, 'status': os.waitpid(child, 0)[1]}))\n"
    )
    found = seen(program("-c", code, tmp_path))
    assert found["status"] == 0
    assert found["threads"] == 1
