"""One command at a time on one quarter: a file that says which process works there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from evaluation.errors import RequestError
from evaluation.intake.lockfile import give_back, read_entry, take, write_entry
from evaluation.run.files import not_writable, require_writable
from evaluation.run.project import Project


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
        found = read_entry(stream)
        if not (take(stream) and _is_same(path, stream)):
            raise RequestError("locked", quarter=quarter, **_known(found))
        write_entry(stream, command)
        try:
            yield found.get("pid")
        finally:
            give_back(stream)


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
