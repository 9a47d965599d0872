"""A file that says which process works: the system lets go of it when that process ends in whatever way."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, Any

_BEYOND = 1 << 20  # the byte that Windows locks: not one of those that the other process reads
_PAUSE = 0.05


def take(stream: IO[str], *, wait: float = 0.0) -> bool:
    """Lock an open file; whether it could be had within `wait` seconds."""
    end = time.monotonic() + wait
    while not _taken(stream):
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True


def read_entry(stream: IO[str]) -> dict[str, Any]:
    """Return what the process that holds the file wrote; nothing where it is empty or half-written."""
    stream.seek(0)
    try:
        found = json.loads(stream.read() or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write_entry(stream: IO[str], command: str) -> None:
    """Say which process holds the file, what for, and since when."""
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    _write(stream, json.dumps({"pid": os.getpid(), "command": command, "since": since}))


def give_back(stream: IO[str]) -> None:
    """Empty the file and unlock it."""
    _write(stream, "")
    _release(stream)


def _write(stream: IO[str], text: str) -> None:
    """Replace what the file says; where the disk is full it says nothing, which locks as well."""
    with suppress(OSError):
        stream.seek(0)
        stream.truncate()
        os.write(stream.fileno(), text.encode())


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
