"""Run the plan: notebooks in parallel processes, results kept as they finish."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation import errors as kinds
from evaluation.errors import EvaluationError, RequestError, RunError
from evaluation.run import notebook as notebooks
from evaluation.run.engines import Engine, EngineName, Scheduler, start_engine
from evaluation.run.files import not_writable, read_json, require_writable, to_json, write
from evaluation.run.plan import Step, is_as_planned
from evaluation.run.project import Project
from evaluation.run.results import failed_result, finished_result

_EXECUTED = "executed.ipynb"


@dataclass(frozen=True)
class Outcome:
    """What became of one analysis.

    Attributes
    ----------
    id : str
    status : {"ok", "reused", "failed", "not_run"}
    errors : tuple of EvaluationError
    log : dict
        Seconds, memory and what the notebook wrote to stderr: what differs between two equal runs.
    """

    id: str
    status: str
    errors: tuple[EvaluationError, ...] = ()
    log: dict[str, Any] | None = None

    @property
    def exit_code(self) -> int:
        """0, 1 for a failed analysis, 2 if the user's data or specification are the cause."""
        if self.status != "failed":
            return 0
        return max((error.exit_code for error in self.errors), default=1)


def execute(
    project: Project,
    quarter: str,
    steps: Sequence[Step],
    *,
    workers: int,
    engine: EngineName | Scheduler | None = None,
    on_done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Carry out a plan; one failure never stops the others.

    Parameters
    ----------
    project : Project
    quarter : str
    steps : sequence of Step
    workers : int
        Notebooks that run at the same time.
    engine : {"warm", "kernel"}, Scheduler or None
        None leaves the choice to the system.
    on_done : callable
        Called with each outcome as it comes.

    Returns
    -------
    list of Outcome, in the order of the steps

    Raises
    ------
    RunError
        If the build folder cannot be written; finished analyses are kept.
    """
    require_writable(project, project.build(quarter) / "notebooks")
    require_writable(project, project.build(quarter) / "results")
    outcomes: dict[str, Outcome] = {}
    for step in steps:
        if step.action != "run":
            outcomes[step.id] = _settled(project, quarter, step)
            on_done(outcomes[step.id])
    waiting = [step for step in steps if step.action == "run"]
    for outcome in _in_parallel(project, quarter, waiting, workers, engine):
        outcomes[outcome.id] = outcome
        on_done(outcome)
    return [outcomes[step.id] for step in steps]


def _in_parallel(
    project: Project, quarter: str, steps: Sequence[Step], workers: int, engine: EngineName | Scheduler | None
) -> Iterator[Outcome]:
    """Yield each outcome as it comes; an interrupt ends what still runs."""
    if not steps:
        return
    runner = start_engine(engine, steps)
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        try:
            futures = [pool.submit(_run, project, quarter, step, runner) for step in steps]
            for future in as_completed(futures):
                yield future.result()
        finally:
            runner.stop()


def _settled(project: Project, quarter: str, step: Step) -> Outcome:
    """Record an analysis that is reused or cannot run."""
    if step.action == "reuse":
        return Outcome(step.id, "reused")
    _keep_failure(project, quarter, step, step.action, step.errors)
    return Outcome(step.id, step.action, step.errors)


def _run(project: Project, quarter: str, step: Step, engine: Engine) -> Outcome:
    scratch = Path(tempfile.mkdtemp(prefix="ev"))
    try:
        outcome = _in_process(project, step, scratch, engine)
        if engine.stopped:
            return Outcome(step.id, "failed")
        return _kept(project, quarter, step, read_json(scratch / _EXECUTED), outcome)
    except OSError as error:
        failure = not_writable(project, step.paths.notebook.parent, error)
        return Outcome(step.id, "failed", (failure,))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _in_process(project: Project, step: Step, scratch: Path, engine: Engine) -> dict[str, Any]:
    """Run the notebook in a folder of its own, so that one left over from a killed run cannot disturb it."""
    assert step.notebook is not None
    job = {
        "notebook": str(step.notebook.path),
        "output": str(scratch / _EXECUTED),
        "outcome": str(scratch / "outcome.json"),
        "parameters": step.parameters,
        "root": str(project.root),
        "scratch": str(scratch),
    }
    (scratch / "job.json").write_text(json.dumps(job), encoding="utf-8")
    own = {"IPYTHONDIR": str(scratch / "ipython"), "JUPYTER_RUNTIME_DIR": str(scratch)}
    last = engine.run(scratch / "job.json", own)
    outcome = read_json(scratch / "outcome.json")
    return (outcome if isinstance(outcome, dict) else {"status": "stopped", "reason": last}) | {
        "engine": engine.name
    }


def _kept(
    project: Project, quarter: str, step: Step, executed: dict[str, Any] | None, outcome: dict[str, Any]
) -> Outcome:
    """Keep the results of a notebook that ended well, else the notebook alone, under another name."""
    if outcome["status"] == "not-writable":
        raise OSError(0, outcome["reason"])
    log: dict[str, Any] = {k: outcome[k] for k in ("engine", "seconds", "memory_mib") if k in outcome}
    if executed is not None:
        log |= {"stderr": notebooks.stderr(executed)}
    coded, last = notebooks.failure(executed) if executed else (None, "")
    shown = notebooks.published(executed) if executed else {}
    if executed is not None and outcome["status"] == "ok" and not last and shown:
        if not is_as_planned(project, quarter, step):
            return _moved(project, quarter, step, log)
        _keep_result(quarter, step, executed, shown)
        return Outcome(step.id, "ok", log=log)
    if executed is not None:
        write(step.paths.failed, to_json(executed))
    where = project.shown(step.paths.failed) if executed is not None else step.id
    reason = last or outcome.get("reason") or "nothing was published"
    error = _rebuilt(coded, step.id) or RunError("failed-notebook", where=where, reason=reason)
    _keep_failure(project, quarter, step, "failed", (error,))
    return Outcome(step.id, "failed", (error,), log)


def _moved(project: Project, quarter: str, step: Step, log: dict[str, Any]) -> Outcome:
    """Refuse a result of which nobody can say which data it comes from."""
    error = RequestError("changed-during-run", where=step.id)
    _keep_failure(project, quarter, step, "failed", (error,))
    return Outcome(step.id, "failed", (error,), log)


def _keep_result(quarter: str, step: Step, executed: dict[str, Any], shown: dict[str, Any]) -> None:
    clean = to_json(notebooks.without_times(executed))
    hashes = {
        "notebook": write(step.paths.notebook, clean),
        "result": write(step.paths.result, to_json(finished_result(quarter, step, shown))),
    }
    write(step.paths.entry, to_json({"key": step.key, **hashes}))
    step.paths.failed.unlink(missing_ok=True)


def _keep_failure(
    project: Project, quarter: str, step: Step, status: str, errors: Sequence[EvaluationError]
) -> None:
    """Put the reason where the results would be, so that older results are never published instead."""
    step.paths.notebook.unlink(missing_ok=True)
    step.paths.entry.unlink(missing_ok=True)
    try:
        write(step.paths.result, to_json(failed_result(quarter, step, status, errors)))
    except OSError as error:
        raise not_writable(project, step.paths.result.parent, error) from None


def _rebuilt(coded: dict[str, Any] | None, where: str) -> EvaluationError | None:
    """Return the error that ended a notebook, from its coded form."""
    kind = getattr(kinds, str(coded["kind"]), None) if coded else None
    if coded is None or not (isinstance(kind, type) and issubclass(kind, EvaluationError)):
        return None
    values = dict(coded["values"])
    return kind(coded["code"], where=coded["where"] or where, example=coded["example"], **values)
