"""Quarto's metadata: front matter, ``_metadata.yml`` of each folder, ``_quarto.yml``; nearer wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from evaluation.errors import SpecError

PATHS = ("bibliography", "csl", "css")
"""Keys whose values are files: relative to the file that names them."""

OUTPUT_FORMAT = "html"


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML without dates: a date stays the text that the author wrote."""


Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(source: str, *, where: str, first_line: int = 1) -> dict[str, Any]:
    """Read one YAML mapping.

    Raises
    ------
    SpecError
        If it is not YAML, or not a mapping; names the file and the line.

    Examples
    --------
    >>> read_yaml("date: 2024-12-31", where="index.qmd")
    {'date': '2024-12-31'}
    """
    try:
        value = yaml.load(source, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        reason = getattr(error, "problem", None) or str(error)
        raise SpecError("bad-yaml", where=f"{where}:{line}", reason=reason) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        reason = f"keys and values are expected, not {type(value).__name__}"
        raise SpecError("bad-yaml", where=f"{where}:{first_line}", reason=reason)
    return value


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Merge metadata from far to near: mappings merge, lists add up, anything else is replaced.

    Examples
    --------
    >>> merge({"lang": "cs", "format": {"html": {"toc": True}}}, {"format": {"html": {"toc": False}}})
    {'lang': 'cs', 'format': {'html': {'toc': False}}}
    >>> merge({"css": ["a.css"]}, {"css": ["b.css", "a.css"]})
    {'css': ['a.css', 'b.css']}
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            merged[key] = _merge_value(merged.get(key), value)
    return merged


def _merge_value(far: Any, near: Any) -> Any:
    if isinstance(far, dict) and isinstance(near, dict):
        return merge(far, near)
    if isinstance(far, list) and isinstance(near, list):
        return far + [item for item in near if item not in far]
    return near


def normalised(metadata: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write ``format: html`` as a mapping, and paths as absolute ones, so that layers can be merged."""
    result = dict(metadata)
    formats = result.get("format")
    if isinstance(formats, str):
        formats = {formats: {}}
    if isinstance(formats, dict):
        result["format"] = {
            name: _absolute(options if isinstance(options, dict) else {}, folder)
            for name, options in formats.items()
        }
    return _absolute(result, folder)


def _absolute(metadata: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    result = dict(metadata)
    for key in PATHS:
        if key in result:
            names = result[key] if isinstance(result[key], list) else [result[key]]
            result[key] = [str(folder / str(name)) for name in names]
    return result


def flattened(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Lift the options of ``format.html`` to the top, where they win.

    Examples
    --------
    >>> flattened({"toc": False, "format": {"html": {"toc": True}}})["toc"]
    True
    """
    formats = metadata.get("format", {})
    options = formats.get(OUTPUT_FORMAT, {}) if isinstance(formats, dict) else {}
    return merge(metadata, options)


def lookup(metadata: Mapping[str, Any], dotted: str) -> Any:
    """Return the value under ``a.b.c``.

    Raises
    ------
    KeyError
        If there is none.
    """
    value: Any = metadata
    for key in dotted.split("."):
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, Mapping) and key in value:
            value = value[key]
        else:
            raise KeyError(dotted)
    return value


def truths(metadata: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the dotted keys that are true, for ``when-meta``.

    Examples
    --------
    >>> list(truths({"draft": True, "params": {"annex": True, "map": False}, "title": "A"}))
    ['draft', 'params.annex']
    """
    for key, value in metadata.items():
        if isinstance(value, Mapping):
            yield from truths(value, f"{above}{key}.")
        elif value is True:
            yield f"{above}{key}"


def as_list(value: Any) -> list[Any]:
    """Return a list: of nothing, of one thing, or the list itself."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def split_front_matter(lines: Iterable[str]) -> tuple[str, int]:
    """Return the YAML at the head of a page and the number of lines it takes with its fences.

    Examples
    --------
    >>> split_front_matter(["---", "title: A", "---", "Text"])
    ('title: A', 3)
    >>> split_front_matter(["Text"])
    ('', 0)
    """
    rows = list(lines)
    if not rows or rows[0].rstrip() != "---":
        return "", 0
    for number, row in enumerate(rows[1:], start=1):
        if row.rstrip() in {"---", "..."}:
            return "\n".join(rows[1:number]), number + 1
    return "", 0
