"""Reading analyses/programmes/: the typed files, and whether what they refer to is there."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from evaluation.errors import EvaluationError, SpecError, did_you_mean, listed
from evaluation.run import yamlfile
from evaluation.run.model import Path, validate
from evaluation.run.programme.model import Programme
from evaluation.run.project import Project

FOLDER = "analyses/programmes"
SCHEMA_FILE = "data/schema/programme.schema.json"
ESF_FILE = "data/reference/esf_indicators.csv"


@dataclass(frozen=True)
class LoadedProgramme:
    """One file of analyses/programmes/: the programme, or what is wrong with it.

    Attributes
    ----------
    file : str
    programme : Programme or None
    defects : tuple of EvaluationError
    """

    file: str
    programme: Programme | None
    defects: tuple[EvaluationError, ...] = ()


@dataclass(frozen=True)
class _Reference:
    """A name that must be defined elsewhere: its place in the file, and what is defined."""

    path: Path
    name: str
    defined: frozenset[str]


def read_programmes(project: Project) -> list[LoadedProgramme]:
    """Read every file of analyses/programmes/ in the order of their names; never stops at a defect.

    Parameters
    ----------
    project : Project

    Returns
    -------
    list of LoadedProgramme
        A programme with a defect is None: an unknown key, a value of the wrong kind, an id that stands twice,
        or a reference to something that is not there, each with file, line and what is near to it.
    """
    files = sorted((project.root / FOLDER).glob("*.yml"))
    codes = _esf_codes(project)
    return [_load(path, f"{FOLDER}/{path.name}", codes) for path in files]


def schema() -> dict[str, Any]:
    """JSON Schema of a programme file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Programme.model_json_schema()}


def _esf_codes(project: Project) -> frozenset[str]:
    path = project.root / ESF_FILE
    if not path.is_file():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as stream:
        return frozenset(row["code"] for row in csv.DictReader(stream))


def _load(path: Any, file: str, codes: frozenset[str]) -> LoadedProgramme:
    try:
        document = yamlfile.read(path, file)
    except SpecError as error:
        return LoadedProgramme(file, None, (error,))
    programme, defects = validate(Programme, document.raw, file=file, line_of=document.line)
    if programme is not None:
        defects = [*_doubled(programme, document), *_dangling(programme, document, codes)]
    return LoadedProgramme(file, None if defects else programme, tuple(defects))


def _doubled(programme: Programme, document: yamlfile.Document) -> Iterator[SpecError]:
    """Ids that stand twice in a list, or among all indicators."""
    lists: list[tuple[Path, Iterable[Any]]] = [
        ((name,), getattr(programme, name))
        for name in ("questions", "activities", "tools", "organisations", "roles", "milestones", "events")
    ]
    lists += [(("theory", "nodes"), programme.theory.nodes), (("commitments",), programme.commitments)]
    places = [[(path, i, one.id) for i, one in enumerate(items)] for path, items in lists]
    places.append(
        [
            (("commitments", i, "indicators"), k, one.id)
            for i, row in enumerate(programme.commitments)
            for k, one in enumerate(row.indicators)
        ]
    )
    for ids in places:
        seen: set[str] = set()
        for path, i, name in ids:
            if name in seen:
                yield _defect(document, (*path, i, "id"), name, "an id that stands only once")
            seen.add(name)


def _dangling(
    programme: Programme, document: yamlfile.Document, codes: frozenset[str]
) -> Iterator[SpecError]:
    for one in _references(programme, codes):
        if one.name not in one.defined:
            near = did_you_mean(one.name, one.defined)
            yield _defect(document, one.path, one.name, f"one of: {listed(sorted(one.defined), 8)}. {near}")


def _defect(document: yamlfile.Document, path: Path, value: str, expected: str) -> SpecError:
    line = document.line(path)
    where = f"{document.file}, line {line}" if line else document.file
    key = ".".join(str(part) for part in path)
    return SpecError("bad-value", where=where, key=key, value=value, expected=expected.strip())


def _references(programme: Programme, codes: frozenset[str]) -> Iterator[_Reference]:
    """Everything that names something else."""
    rows = frozenset(one.id for one in programme.commitments)
    nodes = frozenset(one.id for one in programme.theory.nodes)
    organisations = frozenset(one.id for one in programme.organisations)
    for i, arrow in enumerate(programme.theory.arrows):
        yield _Reference(("theory", "arrows", i, "from"), arrow.source, nodes)
        yield _Reference(("theory", "arrows", i, "to"), arrow.target, nodes)
    for i, node in enumerate(programme.theory.nodes):
        yield from _each(("theory", "nodes", i, "commitments"), node.commitments, rows)
    for name in ("activities", "roles", "milestones"):
        for i, one in enumerate(getattr(programme, name)):
            yield from _each((name, i, "commitments"), one.commitments, rows)
    for i, role in enumerate(programme.roles):
        yield _Reference(("roles", i, "organisation"), role.organisation, organisations)
    for i, question in enumerate(programme.questions):
        yield from _each(("questions", i, "indicators"), question.indicators, frozenset(programme.indicators))
    yield from _sources(programme)
    yield from _codes(programme, codes)


def _each(path: Path, names: Iterable[str], defined: frozenset[str]) -> Iterator[_Reference]:
    return (_Reference((*path, i), name, defined) for i, name in enumerate(names))


def _sources(programme: Programme) -> Iterator[_Reference]:
    defined = frozenset(programme.sources)
    named: list[tuple[Path, str | None]] = []
    for i, tool in enumerate(programme.tools):
        named += [
            (("tools", i, "source"), tool.source),
            (("tools", i, "continues_source"), tool.continues_source),
        ]
    for i, one in enumerate(programme.milestones):
        named += [
            (("milestones", i, "plan_source"), one.plan_source),
            (("milestones", i, "actual_source"), one.actual_source),
            *((("milestones", i, "revised", k, "source"), r.source) for k, r in enumerate(one.revised)),
        ]
    named += [(("events", i, "source"), one.source) for i, one in enumerate(programme.events)]
    for i, row in enumerate(programme.commitments):
        for k, indicator in enumerate(row.indicators):
            path = ("commitments", i, "indicators", k, "known")
            named += [((*path, j, "source"), value.source) for j, value in enumerate(indicator.known)]
    return (_Reference(path, name, defined) for path, name in named if name is not None)


def _codes(programme: Programme, codes: frozenset[str]) -> Iterator[_Reference]:
    for i, row in enumerate(programme.commitments):
        for k, indicator in enumerate(row.indicators):
            if indicator.esf is not None:
                yield _Reference(("commitments", i, "indicators", k, "esf"), indicator.esf, codes)
