"""Which engine runs the notebooks: the warm one where forking is possible, the stock kernel elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Protocol

from evaluation.errors import RequestError
from evaluation.run.notebook import Notebook, imported
from evaluation.run.processes import Processes
from evaluation.run.warm import Warm

EngineName = Literal["warm", "kernel"]
ENGINES: tuple[EngineName, ...] = ("warm", "kernel")
_SLOW = {"linearmodels", "matplotlib", "numpy", "pandas", "scipy", "statsmodels"}
"""Packages that are loaded before forking if a notebook imports them: slow, and without threads."""


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


def start_engine(asked: EngineName | None, notebooks: Iterable[Notebook]) -> Engine:
    """Start an engine.

    Parameters
    ----------
    asked : {"warm", "kernel"} or None
        None leaves the choice to the system.
    notebooks : iterable of Notebook
        What it is going to run.

    Raises
    ------
    RequestError
        If the warm engine was asked for where it cannot be.
    """
    if asked == "kernel" or (asked is None and not can_fork()):
        return Processes()
    if not can_fork():
        raise RequestError("no-warm-engine", system=sys.platform)
    wanted = {name for one in notebooks for name in imported(one) if name.partition(".")[0] in _SLOW}
    return Warm(sorted(wanted))


def can_fork() -> bool:
    """Whether this system can fork a process that has loaded everything: Linux only."""
    return sys.platform == "linux" and Path("/proc/self/task").is_dir()
