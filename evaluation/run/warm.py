"""The warm engine: one process loads everything once and forks for each notebook (Linux)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Literal

from evaluation.run.processes import ENVIRONMENT, Processes, last_line


class Warm:
    """The forking process of one run, seen from the outside.

    Where it says that forking is not safe, or where it ends before a notebook does, the stock engine takes
    over.

    Parameters
    ----------
    modules : sequence of str
        What it loads beside the package: what the notebooks are going to import.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._stock = Processes()
        self._lock = Lock()
        self._ready = Event()
        self._usable = False
        self._waiting: dict[str, Event] = {}
        self._codes: dict[str, int] = {}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "evaluation.run.server", *modules],
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        Thread(target=self._listen, daemon=True).start()

    @property
    def name(self) -> Literal["warm", "kernel"]:
        """Which engine runs the notebooks: the stock one where forking turned out not to be safe."""
        return "warm" if self._usable else "kernel"

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stock.stopped

    def run(self, job: Path, environment: Mapping[str, str]) -> str:
        """Run a notebook and return the last line of what its process wrote to stderr."""
        self._ready.wait()
        name, ended = str(job), Event()
        with self._lock:
            if self._usable:
                self._waiting[name] = ended
                self._ask({"job": name, "environment": dict(environment)})
        if name in self._waiting:
            ended.wait()
        code = self._codes.pop(name, None)
        if code is None:
            return self._stock.run(job, environment)
        errors = Path(f"{name}.stderr")
        return last_line(errors.read_text("utf-8", "replace") if errors.is_file() else "", code)

    def stop(self) -> None:
        """End every notebook, and the process with them."""
        self._stock.stop()
        with self._lock:
            self._usable = False
            assert self._server.stdin is not None
            self._server.stdin.close()
        self._server.wait()

    def _ask(self, request: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        try:
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
            self._server.stdin.flush()
        except (BrokenPipeError, ValueError):
            self._usable = False
            self._waiting.pop(request["job"])

    def _listen(self) -> None:
        """Take the answers until the process ends."""
        assert self._server.stdout is not None
        for line in self._server.stdout:
            answer = json.loads(line)
            if "ready" in answer:
                self._usable = answer["ready"]
                self._ready.set()
            else:
                self._codes[answer["job"]] = answer["code"]
                self._waiting.pop(answer["job"]).set()
        with self._lock:
            self._usable = False
        self._ready.set()
        for ended in self._waiting.values():
            ended.set()
