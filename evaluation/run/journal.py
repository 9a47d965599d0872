"""The log of one command on one quarter: JSON lines of what ran and how long, without data of units."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from evaluation._version import __version__
from evaluation.errors import EvaluationError
from evaluation.run.files import not_writable
from evaluation.run.project import Project

KEPT = 20
"""Logs of a quarter that are kept; older ones are removed when a new one is begun."""


class Journal:
    """A log that is being written.

    Attributes
    ----------
    path : Path
    """

    def __init__(self, path: Path, stream: IO[str]) -> None:
        self.path = path
        self._stream = stream

    def write(self, event: str, **values: Any) -> None:
        """Add a line: the time, what happened, and plain values."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **values}
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()


@contextmanager
def journal(project: Project, quarter: str, command: str, **options: Any) -> Iterator[Journal]:
    """Open a log below ``reports/build/<quarter>/log/``; it ends with how the command ended.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    folder = project.build(quarter) / "log"
    started = datetime.now(UTC)
    path = folder / f"{command}-{started:%Y%m%dT%H%M%S}.{started.microsecond:06d}Z.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _rotate(folder, KEPT - 1)
        stream = path.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise not_writable(project, folder, error) from None
    with stream:
        log = Journal(path, stream)
        log.write("start", command=command, quarter=quarter, options=options, **_machine())
        try:
            yield log
        except BaseException as error:
            coded = errors(project, (error,)) if isinstance(error, EvaluationError) else []
            log.write("stopped", kind=type(error).__name__, errors=coded)
            raise


def errors(project: Project, found: Sequence[EvaluationError]) -> list[dict[str, Any]]:
    """Return errors by code, count and file: an example may be a person's or a unit's, so it stays out."""
    return [
        {
            "code": one.code,
            **({"file": file} if (file := _file(project, one.where)) else {}),
            **({"count": one.values["count"]} if isinstance(one.values.get("count"), int) else {}),
        }
        for one in found
    ]


def seconds_of(project: Project, command: str) -> dict[str, float]:
    """Return how long each part took when it last ran, in any quarter."""
    known: dict[str, float] = {}
    logs = (project.root / "reports" / "build").glob(f"*/log/{command}-*.jsonl")
    for path in sorted(logs, key=lambda one: one.name):
        for event in events(path):
            if event.get("event") == "done" and isinstance(event.get("seconds"), (int, float)):
                known[str(event.get("id"))] = float(event["seconds"])
    return known


def events(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a log; a last line that was cut off is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _machine() -> dict[str, Any]:
    return {"version": __version__, "python": platform.python_version(), "cores": os.cpu_count()}


def _rotate(folder: Path, most: int) -> None:
    logs = sorted(folder.glob("*.jsonl"), key=lambda one: one.name.partition("-")[2])
    for path in logs[: max(0, len(logs) - most)]:
        path.unlink(missing_ok=True)


def _file(project: Project, where: str) -> str | None:
    name = where.partition(",")[0]
    return name if name and (project.root / name).is_file() else None
