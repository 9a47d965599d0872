"""A whole run: plan, execute, manifest, messages."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from evaluation.locales import text
from evaluation.run.execute import Outcome, execute
from evaluation.run.files import require_writable
from evaluation.run.manifest import write_log, write_manifest
from evaluation.run.plan import Paths, make_plan
from evaluation.run.progress import Progress, print_errors, print_plan
from evaluation.run.project import Project
from evaluation.run.spec import read_analyses


def run_quarter(project: Project, quarter: str, *, only: Sequence[str] = (), workers: int, lang: str) -> int:
    """Run the analyses of a quarter and return the exit code.

    Returns
    -------
    int
        0; 1 if an analysis failed; 2 if the user's data or a specification are the cause.

    Raises
    ------
    SpecError
        If quarter, project, catalogue or an id in `only` is wrong: nothing was started.
    RunError
        If the build folder cannot be written.
    """
    started = time.monotonic()
    project.require_quarter(quarter)
    require_writable(project, project.build(quarter))
    steps = make_plan(project, quarter, only=only)
    print_plan(lang, quarter, steps)
    running = sum(step.action == "run" for step in steps)
    with Progress(lang, running) as progress:
        outcomes = execute(project, quarter, steps, workers=workers, on_done=progress.done)
    _forget_others(project, quarter)
    write_manifest(project, quarter, [one.id for one in read_analyses(project)])
    seconds = round(time.monotonic() - started, 2)
    write_log(project, quarter, outcomes, {"seconds": seconds, "workers": workers})
    print_errors(lang, outcomes)
    click.echo(_summary(lang, outcomes, seconds))
    return max(outcome.exit_code for outcome in outcomes)


def _forget_others(project: Project, quarter: str) -> None:
    """Remove results of analyses that no longer exist, so that they are not published."""
    known = {one.id for one in read_analyses(project)}
    for result in (project.build(quarter) / "results").glob("*.json"):
        if result.stem not in known:
            paths = Paths.of(project, quarter, result.stem)
            for path in (paths.result, paths.notebook, paths.failed, paths.entry):
                path.unlink(missing_ok=True)


def _summary(lang: str, outcomes: Sequence[Outcome], seconds: float) -> str:
    counts = {
        status: sum(one.status == status for one in outcomes)
        for status in ("ok", "reused", "failed", "not_run")
    }
    return text(lang, "cli-summary", seconds=f"{seconds:.0f}", **counts)
