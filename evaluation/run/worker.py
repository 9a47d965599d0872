"""One notebook in a process of its own: ``python -m evaluation.run.worker JOB``.

JOB is a JSON file {notebook, output, outcome, parameters, root, scratch}; the outcome is written as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

KERNEL = "python3"
_IRI_GRAMMAR = "rfc3987_syntax"
"""Where it is installed jsonschema builds a grammar of addresses on import, a second of work for nothing."""


def main(job_file: str, *, in_process: bool = False) -> None:
    """Run the job and write its outcome; ends with 0 unless the outcome itself cannot be written.

    Parameters
    ----------
    job_file : str
    in_process : bool
        Run the cells here, by the warm engine, instead of in a kernel.
    """
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    started = time.monotonic()
    try:
        outcome = _execute(job, in_process)
    except OSError as error:
        outcome = {"status": "not-writable", "reason": error.strerror or str(error)}
    except Exception as error:
        outcome = {"status": "stopped", "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
    outcome |= {"seconds": round(time.monotonic() - started, 2), "memory_mib": _memory(in_process)}
    Path(job["outcome"]).write_text(json.dumps(outcome), encoding="utf-8")


def leave_out_grammar() -> None:
    """Keep a module from being loaded that nothing here needs."""
    sys.modules.setdefault(_IRI_GRAMMAR, None)  # type: ignore[arg-type]  # None: not to be imported


def _execute(job: dict[str, Any], in_process: bool) -> dict[str, Any]:
    leave_out_grammar()
    import papermill  # noqa: PLC0415 -- seconds, and it reads the environment
    from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415

    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        papermill.execute_notebook(
            job["notebook"],
            job["output"],
            parameters=job["parameters"],
            kernel_name=KERNEL,
            cwd=job["root"],
            progress_bar=False,
            **(_warm() if in_process else {"config": _kernel_config(Path(job["scratch"]))}),
        )
    except PapermillExecutionError as error:
        return {"status": "failed", "reason": f"{error.ename}: {error.evalue}".splitlines()[0]}
    return {"status": "ok"}


def _warm() -> dict[str, str]:
    from evaluation.run.inprocess import register  # noqa: PLC0415 -- loads what only the warm engine needs

    return {"engine_name": register()}


def _kernel_config(scratch: Path) -> Any:
    """Sockets as files in a folder of this job: parallel kernels cannot take each other's ports."""
    from traitlets.config import Config  # noqa: PLC0415

    if os.name != "posix":
        return Config()
    return Config({"KernelManager": {"transport": "ipc", "connection_file": str(scratch / "kernel.json")}})


def _memory(in_process: bool) -> int | None:
    """Peak memory of the process in which the cells ran, MiB."""
    try:
        import resource  # noqa: PLC0415 -- not on Windows
    except ImportError:
        return None
    who = resource.RUSAGE_SELF if in_process else resource.RUSAGE_CHILDREN
    peak = resource.getrusage(who).ru_maxrss
    return int(peak // (1024 * 1024 if sys.platform == "darwin" else 1024))


def _end_with_parent() -> None:
    """End this process, and with it its kernel, when the input ends: whoever waits for it is gone."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main(sys.argv[1])
