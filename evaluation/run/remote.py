"""Notebooks on an existing Dask scheduler: the same jobs, results, cache and manifest as on this machine.

Workers see the folder of the project under the same path (a shared file system) and have the same version of
the package installed; one that has other code refuses the job, and the message says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from evaluation.errors import RequestError
from evaluation.run import fingerprint
from evaluation.run.processes import ENVIRONMENT, last_line

SECONDS_TO_CONNECT = 10
_FILES = ("outcome", "output")
"""What a job leaves behind: sent back as text."""


class OnDask:
    """The engine that sends each notebook to a worker of a scheduler.

    Parameters
    ----------
    address : str
        Of the scheduler: ``tcp://host:8786``.

    Raises
    ------
    RequestError
        If Dask is not installed, or nobody answers at the address.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client  # noqa: PLC0415 -- an extra, and it starts threads
        except ImportError:
            raise RequestError("no-dask") from None
        try:
            self._client: Any = Client(  # type: ignore[no-untyped-call]
                address, timeout=SECONDS_TO_CONNECT, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise RequestError("no-scheduler", address=address, reason=str(error).splitlines()[0]) from None
        self.stopped = False

    @property
    def name(self) -> Literal["dask"]:
        """Its name among the engines."""
        return "dask"

    def run(self, job: Path, environment: Mapping[str, str]) -> str:
        """Run a job on a worker, write what it made where the job says, and return its last line."""
        asked = json.loads(job.read_text(encoding="utf-8"))
        code = fingerprint.code().computation
        # every job is new: Dask must not give back the result of an equal one that ran before
        future = self._client.submit(carry_out, asked, list(environment), code, pure=False)
        try:
            made, last = future.result()
        except Exception as error:  # whatever a worker ends with is the reason of this one notebook
            return f"{type(error).__name__}: {error}".splitlines()[0]
        for name, content in made.items():
            Path(asked[name]).write_text(content, encoding="utf-8")
        return str(last)

    def stop(self) -> None:
        """Leave the scheduler; it goes on for others."""
        self.stopped = True
        self._client.close()


def carry_out(job: Mapping[str, Any], own: list[str], code: str) -> tuple[dict[str, str], str]:
    """Run a job in a process of this worker; return the files it made, and the last line of its stderr.

    Parameters
    ----------
    job : Mapping
        As `evaluation.run.worker` reads it.
    own : list of str
        Environment variables that point into the scratch folder.
    code : str
        Fingerprint of the code that sent the job.

    Returns
    -------
    tuple of dict and str
    """
    mine = fingerprint.code().computation
    if mine != code:
        return {}, f"the worker has other code ({mine[:12]}) than the sender ({code[:12]})"
    if not Path(job["root"]).is_dir():
        return {}, "the worker does not see the folder of the project under the same path"
    with tempfile.TemporaryDirectory(prefix="ev") as scratch:
        here = dict(job) | {"scratch": scratch} | {name: f"{scratch}/{name}" for name in _FILES}
        file = Path(scratch) / "job.json"
        file.write_text(json.dumps(here), encoding="utf-8")
        worker = subprocess.Popen(
            [sys.executable, "-m", "evaluation.run.worker", str(file)],
            env=os.environ | ENVIRONMENT | dict.fromkeys(own, scratch),
            stdin=subprocess.PIPE,  # open as long as this process lives: the worker ends when it is closed
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert worker.stderr is not None
        errors = worker.stderr.read()
        worker.wait()
        made = {name: Path(here[name]) for name in _FILES}
        texts = {name: path.read_text(encoding="utf-8") for name, path in made.items() if path.is_file()}
    return texts, last_line(errors, worker.returncode)
