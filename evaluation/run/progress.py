"""What the user sees while something runs: the plan, then a bar (or lines where there is no terminal)."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import click

from evaluation.locales import text
from evaluation.run.execute import Outcome
from evaluation.run.plan import Step
from evaluation.run.screen import screen

_MARKS = {"run": "▶", "reuse": "=", "failed": "✗", "not_run": "–", "ok": "✓", "reused": "="}
_SOON = 90  # seconds; what takes longer is told in minutes


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


def duration(lang: str, seconds: float) -> str:
    r"""Write a duration: seconds up to a minute and a half, then minutes to the half.

    Examples
    --------
    >>> duration("en", 42.3), duration("en", 60 * 2.4), duration("cs", 60 * 2.4), duration("cs", 60 * 5)
    ('42\xa0s', '2.5\xa0minutes', '2,5\xa0minuty', '5\xa0minut')
    """
    from evaluation.report import number, say  # noqa: PLC0415 -- pandas only once something has run

    if seconds < _SOON:
        return say(lang, "count-second", round(seconds))
    halves = round(seconds / 30) / 2
    minutes = int(halves) if halves.is_integer() else halves
    written = number(minutes, lang, "estimate", decimals=int(minutes != round(minutes)))
    return say(lang, "count-minute", minutes, count=written)


class TimeLeft:
    """How long the rest takes, from how long each part took when it last ran.

    Parts that never ran are taken to be as long as the mean of those that did; where none is known there is
    no forecast.

    Parameters
    ----------
    expected : Mapping[str, float or None]
        Seconds by part.
    workers : int
        Parts that run at the same time.
    """

    def __init__(self, expected: Mapping[str, float | None], workers: int = 1) -> None:
        self._waiting = dict(expected)
        self._workers = max(1, min(workers, len(expected)))
        self._known = [one for one in expected.values() if one is not None]
        self._end = self._forecast()

    def done(self, name: str, seconds: float) -> None:
        """Take note of a part that ended."""
        self._waiting.pop(name, None)
        self._known.append(seconds)
        self._end = self._forecast()

    def seconds(self) -> float | None:
        """Return the seconds that are left, None where nothing is known."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def _forecast(self) -> float | None:
        if not self._known:
            return None
        mean = sum(self._known) / len(self._known)
        left = sum(mean if one is None else one for one in self._waiting.values())
        return time.monotonic() + left / self._workers


class Progress(AbstractContextManager["Progress"]):
    """A progress bar with the time left on stderr; plain lines where it is no terminal.

    Parameters
    ----------
    lang : {"cs", "en"}
    label : str
        What is done, in words.
    expected : Mapping[str, float or None]
        Seconds that each part took when it last ran.
    workers : int
    """

    def __init__(
        self, lang: str, label: str, expected: Mapping[str, float | None], *, workers: int = 1
    ) -> None:
        self._lang = lang
        self._label = label
        self._total = len(expected)
        self._left = TimeLeft(expected, workers)
        self._done = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._total and sys.stderr.isatty():
            self._bar = _bar(self._lang, self._left)
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=self._total)
        return self

    def done(self, name: str, said: str, seconds: float) -> None:
        """Count one part that ended, and say so."""
        self._done += 1
        self._left.done(name, seconds)
        line = f"  [{self._done}/{self._total}] {said}  {duration(self._lang, seconds)}"
        if self._bar is None:
            rest = left(self._lang, self._left) if self._done < self._total else ""
            click.echo(f"{line}  ({rest})" if rest else line)
        else:
            self._bar.console.print(line, highlight=False, markup=False)
            self._bar.advance(self._task)

    def analysis(self, outcome: Outcome) -> None:
        """Count an analysis that ended, unless it was settled before anything started."""
        if outcome.status in {"reused", "not_run"} or (outcome.status == "failed" and outcome.log is None):
            return
        word = text(self._lang, f"cli-status-{outcome.status}")
        said = f"{_MARKS[outcome.status]} {outcome.id}  {word}"
        self.done(outcome.id, said, float((outcome.log or {}).get("seconds", 0.0)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def left(lang: str, time_left: TimeLeft) -> str:
    """Say how long the rest takes; empty where nothing is known."""
    seconds = time_left.seconds()
    return "" if seconds is None else text(lang, "cli-left", left=duration(lang, seconds))


def _bar(lang: str, time_left: TimeLeft) -> Any:
    from rich.console import Console  # noqa: PLC0415 -- only where there is a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Left(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.finished else left(lang, time_left))

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left())
    return Bar(*columns, console=Console(stderr=True), transient=True)
