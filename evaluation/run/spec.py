"""Specifications as data: one YAML file per question, typed and frozen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError, SpecError
from evaluation.run import yamlfile
from evaluation.run.kinds import DEFAULT, model_of
from evaluation.run.model import validate
from evaluation.run.project import Project
from evaluation.run.question import Question

FOLDER = "analyses"


@dataclass(frozen=True)
class Loaded:
    """One file of analyses/: the analysis, or what is wrong with it.

    Attributes
    ----------
    id : str
        Of the analysis, or the file's name where it cannot be read.
    file : str
    analysis : Question or None
    defects : tuple of EvaluationError
    """

    id: str
    file: str
    analysis: Question | None
    defects: tuple[EvaluationError, ...] = ()


def from_json(text: str) -> Question:
    """Read the canonical form.

    Raises
    ------
    SpecError
        The first defect.
    """
    raw = json.loads(text)
    analysis, defects = validate(_model(raw, "spec"), raw, file="spec")
    if analysis is None:
        raise defects[0]
    return analysis


def read_analyses(project: Project) -> list[Loaded]:
    """Read every file of analyses/, in the order of their names; never stops at a defect."""
    files = sorted((project.root / FOLDER).glob("*.yml"))
    loaded = [_load(path, f"{FOLDER}/{path.name}") for path in files]
    seen: dict[str, str] = {}
    result = []
    for one in loaded:
        if one.id in seen:
            error = SpecError("duplicate-id", where=f"{one.file} and {seen[one.id]}", analysis=one.id)
            one = Loaded(f"{one.id}@{one.file.split('/')[-1]}", one.file, None, (error,))  # noqa: PLW2901
        seen[one.id] = one.file
        result.append(one)
    return result


def _load(path: Path, file: str) -> Loaded:
    try:
        document = yamlfile.read(path, file)
    except SpecError as error:
        return Loaded(path.stem, file, None, (error,))
    named = document.raw.get("id") if isinstance(document.raw, dict) else None
    name = named if isinstance(named, str) else path.stem
    try:
        model = _model(document.raw, file)
    except SpecError as error:
        return Loaded(name, file, None, (error,))
    analysis, defects = validate(model, document.raw, file=file, line_of=document.line)
    return Loaded(name, file, analysis, tuple(defects))


def _model(raw: Any, file: str) -> type[Question]:
    """Return the model of the kind that a document names; impact where it names none."""
    kind = raw.get("kind", DEFAULT) if isinstance(raw, Mapping) else DEFAULT
    return model_of(str(kind), where=file)
