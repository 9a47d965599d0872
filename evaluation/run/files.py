"""Writing so that nothing is lost: to a partial file first, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from evaluation.errors import RunError
from evaluation.run.project import Project


def to_json(value: Any) -> str:
    """JSON as it is written everywhere: readable, stable, never NaN."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write(path: Path, text: str) -> str:
    """Write a text file whole or not at all, and return its SHA-256.

    Raises
    ------
    OSError
    """
    return write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> str:
    """Write a file whole or not at all, and return its SHA-256.

    Raises
    ------
    OSError
    """
    partial = path.with_name(f"{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.write_bytes(content)
        os.replace(partial, path)  # noqa: PTH105 -- the name says that it is atomic
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return hashlib.sha256(content).hexdigest()


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, None where it is absent or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def require_writable(project: Project, folder: Path) -> None:
    """Make a folder and try to write into it.

    Raises
    ------
    RunError
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        raise not_writable(project, folder, error) from None


def not_writable(project: Project, folder: Path, error: OSError) -> RunError:
    """Return the error for a folder that cannot be written."""
    reason = error.strerror or type(error).__name__
    return RunError("not-writable", folder=project.shown(folder), reason=reason)
