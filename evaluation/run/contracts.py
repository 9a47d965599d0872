"""Contracts of what is sent: `data/schema/<name>.yml` and the code lists that it names."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field as Key

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.intake import expression
from evaluation.intake.codelist import CodeList, Entry
from evaluation.intake.contract import Agreement, Contract, Rule, Sheet
from evaluation.run import yamlfile
from evaluation.run.model import Model, Words, validate
from evaluation.run.project import Project

FOLDER = Path("data/schema")
LISTS = FOLDER / "codelists"
MOST_BYTES = 1_000_000
"""A contract or code list that is larger is not read."""


class Table(Model):
    """A CSV file that holds the codes."""

    file: str
    code: str
    name: str


class ListFile(Model):
    """A code list as its file says it: entries, or a table and what changed in it."""

    schema_version: Literal[1]
    id: str
    title: Words
    source: Words
    table: Table | None = None
    entries: tuple[Entry, ...] = Key(())


def read_contract(project: Project, name: str) -> Contract:
    """Read a contract and its code lists.

    Raises
    ------
    SpecError
        If it is not there; the first of its defects otherwise (with file and line).
    """
    file = project.root / FOLDER / f"{name}.yml"
    _require(project, file, contracts(project), name)
    document = _document(project, file)
    agreement, defects = validate(Agreement, document.raw, file=document.file, line_of=document.line)
    if agreement is None:
        raise defects[0]
    for number, sheet in enumerate(agreement.sheets):
        _check_rules(agreement, sheet, number, document)
    return Contract(agreement, _lists(project, agreement, document))


def contracts(project: Project) -> tuple[str, ...]:
    """Names of the project's contracts."""
    return tuple(sorted(path.stem for path in (project.root / FOLDER).glob("*.yml")))


def read_codelist(project: Project, name: str) -> CodeList:
    """Read a code list.

    Raises
    ------
    SpecError
        If it is not there or is wrong.
    """
    file = project.root / LISTS / f"{name}.yml"
    _require(project, file, (path.stem for path in (project.root / LISTS).glob("*.yml")), name)
    document = _document(project, file)
    found, defects = validate(ListFile, document.raw, file=document.file, line_of=document.line)
    if found is None:
        raise defects[0]
    own = {entry.code: entry for entry in found.entries}
    if len(own) < len(found.entries):
        raise SpecError("bad-value", where=document.file, key="entries", value="…", expected="distinct codes")
    merged = ({one.code: one for one in _rows(project, found.table)} if found.table else {}) | own
    strange = [code for entry in merged.values() for code in entry.successors if code not in merged]
    if strange or not merged:
        value = ", ".join(strange) or "[]"
        raise SpecError(
            "bad-value", where=document.file, key="successors", value=value, expected="codes of the list"
        )
    return CodeList(found.id, found.title, tuple(merged.values()))


def _require(project: Project, file: Path, known: Iterable[str], name: str) -> None:
    names = sorted(known)
    if name not in names or not file.is_file():
        suggestion = did_you_mean(name, names)
        shown = project.shown(file)
        raise SpecError("missing-file", file=shown, available=listed(names), suggestion=suggestion)


def _document(project: Project, file: Path) -> yamlfile.Document:
    shown = project.shown(file)
    if file.stat().st_size > MOST_BYTES:
        raise SpecError("bad-yaml", where=shown, reason=f"it is larger than {MOST_BYTES} bytes")
    return yamlfile.read(file, shown)


def _rows(project: Project, table: Table) -> list[Entry]:
    file = (project.root / table.file).resolve()
    if not file.is_relative_to(project.root.resolve()) or not file.is_file():
        raise SpecError("missing-file", file=table.file, available="", suggestion="")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    missing = {table.code, table.name} - set(rows[0] if rows else ())
    if missing:
        raise SpecError("key-missing", where=table.file, key=", ".join(sorted(missing)))
    return [Entry(code=row[table.code], name=Words(cs=row[table.name], en=row[table.name])) for row in rows]


def _lists(project: Project, agreement: Agreement, document: yamlfile.Document) -> dict[str, CodeList]:
    found: dict[str, CodeList] = {}
    for i, sheet in enumerate(agreement.sheets):
        for j, field in enumerate(sheet.fields):
            if field.codes and field.codes not in found:
                try:
                    found[field.codes] = read_codelist(project, field.codes)
                except SpecError as error:
                    if error.code != "missing-file" or error.where:
                        raise
                    error.where = (
                        f"{document.file}, line {document.line(('sheets', i, 'fields', j, 'codes'))}"
                    )
                    raise error.with_traceback(None) from None
    return found


def _check_rules(agreement: Agreement, sheet: Sheet, number: int, document: yamlfile.Document) -> None:
    known = {field.name for field in sheet.fields}
    known |= {f"{one.name}.{field.name}" for one in agreement.sheets for field in one.fields}
    for i, rule in enumerate(sheet.rules):
        place: tuple[str | int, ...] = ("sheets", number, "rules", i, "check")
        where = f"{document.file}, line {document.line(place)}"
        try:
            unknown = set(_names(rule)) - known
        except ValueError as error:
            key = ".".join(map(str, place))
            raise SpecError(
                "bad-value", where=where, key=key, value=rule.check, expected=str(error)
            ) from None
        if unknown:
            key = min(unknown)
            suggestion = did_you_mean(key, known)
            raise SpecError(
                "unknown-key",
                where=where,
                key=key,
                available=listed(sorted(known), 20),
                suggestion=suggestion,
            )


def _names(rule: Rule) -> tuple[str, ...]:
    return expression.names(expression.parse(rule.check))
