"""Where a data file lies on this machine, and its fingerprint."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from evaluation.errors import RunError
from evaluation.run.catalogue import Dataset, InPackage, InVintages
from evaluation.run.model import in_both
from evaluation.run.project import Project

FOLDERS = ("data/raw", "data/demo", "data/reference", "data")
PRIVATE = "data/raw/"
"""Where data lie that the project may not carry: what is absent there is no mistake."""
VARIABLE = "EVALUATION_DATA"


@dataclass(frozen=True)
class Located:
    """A file that was found.

    Attributes
    ----------
    path : Path
    shown : str
        Its name in messages and in the manifest: never an absolute path.
    sha256 : str
    vintages : Mapping
        Of what was accepted: how many vintages, how many of them were purged, and the chain of the register.
    """

    path: Path
    shown: str
    sha256: str
    vintages: Mapping[str, Any] = field(default_factory=dict)


class DataAbsentError(RunError):
    """A data set that is not on this machine: its analyses are not run, the others are."""


def locate(project: Project, name: str, dataset: Dataset, quarter: str | None = None) -> Located:
    """Find the file of a data set, or what was accepted up to a quarter.

    Raises
    ------
    DataAbsentError
        If it is nowhere; names the publisher and the address.
    """
    found = dataset.found
    if isinstance(found, InVintages):
        return _in_vintages(project, found, quarter)
    where = _in_package(found) if isinstance(found, InPackage) else _in_folders(project, found.file)
    if where is None:
        raise DataAbsentError(
            "data-absent",
            dataset=name,
            publisher=in_both(dataset.publisher),
            address=dataset.address,
            file=found.file,
        )
    path, shown = where
    return Located(path, shown, digest(path))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def whole_digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder; hidden ones do not count."""
    if path.is_file():
        return digest(path)
    files = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
    names = [[one.relative_to(path).as_posix(), digest(one)] for one in files]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def provenance(project: Project, name: str, dataset: Dataset, found: Located) -> dict[str, Any]:
    """Return what is known of a data set without opening it."""
    lists = sorted({column.codes.file for column in dataset.columns.values() if column.codes})
    accepted = {"vintages": dict(found.vintages)} if found.vintages else {}
    return accepted | {
        "dataset": name,
        "file": found.shown,
        "sha256": found.sha256,
        "title": dataset.title.model_dump(),
        "publisher": in_both(dataset.publisher),
        "address": dataset.address,
        "licence": in_both(dataset.licence),
        "source": in_both(dataset.source),
        "synthetic": dataset.synthetic,
        "code_lists": {
            file: digest(project.root / file) for file in lists if (project.root / file).is_file()
        },
    }


def combined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the provenance of all sources of a question: of one its own, of several a summary with parts.

    Examples
    --------
    >>> one = {"dataset": "visits", "sha256": "ab", "synthetic": False, "rows_used": 3}
    >>> combined([one]) == one
    True
    >>> two = combined([one, {"dataset": "posts", "sha256": "cd", "synthetic": True, "rows_used": 2}])
    >>> two["synthetic"], two["rows_used"], len(two["parts"])
    (True, 5, 2)
    """
    if len(parts) == 1:
        return dict(parts[0])
    prints = json.dumps([[one["sha256"], one.get("code_lists")] for one in parts], sort_keys=True)
    rows = {
        key: sum(int(one[key]) for one in parts)
        for key in ("rows", "rows_used")
        if all(key in one for one in parts)
    }
    return {
        "sha256": hashlib.sha256(prints.encode()).hexdigest(),
        "synthetic": any(bool(one["synthetic"]) for one in parts),
        **rows,
        "parts": [dict(one) for one in parts],
    }


def _in_vintages(project: Project, found: InVintages, quarter: str | None) -> Located:
    """Describe what the store knows, from its register alone."""
    from evaluation.run.store import shown, store_without_key  # noqa: PLC0415 -- pandas only where there is a store

    store = store_without_key(project)
    if not store.exists:
        raise DataAbsentError("no-vintages", where=project.shown(store.folder))
    state = store.state(found.contract, found.sheet, quarter)
    return Located(store.folder, shown(found, quarter), state.sha256, asdict(state))


def _in_package(found: InPackage) -> tuple[Path, str] | None:
    spec = importlib.util.find_spec(found.module)
    if spec is None or not spec.submodule_search_locations or metadata.version(found.module) != found.version:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / found.file
    return (path, f"{found.module} {found.version}: {found.file}") if path.is_file() else None


def _in_folders(project: Project, file: str) -> tuple[Path, str] | None:
    for folder in FOLDERS:
        path = project.root / folder / file
        if path.is_file():
            return path, f"{folder}/{file}"
    outside = os.environ.get(VARIABLE)
    if outside and (project.root / outside / file).is_file():
        return project.root / outside / file, f"{VARIABLE}/{file}"
    return None
