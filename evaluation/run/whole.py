"""A whole run: plan, execute, manifest, messages."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from evaluation.locales import text
from evaluation.run import journal as logs
from evaluation.run.engines import EngineName, Scheduler
from evaluation.run.execute import Outcome, execute
from evaluation.run.files import require_writable
from evaluation.run.journal import Journal, journal
from evaluation.run.lock import only_one
from evaluation.run.manifest import write_log, write_manifest
from evaluation.run.plan import Paths, Step, keys, make_plan
from evaluation.run.progress import Progress, print_errors, print_plan
from evaluation.run.project import Project
from evaluation.run.spec import read_analyses
from evaluation.run.unchanged import forget, is_unchanged, remember, tables_are_current


def run_quarter(
    project: Project,
    quarter: str,
    *,
    only: Sequence[str] = (),
    workers: int,
    lang: str,
    engine: EngineName | Scheduler | None = None,
    if_changed: bool = False,
) -> int:
    """Run the analyses of a quarter and return the exit code.

    Parameters
    ----------
    project : Project
    quarter : str
    only : sequence of str
        Ids of the analyses wanted; all by default.
    workers : int
        Notebooks that run at the same time.
    lang : {"cs", "en"}
    engine : {"warm", "kernel"}, Scheduler or None
        What runs the notebooks; None leaves the choice to the system.
    if_changed : bool
        Do nothing, and return 0, where no input changed since the last run.

    Returns
    -------
    int
        0; 1 if an analysis failed; 2 if the user's data or a specification are the cause.

    Raises
    ------
    SpecError
        If quarter, project, catalogue or an id in `only` is wrong: nothing was started.
    RequestError
        If another process works on the quarter, or the engine is not to be had here.
    RunError
        If the build folder cannot be written.
    """
    if if_changed and is_unchanged(project, quarter, only=only):
        click.echo(text(lang, "cli-nothing-changed", quarter=quarter))
        return 0
    project.require_quarter(quarter)
    require_writable(project, project.build(quarter))
    with (
        only_one(project, quarter, "evaluation run") as left_behind,
        journal(project, quarter, "run", only=list(only), workers=workers) as log,
    ):
        if left_behind is not None:
            log.write("lock-left-behind", pid=left_behind)
        outcomes, seconds = _run(project, quarter, only, workers, lang, log, engine=engine)
        code = max(outcome.exit_code for outcome in outcomes)
        log.write("end", seconds=seconds, exit_code=code, **_counts(outcomes))
    print_errors(lang, [one for one in outcomes if one.log is not None])
    click.echo(text(lang, "cli-summary", seconds=f"{seconds:.0f}", **_counts(outcomes)))
    click.echo(text(lang, "cli-log", log=project.shown(log.path)))
    return code


def show_plan(project: Project, quarter: str, *, only: Sequence[str] = (), lang: str) -> int:
    """Print what a run would do, with the reasons; estimate nothing, write nothing.

    Returns
    -------
    int
        2 where an analysis cannot run because of the user's data or specification, else 0.

    Raises
    ------
    SpecError
        As `run_quarter`.
    """
    steps = make_plan(project, quarter, only=only)
    print_plan(lang, quarter, steps)
    blocked = [Outcome(step.id, step.action, step.errors) for step in steps]
    print_errors(lang, blocked)
    return max(outcome.exit_code for outcome in blocked)


def _run(
    project: Project,
    quarter: str,
    only: Sequence[str],
    workers: int,
    lang: str,
    log: Journal,
    *,
    engine: EngineName | Scheduler | None,
) -> tuple[list[Outcome], float]:
    started = time.monotonic()
    found = keys(project, quarter, only=only)
    steps = make_plan(project, quarter, only=only)
    for step in steps:
        log.write("planned", id=step.id, action=step.action)
    print_plan(lang, quarter, steps)
    print_errors(lang, [Outcome(step.id, step.action, step.errors) for step in steps])
    with _progress(project, steps, workers, lang) as progress:

        def on_done(outcome: Outcome) -> None:
            _note(project, log, outcome)
            progress.analysis(outcome)

        outcomes = execute(project, quarter, steps, workers=workers, engine=engine, on_done=on_done)
    _forget_others(project, quarter)
    present = [one.id for one in read_analyses(project)]
    write_manifest(project, quarter, present)
    _keep_tables(project, quarter)
    remember(project, quarter, {name: key for name, key in found.items() if name in present})
    forget(project, quarter, present)
    seconds = round(time.monotonic() - started, 2)
    ran = next((one.log["engine"] for one in outcomes if one.log), None)
    write_log(project, quarter, outcomes, {"seconds": seconds, "workers": workers, "engine": ran})
    return outcomes, seconds


def _keep_tables(project: Project, quarter: str) -> None:
    """Write the tables for researchers, unless they were made of these very results."""
    if not tables_are_current(project, quarter):
        from evaluation.run.history import write_tables  # noqa: PLC0415 -- pandas, once something has run

        write_tables(project, quarter)


def _progress(project: Project, steps: Sequence[Step], workers: int, lang: str) -> Progress:
    known = logs.seconds_of(project, "run")
    expected = {step.id: known.get(step.id) for step in steps if step.action == "run"}
    return Progress(lang, text(lang, "cli-running"), expected, workers=workers)


def _note(project: Project, log: Journal, outcome: Outcome) -> None:
    """Write what became of an analysis; of what its notebook wrote to stderr only the number of lines."""
    known = dict(outcome.log or {})
    lines = known.pop("stderr", None)
    warned = {} if lines is None else {"stderr_lines": sum(len(one.splitlines()) for one in lines)}
    log.write(
        "done",
        id=outcome.id,
        status=outcome.status,
        **known,
        **warned,
        errors=logs.errors(project, outcome.errors),
    )


def _forget_others(project: Project, quarter: str) -> None:
    """Remove results of analyses that no longer exist, so that they are not published."""
    known = {one.id for one in read_analyses(project)}
    for result in (project.build(quarter) / "results").glob("*.json"):
        if result.stem not in known:
            paths = Paths.of(project, quarter, result.stem)
            for path in (paths.result, paths.notebook, paths.failed, paths.entry):
                path.unlink(missing_ok=True)


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {
        status: sum(one.status == status for one in outcomes)
        for status in ("ok", "reused", "failed", "not_run")
    }
