"""What may have made a difference between two runs of an analysis: data, specification, code, environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Manifest = Mapping[str, Any]
_HASHED = {
    "catalogue": ("catalogue_sha256",),
    "specification": ("spec", "sha256"),
    "notebook": ("notebook", "sha256"),
    "code": ("code_sha256",),
    "seed": ("seed",),
}


@dataclass(frozen=True)
class Change:
    """One input that is not the same in both runs.

    Attributes
    ----------
    cause : {"data", "cutoff", "catalogue", "specification", "notebook", "code", "seed", "environment"}
        ``cutoff``: the same file, but the later quarter uses more of its rows.
    before, after : Any
        Hash, number of rows, seed, or versions by package.
    """

    cause: str
    before: Any
    after: Any


def changes(before: Manifest, after: Manifest, name: str) -> tuple[Change, ...]:
    """Return what differs between the inputs of an analysis in two manifests.

    Parameters
    ----------
    before, after : Mapping
        Manifests of two runs.
    name : str
        Id of the analysis, present in both.

    Returns
    -------
    tuple of Change
    """
    one, two = _entry(before, name), _entry(after, name)
    found = [*_data(before, after, one, two)]
    for cause, path in _HASHED.items():
        old, new = _at(one, path), _at(two, path)
        if old != new:
            found.append(Change(cause, old, new))
    if versions := _versions(before, after):
        found.append(versions)
    return tuple(found)


def _entry(manifest: Manifest, name: str) -> Mapping[str, Any]:
    found = (one for one in manifest["analyses"] if one["id"] == name)
    return next(found, {})


def _data(before: Manifest, after: Manifest, one: Any, two: Any) -> list[Change]:
    """Compare the files first; where they are equal, or the quarters differ, the rows that are used."""
    old, new = one.get("data") or {}, two.get("data") or {}
    prints = [
        (data.get("sha256"), tuple(sorted((data.get("code_lists") or {}).items()))) for data in (old, new)
    ]
    rows = [data.get("rows_used") for data in (old, new)]
    found = [Change("data", old.get("sha256"), new.get("sha256"))] if prints[0] != prints[1] else []
    if before["quarter"] != after["quarter"] and rows[0] != rows[1]:
        found.append(Change("cutoff", *rows))
    return found


def _versions(before: Manifest, after: Manifest) -> Change | None:
    old, new = (dict(one["versions"]) for one in (before, after))
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if not names:
        return None
    return Change("environment", {n: old.get(n) for n in names}, {n: new.get(n) for n in names})


def _at(entry: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry
