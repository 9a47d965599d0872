"""A process that has loaded everything and forks for each notebook.

``python -m evaluation.run.server MODULE…`` reads requests ``{job, environment}``, one line of JSON each, and
answers ``{job, code}`` once the notebook has ended; its first line says whether forking is safe. When whoever
asks goes away, every notebook is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import os
import selectors
import signal
import sys
from pathlib import Path
from typing import Any

from evaluation.run import worker

_LOADED = ("papermill", "evaluation.run.inprocess", "evaluation.run.opening", "evaluation.design.frame")
_AT_FIRST_USE = (
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "PIL.JpegImagePlugin",
    "matplotlib.backends.backend_agg",
    "narwhals._interchange.dataframe",
    "narwhals._pandas_like.dataframe",
    "pandas.io.formats.html",
    "pandas.plotting._matplotlib",
    "tornado.queues",
)
"""What packages that are here load only when they are used: by every notebook, were it not loaded before."""
_THREADED = ("polars",)
"""Start threads, and are loaded by others for their types: by statsmodels wherever polars is installed."""
_PR_SET_PDEATHSIG = 1


def main(modules: list[str]) -> None:
    """Load the modules, say whether forking is safe, then serve until the input ends."""
    requests, answers = os.dup(0), os.dup(1)
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 -- what is loaded may read and write what it likes
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    _load(modules)
    safe = threads() == 1
    _send(answers, {"ready": safe})
    if safe:
        _Server(requests, answers).serve()


def threads() -> int:
    """Count the threads of this process: a fork takes only one of them along, and with it all their locks."""
    return len(list(Path("/proc/self/task").iterdir()))


def _load(modules: list[str]) -> None:
    worker.leave_out_grammar()
    for name in _LOADED:
        importlib.import_module(name)
    doubtful = any(importlib.util.find_spec(name) for name in _THREADED)
    for name in modules:
        if not doubtful or is_safe(name):
            _try(name)
    for name in _AT_FIRST_USE:
        if name.partition(".")[0] in sys.modules:
            _try(name)
    import nbformat  # noqa: PLC0415

    nbformat.validate(nbformat.v4.new_notebook())  # type: ignore[no-untyped-call]  # compiles the schema


def _try(name: str) -> None:
    """Load a module if there is one: the notebook that wants it will say so."""
    with contextlib.suppress(ImportError):
        importlib.import_module(name)


def is_safe(name: str) -> bool:
    """Whether loading a module starts no thread: tried in a child, so that this process stays as it is."""
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
            code = int(threads() > 1)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


class _Server:
    """Forks for each request; watches its input and the ends of its children."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._own = (requests, answers, self._ended, wake)
        self._jobs: dict[int, str] = {}
        self._rest = b""

    def serve(self) -> None:
        """Serve until the input ends, then end what still runs."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._requests, selectors.EVENT_READ)
            ready.register(self._ended, selectors.EVENT_READ)
            while True:
                found = {key.fd for key, _ in ready.select()}
                if self._ended in found:
                    os.read(self._ended, 4096)
                    self._collect()
                if self._requests in found and not self._receive():
                    break
        for pid in self._jobs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _receive(self) -> bool:
        """Start a notebook for each whole line; False at the end of the input."""
        found = os.read(self._requests, 1 << 16)
        *lines, self._rest = (self._rest + found).split(b"\n")
        for line in lines:
            request = json.loads(line)
            pid = os.fork()
            if pid == 0:
                self._notebook(request)
            self._jobs[pid] = request["job"]
        return bool(found)

    def _collect(self) -> None:
        """Report every child that has ended."""
        while self._jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            job = self._jobs.pop(pid)
            _send(self._answers, {"job": job, "code": os.waitstatus_to_exitcode(status)})

    def _notebook(self, request: dict[str, Any]) -> None:
        """Run a notebook in this child and end it; never returns."""
        code = 1
        try:
            os.setsid()
            die_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for descriptor in self._own:
                os.close(descriptor)
            os.environ.update(request["environment"])
            errors = os.open(f"{request['job']}.stderr", os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(errors, 2)
            worker.main(request["job"], in_process=True)
            code = 0
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)


def die_with_parent() -> None:
    """Let the system end this process when the process that forked it ends, in whatever way."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _send(descriptor: int, message: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
