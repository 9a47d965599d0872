"""Real Quarto, for those who have it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from evaluation.errors import RunError
from evaluation.run.render.documents import FORMATS
from evaluation.run.render.page import address_of
from evaluation.run.render.website import read_website


def render(source: Path, *, formats: Sequence[str] = (), profile: str | None = None) -> tuple[Path, ...]:
    """Run ``quarto render`` on a website project; nothing is executed in its notebooks.

    Parameters
    ----------
    source : Path
    formats : sequence of {"pdf", "docx"}
        Made beside HTML.
    profile : str, optional
        Passed on as ``--profile``.

    Raises
    ------
    RunError
        If quarto is not on PATH, or fails.
    """
    site = read_website(Path(source).resolve(), profile=profile)
    program = shutil.which("quarto")
    if program is None:
        raise RunError("no-quarto")
    to = [f"--to={name}" for name in ("html", *(FORMATS[one] for one in formats))]
    whom = ["--profile", site.profile] if site.profile else []
    command = [program, "render", "--no-execute", *to, *whom]
    done = subprocess.run(command, cwd=site.root, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise RunError(
            "quarto-failed", exit_code=done.returncode, reason=lines[-1] if lines else "no message"
        )
    return tuple(site.output / address_of(page, site.root) for page in site.pages())
