"""One command at a time on one quarter: a file that says which process works there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from evaluation.errors import RequestError
from evaluation.run.files import not_writable, require_writable
from evaluation.run.project import Project

_BEYOND = 1 << 20  # the byte that Windows locks: not one of those that the other process reads


@contextmanager
def only_one(project: Project, quarter: str, command: str) -> Iterator[int | None]:
    """Hold the quarter for this process.

    The system lets go of the lock when the process ends in whatever way, so a lock that was left behind never
    stands in the way: its entry is read, named and replaced.

    Parameters
    ----------
    project : Project
    quarter : str
    command : str
        What the other process is told.

    Yields
    ------
    int or None
        Process that ended without giving its lock back; None in the usual case.

    Raises
    ------
    RequestError
        If another process holds the quarter; names it.
    RunError
        If the folder cannot be written.
    """
    path = project.build(quarter) / "log" / "lock"
    with _opened(project, path) as stream:
        found = _entry(stream)
        if not (_taken(stream) and _is_same(path, stream)):
            raise RequestError("locked", quarter=quarter, **_known(found))
        _write(stream, {"pid": os.getpid(), "command": command, "since": _now()})
        try:
            yield found.get("pid")
        finally:
            _write(stream, {})
            _release(stream)


def _opened(project: Project, path: Path) -> IO[str]:
    require_writable(project, path.parent)
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise not_writable(project, path.parent, error) from None


def _is_same(path: Path, stream: IO[str]) -> bool:
    """Whether the file was not removed, by `evaluation clean`, between opening and locking it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except OSError:
        return False


def _known(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry.get(name, "?") for name in ("pid", "command", "since")}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _entry(stream: IO[str]) -> dict[str, Any]:
    """Return what the process that holds the file wrote; nothing where it is empty or half-written."""
    stream.seek(0)
    try:
        found = json.loads(stream.read() or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _write(stream: IO[str], entry: dict[str, Any]) -> None:
    stream.seek(0)
    stream.truncate()
    stream.write(json.dumps(entry) if entry else "")
    stream.flush()


if sys.platform == "win32":
    import msvcrt

    def _taken(stream: IO[str]) -> bool:
        stream.seek(_BEYOND)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(stream: IO[str]) -> None:
        stream.seek(_BEYOND)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(stream: IO[str]) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _release(stream: IO[str]) -> None:
        fcntl.flock(stream, fcntl.LOCK_UN)
