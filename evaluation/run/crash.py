"""Where the traceback of an unexpected error goes: a file, not the user's screen."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path

from evaluation.errors import EvaluationError
from evaluation.run.project import open_project


def write_crash(error: Exception) -> Path:
    """Write the traceback below reports/build/, or to a temporary file where there is no project."""
    trace = "".join(traceback.format_exception(error))
    try:
        folder = open_project().root / "reports" / "build"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "unexpected-error.log"
        path.write_text(trace, encoding="utf-8")
    except (EvaluationError, OSError):
        with tempfile.NamedTemporaryFile("w", prefix="evaluation-", suffix=".log", delete=False) as stream:
            stream.write(trace)
        return Path(stream.name)
    return path
