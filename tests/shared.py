"""Files that the project may not carry: real data and reference results in ``../shared``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMED = {"data/real": "EVALUATION_DATA", "reference": "EVALUATION_REFERENCE"}


def find_shared(path: str) -> Path | None:
    """Return where ``path`` lies, or None; the variables of `NAMED` stand for their folders."""
    for folder, variable in NAMED.items():
        if (path == folder or path.startswith(folder + "/")) and os.environ.get(variable):
            found = Path(os.environ[variable]) / path.removeprefix(folder).lstrip("/")
            return found if found.exists() else None
    found = ROOT.parent / "shared" / path
    return found if found.exists() else None


def shared(path: str) -> Path:
    """Return the place of ``reference/…`` or ``data/real/…``; where it is missing the test is skipped.

    With CI=true it fails instead: there nothing may be left untested.
    """
    found = find_shared(path)
    if found is None:
        variables = " or ".join(NAMED.values())
        reason = f"needs {path}, which is not in ../shared (nor where {variables} point)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found
