"""What a run made and may be removed: known by its name, shown with its size, never anything else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evaluation.run.files import not_writable
from evaluation.run.lock import only_one
from evaluation.run.project import Project

Part = Literal["results", "site", "all"]

_FILES = {
    "results": (
        "results/*.json",
        "notebooks/*.ipynb",
        "cache/*.json",
        "tables/*.parquet",
        "tables/index.json",
        "manifest.json",
        "run.log.json",
    ),
    "log": ("log/*.jsonl", "log/lock"),
}
_FOLDERS = {"site": ("source", "site")}  # each render makes them anew, so all in them was made
_QUARTER = re.compile(r"\d{4}Q[1-4]")


@dataclass(frozen=True)
class Made:
    """Files of one quarter that a command made.

    Attributes
    ----------
    quarter : str
    part : {"results", "site", "log"}
    paths : tuple of Path
        Files, and folders that are removed whole.
    size : int
        Bytes.
    """

    quarter: str
    part: str
    paths: tuple[Path, ...]
    size: int


@dataclass(frozen=True)
class Found:
    """What may be removed, and what is kept because no command made it."""

    made: tuple[Made, ...]
    kept: tuple[Path, ...]


def find_made(project: Project, *, quarter: str | None = None, part: Part = "all") -> Found:
    """Find what `run` and `render` made; symbolic links are neither followed nor removed.

    Parameters
    ----------
    project : Project
    quarter : str, optional
        All quarters by default.
    part : {"results", "site", "all"}

    Returns
    -------
    Found
    """
    build = project.root / "reports" / "build"
    folders = [build / quarter] if quarter else sorted(build.glob("*"))
    folders = [one for one in folders if _QUARTER.fullmatch(one.name) and one.is_dir() and not _is_link(one)]
    made = [found for folder in folders for name in _parts(part) if (found := _made(folder, name))]
    kept = [path for folder in folders for path in _foreign(folder)] if part == "all" else []
    return Found(tuple(made), tuple(kept))


def remove(project: Project, found: Sequence[Made]) -> None:
    """Remove what was found, while no other command works on its quarter.

    Raises
    ------
    RequestError
        If another process works on a quarter.
    RunError
        If something cannot be removed.
    """
    for quarter in sorted({one.quarter for one in found}):
        with only_one(project, quarter, "evaluation clean"):
            for path in [path for one in found if one.quarter == quarter for path in one.paths]:
                _remove(project, path)
        _remove_empty(project.build(quarter))


def _parts(part: Part) -> tuple[str, ...]:
    return ("results", "site", "log") if part == "all" else (part,)


def _made(folder: Path, part: str) -> Made | None:
    files = [path for pattern in _FILES.get(part, ()) for path in sorted(folder.glob(pattern))]
    whole = [folder / name for name in _FOLDERS.get(part, ())]
    paths = [
        *(path for path in files if path.is_file() and not _is_link(path, folder)),
        *(path for path in whole if path.is_dir() and not _is_link(path, folder)),
    ]
    size = sum(_size(path) for path in paths)
    return Made(folder.name, part, tuple(paths), size) if paths else None


def _foreign(folder: Path) -> list[Path]:
    """Return the files of a quarter that no command made."""
    ours = {path for part in _parts("all") if (made := _made(folder, part)) for path in made.paths}
    return [
        path
        for path in sorted(folder.rglob("*"))
        if (path.is_file() or path.is_symlink()) and ours.isdisjoint([path, *path.parents])
    ]


def _is_link(path: Path, folder: Path | None = None) -> bool:
    """Whether a path, or a folder between it and the quarter's, is a symbolic link."""
    between = [one for one in path.parents if folder and one.is_relative_to(folder)]
    return any(one.is_symlink() for one in (path, *between))


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.lstat().st_size for one in files if one.is_file() and not one.is_symlink())


def _remove(project: Project, path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise not_writable(project, path.parent, error) from None


def _remove_empty(folder: Path) -> None:
    for one in [*(path for path in folder.glob("*") if path.is_dir() and not path.is_symlink()), folder]:
        if not any(one.iterdir()):
            one.rmdir()
