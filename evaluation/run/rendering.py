"""Rendering as a command: alone on its quarter, with progress and a log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from evaluation.errors import RequestError
from evaluation.locales import text
from evaluation.run import journal as logs
from evaluation.run.journal import journal
from evaluation.run.lock import only_one
from evaluation.run.progress import Progress
from evaluation.run.project import Project
from evaluation.run.site import render_quarter


def render_whole(project: Project, quarter: str, *, lang: str, **options: Any) -> Path:
    """Render the report of a quarter and return its first page.

    Parameters
    ----------
    project : Project
    quarter : str
    lang : {"cs", "en"}
        Of the messages.
    **options
        Passed to `render_quarter`.

    Raises
    ------
    RequestError
        If there are no results, or another process works on the quarter.
    RunError
        If a page cannot be rendered.
    """
    project.require_quarter(quarter)
    if not (project.build(quarter) / "manifest.json").is_file():
        raise RequestError("nothing-to-render", quarter=quarter)
    known = logs.seconds_of(project, "render")
    expected: dict[str, float | None] = {one: known.get(one) for one in project.settings.languages}
    with (
        only_one(project, quarter, "evaluation render"),
        journal(project, quarter, "render", **options) as log,
        Progress(lang, text(lang, "cli-rendering"), expected) as progress,
    ):
        begun = started = time.monotonic()

        def on_done(language: str) -> None:
            nonlocal started
            started, seconds = time.monotonic(), time.monotonic() - started
            log.write("done", id=language, seconds=round(seconds, 2))
            progress.done(language, f"✓ {text(lang, f'cli-page-{language}')}", seconds)

        index = render_quarter(project, quarter, **options, on_done=on_done)
        log.write("end", seconds=round(time.monotonic() - begun, 2), exit_code=0)
    return index
