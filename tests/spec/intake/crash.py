"""A writer of the store that is killed, again and again; run as a program, so that it may fork.

    python crash.py random ROUNDS SEED FOLDER     at any moment of accepting, correcting and purging
    python crash.py points FOLDER                 before each call that changes the disk
    python crash.py full FOLDER                   on a small disk that fills up, and is then read-only

It prints what it saw as JSON, and ends with 1 where something was lost or left half done.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from evaluation.errors import EvaluationError
from evaluation.intake.corrections import Correction
from evaluation.intake.delivery import Delivery, Table
from evaluation.intake.entries import Batch
from evaluation.intake.keys import Key
from evaluation.intake.vintages import Store

KEY, NEW = Key("store", bytes(range(32))), Key("store", bytes(32))
QUARTERS = [f"{year}Q{quarter}" for year in range(2000, 2100) for quarter in (1, 2, 3, 4)]


def delivery(unit: str, quarter: str, value: str) -> Delivery:
    frame = pd.DataFrame({"district": [unit], "quarter": [quarter], "households": [value]})
    table = Table("need", ("district", "quarter"), "quarter", frame)
    return Delivery("housing_need", "1", quarter, unit, f"{unit}.xlsx", "0" * 64, (table,))


def correction(unit: str, quarter: str, old: str, new: str) -> Batch:
    key = {"district": unit, "quarter": quarter}
    one = Correction(2, "need", key, "households", old, new, "recounted")
    return Batch("housing_need", "1", quarter, "fix.csv", "1" * 64, (one,), {"need": "quarter"})


# --- what must hold after any crash --------------------------------------------------------------------
def examine(folder: Path, key: Key, confirmed: list[str]) -> None:
    """Every confirmed vintage is there and whole; after the next writer nothing else is."""
    store = Store(folder, key=key)
    store.verify()
    log = store.log()
    assert log.seq.tolist() == list(range(1, len(log) + 1))
    assert set(confirmed) <= set(log.id), "a confirmed vintage is lost"
    quarter = log.quarter.iloc[-1] if len(log) else QUARTERS[0]
    store.accept(delivery(f"after-{len(log)}", quarter, "1"), by="after the crash")
    log = store.log()
    left = log[log.purged_at.isna()]
    assert names(folder / "files") == {f"{one}.parquet.aes" for one in left.id}
    assert names(folder / "keys") == {f"{one}.{key.id}" for one in left.id}
    assert names(folder) == {"files", "keys", "lock", "register.duckdb"}
    assert store.verify() == len(left)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- at any moment -------------------------------------------------------------------------------------
def work(folder: Path, said: int, round_: int) -> None:
    """Accept, correct and purge without end; say what was confirmed."""
    store = Store(folder, key=KEY)
    for step in range(10**6):
        quarter = QUARTERS[round_ * 3 + step // 4]
        made = [store.accept(delivery(f"{round_}-{step}", quarter, "12"), by="crash")]
        if step % 3 == 1:
            made += store.correct(correction(f"{round_}-{step}", quarter, "12", "14"), by="crash")
        os.write(said, "".join(f"{one.id}\n" for one in made if one).encode())
        if step % 3 == 2 and round_:
            try:
                store.purge(until=QUARTERS[round_ * 3 - 2], reason="retention", by="crash")
            except EvaluationError as error:
                if error.code != "nothing-to-purge":
                    raise


def forked(job: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 3
        try:
            job()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def random_kills(rounds: int, seed: int, folder: Path) -> dict[str, object]:
    chance, confirmed = random.Random(seed), list[str]()
    for round_ in range(rounds):
        reads, said = os.pipe()
        child = forked(lambda said=said, round_=round_: work(folder, said, round_))  # type: ignore[misc]
        os.close(said)
        time.sleep(chance.uniform(0.02, 1.5))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        with os.fdopen(reads) as stream:
            confirmed += stream.read().split("\n")[:-1]
        if (folder / "register.duckdb").exists():
            examine(folder, KEY, confirmed)
    return {"rounds": rounds, "confirmed": len(confirmed)}


# --- before each call that changes the disk ------------------------------------------------------------
CHANGING = ("fsync", "replace", "unlink", "mkdir", "ftruncate")


def killed_at(n: int, job: Callable[[], None]) -> bool:
    """Run a job that kills itself before its n-th change; whether it came so far."""

    def armed() -> None:
        left = n

        def guard(real: Callable[..., object]) -> Callable[..., object]:
            def call(*given: object, **named: object) -> object:
                nonlocal left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given, **named)

            return call

        for name in CHANGING:
            setattr(os, name, guard(getattr(os, name)))
        job()

    _, status = os.waitpid(forked(armed), 0)
    assert os.WIFSIGNALED(status) or status == 0, "the job failed"
    return os.WIFSIGNALED(status)


def points(folder: Path) -> dict[str, object]:
    start = folder / "start"
    store = Store(start, key=KEY)
    confirmed = [made.id for i in (0, 1) if (made := store.accept(delivery("1", QUARTERS[i], "12"), by="x"))]
    jobs: dict[str, Callable[[Store], object]] = {
        "accept": lambda store: store.accept(delivery("2", QUARTERS[1], "3"), by="x"),
        "correct": lambda store: store.correct(correction("1", QUARTERS[1], "12", "14"), by="x"),
        "purge": lambda store: store.purge(until=QUARTERS[0], reason="retention", by="x"),
        "change_key": lambda store: store.change_key(NEW),
    }
    found: dict[str, object] = {}
    for name, job in jobs.items():
        n, killed = 0, True
        while killed:
            here = folder / f"{name}-{n}"
            shutil.copytree(start, here)
            killed = killed_at(n, lambda here=here, job=job: job(Store(here, key=KEY)))  # type: ignore[misc]
            key = KEY
            if name == "change_key":
                key = NEW if Store(here).log().store_key[0] == NEW.id else KEY
                assert killed or key is NEW
            examine(here, key, confirmed)
            shutil.rmtree(here)
            n += 1
        found[name] = n
    return found


# --- a disk that is full, then read-only ---------------------------------------------------------------
def full_disk(folder: Path) -> dict[str, object]:
    """Needs the right to mount: `unshare --map-root-user --mount`."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    store, confirmed, refused = Store(folder / "vintages", key=KEY), list[str](), list[str]()
    sizes = iter([200_000] * 40 + [2_000] * 400)
    while len(refused) < 10:
        noise = os.urandom(next(sizes)).hex()
        try:
            made = store.accept(delivery(f"{len(confirmed)}-{len(refused)}", QUARTERS[0], noise), by="x")
            confirmed += [made.id] if made else []
        except EvaluationError as error:
            refused.append(error.values["reason"])
    assert store.verify() == len(confirmed)
    assert set(store.log().id) == set(confirmed)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    assert store.verify() == len(confirmed)
    assert len(store.as_of("housing_need", "need").frame) == len(confirmed)
    try:
        store.accept(delivery("late", QUARTERS[0], "1"), by="x")
    except EvaluationError as error:
        return {
            "confirmed": len(confirmed),
            "refused": sorted(set(refused)),
            "read_only": error.values["reason"],
        }
    raise AssertionError("a read-only disk was written")


if __name__ == "__main__":
    if sys.argv[1] == "random":
        print(json.dumps(random_kills(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
    elif sys.argv[1] == "full":
        print(json.dumps(full_disk(Path(sys.argv[2]))))
    else:
        print(json.dumps(points(Path(sys.argv[2]))))
