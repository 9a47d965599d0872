"""What this machine has and lacks: each finding with what does not work without it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from evaluation.errors import EvaluationError
from evaluation.run import fingerprint
from evaluation.run.processes import ENVIRONMENT
from evaluation.run.project import Project, open_project

LEAST_DISK, LITTLE_DISK = 200_000_000, 2_000_000_000
"""Bytes below which a run fails for certain, and below which an environment with tests has no room."""

_LOCK = "requirements.lock"
_THREADS = "import os, pandas; print(len(os.listdir('/proc/self/task')))"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    code : str
        What was looked at.
    status : {"ok", "absent", "broken"}
        ``absent``: something that only a part of the work needs; ``broken``: reports cannot be made.
    detail : str
        Which of its sentences fits.
    values : Mapping
        Versions, numbers and names for that sentence.
    """

    code: str
    status: Literal["ok", "absent", "broken"]
    detail: str = "ok"
    values: Mapping[str, Any] = field(default_factory=dict)


def examine(folder: Path | None = None) -> tuple[Finding, ...]:
    """Look at everything that the work needs.

    Parameters
    ----------
    folder : Path, optional
        Folder of the project; by default it is looked for here and above.

    Returns
    -------
    tuple of Finding
    """
    try:
        project: Project | None = open_project(folder)
        found = Finding("project", "ok", values={"folder": project.root.name if project else ""})
    except EvaluationError as error:
        known = {"no-project": "no_project", "bad-project": "bad_project"}
        project, found = None, Finding("project", "broken", known.get(error.code, "other"))
    looks: tuple[Callable[[Project | None], Finding], ...] = (
        _python, _packages, _pandoc, _kernel, _data, _keys, _writable, _disk, _encoding, _cores, _threads,
        _quarto, _browser, _java,
    )  # fmt: skip
    return (found, *(look(project) for look in looks))


def _python(_: Project | None) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "broken", values={"version": version})


def _packages(_: Project | None) -> Finding:
    """Compare what is installed with the lock: every package that this one needs, directly or not."""
    installed = {name: one for name, one in fingerprint.versions().items() if name != "python"}
    needed = [re.split(r"[\s;\[<>=!~(]", line, maxsplit=1)[0] for line in _required()]
    missing = sorted(name for name in needed if _normal(name) not in installed)
    if missing:
        return Finding("packages", "broken", "missing", {"names": ", ".join(missing)})
    lock = _locked()
    if lock is None:
        return Finding("packages", "absent", "no_lock", {"n": len(installed)})
    other = [
        f"{name} {version} ({' / '.join(sorted(lock[name]))})"
        for name, version in installed.items()
        if name in lock and version not in lock[name]
    ]
    if other:
        return Finding("packages", "absent", "other", {"n": len(other), "names": ", ".join(other)})
    return Finding("packages", "ok", values={"n": sum(name in lock for name in installed)})


def _required() -> list[str]:
    requires = metadata.requires(fingerprint.DISTRIBUTION) or []
    return [line for line in requires if "extra ==" not in line]


def _locked() -> dict[str, set[str]] | None:
    """Read the versions of the lock that lies beside the package, in a checkout or in a wheel."""
    places = (fingerprint.PACKAGE / "_requirements.lock", fingerprint.PACKAGE.parent / _LOCK)
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        return None
    found: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)==([^\s;\\]+)", file.read_text(encoding="utf-8"), re.MULTILINE
    ):
        found.setdefault(_normal(name), set()).add(version)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pandoc(_: Project | None) -> Finding:
    try:
        import pypandoc  # noqa: PLC0415

        return Finding("pandoc", "ok", values={"version": pypandoc.get_pandoc_version()})
    except (ImportError, OSError):
        return Finding("pandoc", "broken", "absent")


def _kernel(_: Project | None) -> Finding:
    present = importlib.util.find_spec("ipykernel") is not None
    return Finding("kernel", "ok") if present else Finding("kernel", "broken", "absent")


def _data(project: Project | None) -> Finding:
    from evaluation.run.catalogue import read_catalogue  # noqa: PLC0415
    from evaluation.run.locate import DataAbsentError, locate  # noqa: PLC0415

    if project is None:
        return Finding("data", "absent", "no_project")
    absent = []
    try:
        datasets = read_catalogue(project).datasets
    except EvaluationError:
        return Finding("data", "broken", "catalogue")
    for name, dataset in datasets.items():
        try:
            locate(project, name, dataset)
        except DataAbsentError:
            absent.append(name)
    values = {"found": len(datasets) - len(absent), "total": len(datasets), "names": ", ".join(absent)}
    return Finding("data", "absent", "absent", values) if absent else Finding("data", "ok", values=values)


def _keys(project: Project | None) -> Finding:
    """Whether the keys that the store and the contracts need are here."""
    from evaluation.run.commands.keys import examined  # noqa: PLC0415

    if project is None:
        return Finding("keys", "ok", "no_store")
    try:
        status, detail, values = examined(project)
    except EvaluationError:
        return Finding("keys", "broken", "unusable")
    return Finding("keys", status, detail, values)


def _writable(project: Project | None) -> Finding:
    places = {"tmp": Path(tempfile.gettempdir())}
    if project is not None:
        places["reports/build"] = project.root / "reports" / "build"
    refused = [name for name, path in places.items() if not os.access(_existing(path), os.W_OK | os.X_OK)]
    if refused:
        return Finding("writable", "broken", "refused", {"names": ", ".join(refused)})
    return Finding("writable", "ok", values={"names": ", ".join(places)})


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())


def _disk(project: Project | None) -> Finding:
    free = shutil.disk_usage(project.root if project else Path.cwd()).free
    if free < LEAST_DISK:
        return Finding("disk", "broken", "full", {"size": free})
    return Finding(
        "disk",
        "ok" if free >= LITTLE_DISK else "absent",
        "ok" if free >= LITTLE_DISK else "little",
        {"size": free},
    )


def _encoding(_: Project | None) -> Finding:
    values = {
        "encoding": sys.stdout.encoding or "?",
        "locale": os.environ.get("LC_ALL") or os.environ.get("LANG") or "–",
    }
    try:
        "příliš – ✓ ≥".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Finding("encoding", "broken", "narrow", values)
    return Finding("encoding", "ok", values=values)


def _cores(_: Project | None) -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("cores", "ok", values={"n": usable})


def _threads(_: Project | None) -> Finding:
    """Count the threads of a worker once pandas is imported: one is what makes a fork safe."""
    if not Path("/proc/self/task").is_dir():
        return Finding("threads", "ok", "not_linux")
    done = subprocess.run(
        [sys.executable, "-c", _THREADS],
        env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode:
        return Finding("threads", "broken", "failed", {"reason": (done.stderr.splitlines() or ["?"])[-1]})
    n = int(done.stdout)
    return Finding("threads", "ok" if n == 1 else "absent", "ok" if n == 1 else "several", {"n": n})


def _program(code: str, names: tuple[str, ...], given: str | None = None) -> Finding:
    found = given or next((path for name in names if (path := shutil.which(name))), None)
    return (
        Finding(code, "ok", values={"name": Path(found).name}) if found else Finding(code, "absent", "absent")
    )


def _quarto(_: Project | None) -> Finding:
    return _program("quarto", ("quarto",))


def _browser(_: Project | None) -> Finding:
    return _program("browser", _BROWSERS, os.environ.get("EVALUATION_CHROMIUM"))


def _java(_: Project | None) -> Finding:
    return _program("java", ("java",))
