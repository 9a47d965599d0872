"""YAML with line numbers: what a message needs to point at a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from evaluation.errors import SpecError

MOST_NODES = 200_000
"""Values of a YAML file after its aliases are written out."""

MOST_DEEP = 100
"""Levels of a YAML file."""


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Dates stay text: a specification holds words, numbers and lists only."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Document:
    """A parsed YAML file.

    Attributes
    ----------
    raw : Any
        What the file holds.
    file : str
        Its name for messages.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        try:
            self._root = yaml.compose(text, Loader=_Loader)
            _refuse_expanding(self._root, file)
            self.raw: Any = yaml.load(text, Loader=_Loader)
        except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
            raise _not_yaml(error, file) from None
        _refuse_doubled(self._root, file)

    def line(self, path: tuple[str | int, ...]) -> int | None:
        """Line of a key path, or of the nearest key above it that the file has."""
        node, line = self._root, None
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line


def read(path: Path, shown: str) -> Document:
    """Read a YAML file.

    Raises
    ------
    SpecError
        If the file is not YAML, not UTF-8, or names a key twice.
    """
    try:
        return Document(path.read_text(encoding="utf-8"), shown)
    except UnicodeDecodeError as error:
        raise SpecError("bad-yaml", where=shown, reason=f"byte {error.start} is not UTF-8") from None


def _child(node: Any, part: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def _not_yaml(error: Exception, file: str) -> SpecError:
    mark = getattr(error, "problem_mark", None)
    where = f"{file}, line {mark.line + 1}" if mark else file
    return SpecError(
        "bad-yaml", where=where, reason=str(getattr(error, "problem", None) or error or type(error).__name__)
    )


def _refuse_expanding(root: Any, file: str) -> None:
    """Refuse aliases that contain themselves, or that stand for more than a person could have written."""
    sizes: dict[int, int] = {}

    def size(node: Any, inside: frozenset[int]) -> int:
        key = id(node)
        if key in inside or len(inside) > MOST_DEEP:
            raise SpecError("bad-yaml", where=file, reason="its parts contain themselves or lie too deep")
        if key not in sizes:
            parts = node.value if isinstance(node, yaml.CollectionNode) else []
            flat = [one for part in parts for one in (part if isinstance(part, tuple) else (part,))]
            sizes[key] = 1 + sum(size(one, inside | {key}) for one in flat)
        return sizes[key]

    if root is not None and size(root, frozenset()) > MOST_NODES:
        raise SpecError("bad-yaml", where=file, reason=f"it has more than {MOST_NODES} values")


def _refuse_doubled(node: Any, file: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                where = f"{file}, line {key.start_mark.line + 1}"
                raise SpecError("bad-yaml", where=where, reason=f"the key {key.value!r} stands there twice")
            seen.add(key.value)
            _refuse_doubled(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_doubled(value, file)
