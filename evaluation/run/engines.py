"""Which engine runs the notebooks: the warm one where forking is possible, the stock kernel elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from evaluation.errors import RequestError
from evaluation.run.kinds import study_module
from evaluation.run.notebook import imported
from evaluation.run.plan import Step
from evaluation.run.processes import Processes
from evaluation.run.warm import Warm

EngineName = Literal["warm", "kernel", "dask"]
ENGINES: tuple[EngineName, ...] = ("warm", "kernel")
"""Those of this machine; ``dask`` is that of a scheduler."""
_SLOW = {"linearmodels", "matplotlib", "numpy", "pandas", "scipy", "statsmodels"}
"""Packages that are loaded before forking if a notebook imports them: slow, and without threads."""


@dataclass(frozen=True)
class Scheduler:
    """An existing Dask scheduler that is to run the notebooks."""

    address: str


class Engine(Protocol):
    """What runs notebooks."""

    @property
    def name(self) -> EngineName:
        """What it turned out to be."""

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""

    def run(self, job: Path, environment: Mapping[str, str]) -> str:
        """Run a notebook and return the last line of what its process wrote to stderr."""

    def stop(self) -> None:
        """End every notebook that runs, and whatever was started for them."""


def start_engine(asked: EngineName | Scheduler | None, steps: Sequence[Step]) -> Engine:
    """Start an engine.

    Parameters
    ----------
    asked : {"warm", "kernel"}, Scheduler or None
        None leaves the choice to the system.
    steps : sequence of Step
        What it is going to run.

    Raises
    ------
    RequestError
        If the warm engine was asked for where it cannot be, or the scheduler does not answer.
    """
    if isinstance(asked, Scheduler):
        from evaluation.run.remote import OnDask  # noqa: PLC0415 -- Dask only where it is asked for

        return OnDask(asked.address)
    if asked == "kernel" or (asked is None and not can_fork()):
        return Processes()
    if not can_fork():
        raise RequestError("no-warm-engine", system=sys.platform)
    return Warm(sorted(_wanted(steps)))


def _wanted(steps: Sequence[Step]) -> set[str]:
    """Return what the notebooks are going to load: their kinds of study and the slow imports."""
    kinds = {study_module(step.analysis.kind) for step in steps if step.analysis}
    named = {name for step in steps if step.notebook for name in imported(step.notebook)}
    return kinds | {name for name in named if name.partition(".")[0] in _SLOW}


def can_fork() -> bool:
    """Whether this system can fork a process that has loaded everything: Linux only."""
    return sys.platform == "linux" and Path("/proc/self/task").is_dir()
