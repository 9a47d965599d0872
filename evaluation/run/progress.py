"""What the user sees while analyses run: the plan, then a bar (or lines where there is no terminal)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import click

from evaluation.locales import text
from evaluation.run.execute import Outcome
from evaluation.run.plan import Step
from evaluation.run.screen import screen

_MARKS = {"run": "▶", "reuse": "=", "failed": "✗", "not_run": "–", "ok": "✓", "reused": "="}


def print_plan(lang: str, quarter: str, steps: Sequence[Step]) -> None:
    """Print what is going to happen to each analysis."""
    click.echo(text(lang, "cli-plan", n=len(steps), quarter=quarter))
    width = max(len(step.id) for step in steps)
    for step in steps:
        click.echo(f"  {_MARKS[step.action]} {step.id:<{width}}  {text(lang, 'cli-action-' + step.action)}")


def print_checks(lang: str, quarter: str, steps: Sequence[Step]) -> None:
    """Print what a check of each analysis found."""
    click.echo(text(lang, "cli-plan", n=len(steps), quarter=quarter))
    width = max(len(step.id) for step in steps)
    for step in steps:
        action = "ok" if step.action == "run" else step.action
        click.echo(f"  {_MARKS[action]} {step.id:<{width}}  {text(lang, 'cli-check-' + action)}")


def print_errors(lang: str, outcomes: Sequence[Outcome]) -> None:
    """Print why analyses failed or could not run, one screen each."""
    for outcome in outcomes:
        for error in outcome.errors:
            click.echo(f"\n{outcome.id}\n{screen(lang, error)}", err=True)


class Progress(AbstractContextManager["Progress"]):
    """A progress bar on stderr; plain lines where it is no terminal."""

    def __init__(self, lang: str, total: int) -> None:
        self._lang = lang
        self._total = total
        self._done = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._total and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 -- only where there is a terminal
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
            from rich.progress import Progress as Bar  # noqa: PLC0415

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(text(self._lang, "cli-running"), total=self._total)
        return self

    def done(self, outcome: Outcome) -> None:
        """Count one analysis that ended."""
        if outcome.status in {"reused", "not_run"} or (outcome.status == "failed" and outcome.log is None):
            return
        self._done += 1
        seconds = (outcome.log or {}).get("seconds", 0.0)
        word = text(self._lang, f"cli-status-{outcome.status}")
        line = (
            f"  [{self._done}/{self._total}] {_MARKS[outcome.status]} {outcome.id}  {word}  {seconds:.0f} s"
        )
        if self._bar is None:
            click.echo(line)
        else:
            self._bar.console.print(line, highlight=False)
            self._bar.advance(self._task)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
