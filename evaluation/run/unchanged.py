"""Whether anything changed since the last run: the keys of all analyses, as that run found them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.run.files import not_writable, read_json, to_json, write
from evaluation.run.locate import digest
from evaluation.run.plan import Paths, is_kept, keys
from evaluation.run.project import Project

SCHEMA_VERSION = 1
TABLES = "tables"
INDEX = "index.json"


def is_unchanged(project: Project, quarter: str, *, only: Sequence[str] = ()) -> bool:
    """Whether a run would find what the last one found, and its results are all still there.

    Data, code lists, specifications, notebooks, code, seed and installed versions count; an analysis that
    failed or had no data then counts as unchanged while the reason is the same.

    Raises
    ------
    SpecError
        If quarter, project, catalogue or an id in `only` is wrong.
    """
    known = _read(_file(project, quarter))
    now = keys(project, quarter, only=only)
    if not only and set(known) != set(now):
        return False
    return all(known.get(name) == key and _is_there(project, quarter, name, key) for name, key in now.items())


def remember(project: Project, quarter: str, found: Mapping[str, str]) -> None:
    """Keep the keys that a run found when it began; those of other analyses stay.

    Raises
    ------
    RunError
        If they cannot be written.
    """
    path = _file(project, quarter)
    merged = dict(sorted((_read(path) | dict(found)).items()))
    try:
        write(path, to_json({"schema_version": SCHEMA_VERSION, "keys": merged}))
    except OSError as error:
        raise not_writable(project, path.parent, error) from None


def forget(project: Project, quarter: str, present: Sequence[str]) -> None:
    """Drop the keys of analyses that are no longer there."""
    path = _file(project, quarter)
    kept = {name: key for name, key in _read(path).items() if name in present}
    if kept != _read(path):
        write(path, to_json({"schema_version": SCHEMA_VERSION, "keys": kept}))


def tables_are_current(project: Project, quarter: str) -> bool:
    """Whether the tables of a quarter were made of the results that lie there."""
    index = read_json(project.build(quarter) / TABLES / INDEX)
    return isinstance(index, dict) and index.get("results_sha256") == results_digest(project, quarter)


def results_digest(project: Project, quarter: str) -> str:
    """Return the hash of all results of a quarter."""
    total = hashlib.sha256()
    for path in sorted((project.build(quarter) / "results").glob("*.json")):
        total.update(f"{path.name}\0{digest(path)}\n".encode())
    return total.hexdigest()


def _is_there(project: Project, quarter: str, name: str, key: str) -> bool:
    """Whether the result is what was written: verified by its hash where the analysis ended well."""
    paths = Paths.of(project, quarter, name)
    result = read_json(paths.result)
    if not isinstance(result, dict):
        return False
    return is_kept(paths, key) if result.get("status") == "ok" else True


def _file(project: Project, quarter: str) -> Path:
    return project.build(quarter) / "cache" / ".inputs.json"


def _read(path: Path) -> dict[str, str]:
    found = read_json(path)
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION:
        return {}
    return dict(found["keys"])
