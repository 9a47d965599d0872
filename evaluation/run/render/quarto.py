"""Real Quarto, for those who have it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from evaluation.errors import RunError
from evaluation.run.render.page import address_of
from evaluation.run.render.website import read_website


def render(source: Path, *, profile: str | None = None) -> tuple[Path, ...]:
    """Run ``quarto render`` on a website project; nothing is executed in its notebooks.

    Raises
    ------
    RunError
        If quarto is not on PATH, or fails.
    """
    site = read_website(Path(source).resolve(), profile=profile)
    program = shutil.which("quarto")
    if program is None:
        raise RunError("no-quarto")
    command = [program, "render", "--no-execute", *(["--profile", site.profile] if site.profile else [])]
    done = subprocess.run(command, cwd=site.root, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise RunError(
            "quarto-failed", exit_code=done.returncode, reason=lines[-1] if lines else "no message"
        )
    return tuple(site.output / address_of(page, site.root) for page in site.pages())
