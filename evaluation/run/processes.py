"""The stock engine: each notebook in a process of its own with a kernel, all stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Literal

ENVIRONMENT = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
}
"""Of every notebook: figures are outputs, sums are the same on any number of cores, and forking is safe."""


class Processes:
    """The workers of one run.

    An interrupt reaches this process only; it then stops the workers, whose notebooks are run again by the
    next command, while finished analyses are kept. A worker whose parent ends in another way ends itself.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self.stopped = False

    @property
    def name(self) -> Literal["kernel"]:
        """Its name among the engines."""
        return "kernel"

    def run(self, job: Path, environment: Mapping[str, str]) -> str:
        """Run a worker on a job and return the last line of what it wrote to stderr."""
        with self._lock:
            if self.stopped:
                return ""
            process = subprocess.Popen(
                [sys.executable, "-m", "evaluation.run.worker", str(job)],
                env=os.environ | ENVIRONMENT | dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self._running.add(process)
        assert process.stderr is not None
        errors = process.stderr.read()
        process.wait()
        with self._lock:
            self._running.discard(process)
        return last_line(errors, process.returncode)

    def stop(self) -> None:
        """End every worker with its kernel."""
        with self._lock:
            self.stopped = True
            for process in self._running:
                _end(process)


def last_line(errors: str, code: int) -> str:
    """Return what a worker said last, or how it ended."""
    return (errors.strip().splitlines() or [f"exit code {code}"])[-1]


def _end(process: subprocess.Popen[str]) -> None:
    if os.name != "posix":
        process.terminate()
        return
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
