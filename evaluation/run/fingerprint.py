"""What determines a result beside data and specification: code and installed versions."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "programme-evaluation"
PACKAGE = Path(__file__).resolve().parents[1]
_SENTENCES = (
    "report",
    "locales",
    "run/commands",
    "run/engines",
    "run/history",
    "run/inprocess",
    "run/journal",
    "run/lock",
    "run/processes",
    "run/progress",
    "run/render",
    "run/server",
    "run/stage",
    "run/unchanged",
    "run/warm",
    "run/whole",
    "run/worker",
    "cli.py",
)  # fmt: skip  -- change no number


@dataclass(frozen=True)
class Code:
    """The package's code.

    Attributes
    ----------
    tree : str
        Hash of every file of the package.
    computation : str
        Hash of the files that can change a number: all but report, locales and rendering.
    commit : str or None
        Commit of the checkout that the package runs from; None in an installed wheel.
    dirty : bool or None
        Whether the package differs from that commit.
    """

    tree: str
    computation: str
    commit: str | None
    dirty: bool | None


@cache
def code() -> Code:
    """Fingerprint of the package that is running."""
    files = [path for path in sorted(PACKAGE.rglob("*")) if _is_source(path)]
    numbers = [path for path in files if not _relative(path).startswith(_SENTENCES)]
    commit = _git("rev-parse", "HEAD")
    dirty = None if commit is None else bool(_git("status", "--porcelain", "--", str(PACKAGE)))
    return Code(_tree(files), _tree(numbers), commit, dirty)


@cache
def versions() -> Mapping[str, str]:
    """Python and every distribution that the package needs, directly or not."""
    found: dict[str, str] = {}
    waiting = [DISTRIBUTION]
    while waiting:
        name = _normal(waiting.pop())
        if name in found:
            continue
        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = one.version
        waiting += [_name(line) for line in one.requires or () if "extra ==" not in line]
    return {"python": platform.python_version(), **dict(sorted(found.items()))}


def versions_of(modules: Iterable[str]) -> dict[str, str]:
    """Return the distributions of modules that are neither Python's own nor this package's.

    Examples
    --------
    >>> list(versions_of({"json", "evaluation.run", "numpy.linalg"}))
    ['numpy']
    """
    tops = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) - {PACKAGE.name}
    if not tops:
        return {}
    known = _packages()
    names = {_normal(name) for top in tops for name in known.get(top, ())}
    return {name: metadata.version(name) for name in sorted(names)}


@cache
def _packages() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _is_source(path: Path) -> bool:
    """Whether a file is code: not what a wheel carries beside it (the template, the manual, the lock)."""
    beside = _relative(path).startswith(("_project", "_manual", "_requirements"))
    return path.is_file() and not beside and "__pycache__" not in path.parts and path.suffix != ".pyc"


def _relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _tree(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        total.update(f"{_relative(path)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _git(*arguments: str) -> str | None:
    """Output of git for the checkout that the package lies in; None where it is in none."""
    if not (PACKAGE.parent / ".git").exists():
        return None
    command = ["git", "-C", str(PACKAGE.parent), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _name(requirement: str) -> str:
    return re.split(r"[\s;\[<>=!~(]", requirement, maxsplit=1)[0]
