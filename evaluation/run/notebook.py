"""Notebooks as JSON: their parameters, their code, what they published, how they failed."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.run.project import Project

FOLDER = "notebooks"
PUBLISHED = "application/vnd.evaluation.published+json"
ERROR = "application/vnd.evaluation.error+json"
_TIMES = ("papermill", "execution", "ExecuteTime")


@dataclass(frozen=True)
class Notebook:
    """A notebook that can be run.

    Attributes
    ----------
    path : Path
    file : str
        Its name in the project.
    parameters : tuple of str
        What its parameters cell declares.
    sha256 : str
        Hash of its code cells: neither outputs nor remarks change it.
    """

    path: Path
    file: str
    parameters: tuple[str, ...]
    sha256: str


def read_notebook(project: Project, name: str) -> Notebook:
    """Read a notebook of the project.

    Raises
    ------
    SpecError
        If there is none of this name.
    RunError
        If the file is no notebook or has no parameters cell.
    """
    path = project.root / FOLDER / f"{name}.ipynb"
    file = f"{FOLDER}/{name}.ipynb"
    if not path.is_file():
        present = sorted(one.stem for one in (project.root / FOLDER).glob("*.ipynb"))
        raise SpecError(
            "missing-file", file=file, available=listed(present), suggestion=did_you_mean(name, present)
        )
    cells = _cells(path, file)
    code = [source(cell) for cell in cells if cell.get("cell_type") == "code"]
    text = "\n\0".join(code).encode()
    return Notebook(path, file, _declared(cells, file), hashlib.sha256(text).hexdigest())


def check_parameters(notebook: Notebook, parameters: Mapping[str, Any]) -> None:
    """Refuse a parameter that the notebook does not declare: papermill would only warn.

    Raises
    ------
    SpecError
    """
    for name, value in parameters.items():
        if name not in notebook.parameters:
            raise SpecError(
                "unknown-parameter",
                notebook=notebook.file,
                parameter=name,
                available=listed(notebook.parameters),
                suggestion=did_you_mean(name, notebook.parameters),
            )
        if not isinstance(value, (str, int, float, bool, list)):
            raise SpecError("bad-parameter", parameter=name, value=value, reason=type(value).__name__)


def source(cell: Mapping[str, Any]) -> str:
    """Text of a cell."""
    return _text(cell.get("source", ""))


def _text(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def imported(notebook: Notebook) -> set[str]:
    """Return the modules that the code of a notebook imports by name, as far as it is plain Python."""
    found: set[str] = set()
    for cell in json.loads(notebook.path.read_text(encoding="utf-8"))["cells"]:
        try:
            tree = ast.parse(source(cell) if cell.get("cell_type") == "code" else "")
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    return found


def published(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an executed notebook published, by name, in the order in which it was shown."""
    found: dict[str, Any] = {}
    for output in _outputs(notebook):
        payload = output.get("data", {}).get(PUBLISHED)
        if payload is not None:
            value = payload["published"]
            found[payload["name"]] = json.loads(value) if isinstance(value, str) else value
    return found


def failure(notebook: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """Return the coded error that a notebook ended with, if it is one, and the last line of any error."""
    coded, last = None, ""
    for output in _outputs(notebook):
        coded = output.get("data", {}).get(ERROR, coded)
        if output.get("output_type") == "error":
            last = f"{output.get('ename', '')}: {output.get('evalue', '')}".splitlines()[0]
    return coded, last


def stderr(notebook: Mapping[str, Any]) -> list[str]:
    """Return what an executed notebook wrote to stderr: warnings, for the log and not for the report."""
    return [_text(output["text"]) for output in _outputs(notebook) if output.get("name") == "stderr"]


def without_times(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook without times, paths and warnings, so that two runs have equal bytes."""
    cells = [_clean_cell(cell, f"cell-{i}") for i, cell in enumerate(notebook["cells"], start=1)]
    kept = {k: v for k, v in notebook.get("metadata", {}).items() if k not in _TIMES}
    return {**notebook, "cells": cells, "metadata": kept}


def _clean_cell(cell: dict[str, Any], name: str) -> dict[str, Any]:
    metadata = {k: v for k, v in cell.get("metadata", {}).items() if k not in _TIMES}
    outputs = _joined(output for output in cell.get("outputs", ()) if output.get("name") != "stderr")
    return {**cell, "id": name, "metadata": metadata} | ({"outputs": outputs} if "outputs" in cell else {})


def _joined(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join pieces of stdout that follow each other: how it was cut is a matter of time."""
    found: list[dict[str, Any]] = []
    for output in outputs:
        if found and output.get("name") and found[-1].get("name") == output["name"]:
            joined = _text(found[-1]["text"]) + _text(output["text"])
            found[-1] = {**output, "text": joined.splitlines(keepends=True)}
        else:
            found.append(output)
    return found


def _outputs(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for cell in notebook["cells"]:
        yield from cell.get("outputs", ())


def _cells(path: Path, file: str) -> list[Mapping[str, Any]]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise SpecError("bad-notebook", where=file, reason=str(error)) from None
    if not isinstance(raw, dict) or raw.get("nbformat") != 4 or not isinstance(raw.get("cells"), list):
        raise SpecError("bad-notebook", where=file, reason="no cells of nbformat 4")
    return [cell for cell in raw["cells"] if isinstance(cell, dict)]


def _declared(cells: list[Mapping[str, Any]], file: str) -> tuple[str, ...]:
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ())]
    if len(tagged) != 1:
        raise SpecError("bad-notebook", where=file, reason=f"{len(tagged)} cells tagged 'parameters'")
    try:
        tree = ast.parse(source(tagged[0]))
    except SyntaxError as error:
        raise SpecError("bad-notebook", where=file, reason=f"parameters cell: {error.msg}") from None
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return tuple(target.id for target in targets if isinstance(target, ast.Name))
