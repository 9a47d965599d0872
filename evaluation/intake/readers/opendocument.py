"""OpenDocument sheets, with formulas, hidden rows and columns, and merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from evaluation.errors import DataError
from evaluation.intake.readers.package import unpack
from evaluation.intake.readers.workbook import canonical
from evaluation.intake.sheets import Cell, Kind, Limits, Table, letters, require_size

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_KINDS: dict[str, Kind] = {
    "float": "number",
    "percentage": "number",
    "currency": "number",
    "date": "date",
    "boolean": "boolean",
}
_FILTERED = {"collapse", "filter"}
_ERROR = re.compile(r"^(#[A-Z/0!?]+|Err:\d+)$")


def read(name: str, content: bytes, limits: Limits) -> tuple[Table, ...]:
    """Read a workbook.

    Raises
    ------
    DataError
    """
    parts = unpack(name, content, "ods", limits)
    root = ElementTree.fromstring(parts["content.xml"])  # unpack refused declared entities
    tables = list(root.iter(f"{_TABLE}table"))
    if len(tables) > limits.sheets:
        raise DataError("intake-sheets", where=name, sheets=len(tables), limit=limits.sheets)
    return tuple(_table(name, one, limits) for one in tables)


@dataclass
class _Found:
    """What is collected while the rows of a sheet go by."""

    cells: list[Cell] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)


def _table(file: str, node: ElementTree.Element, limits: Limits) -> Table:
    name = node.get(f"{_TABLE}name") or ""
    found, row = _Found(), 0
    for one in node.iter(f"{_TABLE}table-row"):
        times = _repeated(one, "number-rows-repeated")
        here = list(_cells(one, limits))
        for number in range(row + 1, row + 1 + (min(times, limits.rows + 1) if here else 0)):
            last = max(column for column, _, _ in here)
            require_size(file, name, number, last, limits)
            _take(found, number, here)
        if one.get(f"{_TABLE}visibility") in _FILTERED:
            found.hidden.update(range(row + 1, row + 1 + min(times, limits.rows)))
        row += times
    columns = frozenset(_hidden_columns(node, limits))
    merged = tuple(found.merged)
    return Table(name, tuple(found.cells), frozenset(found.hidden), columns, merged)


def _take(found: _Found, row: int, here: list[tuple[int, Cell | None, tuple[int, int]]]) -> None:
    for column, cell, (down, right) in here:
        if cell is not None:
            found.cells.append(Cell(row, column, cell.text, cell.kind, cell.formula))
        if down > 1 or right > 1:
            last = f"{letters(column + right - 1)}{row + down - 1}"
            found.merged.append(f"{letters(column)}{row}:{last}")


def _cells(row: ElementTree.Element, limits: Limits) -> Iterator[tuple[int, Cell | None, tuple[int, int]]]:
    column = 0
    for node in row:
        if node.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        times = _repeated(node, "number-columns-repeated")
        cell = _cell(node, limits)
        span = (_repeated(node, "number-rows-spanned"), _repeated(node, "number-columns-spanned"))
        for number in range(column + 1, column + 1 + min(times, limits.columns + 1)):
            if cell is not None or span != (1, 1):
                yield number, cell, span
        column += times


def _cell(node: ElementTree.Element, limits: Limits) -> Cell | None:
    formula = node.get(f"{_TABLE}formula") is not None
    kind: Kind = _KINDS.get(node.get(f"{_OFFICE}value-type") or "", "text")
    shown = "\n".join("".join(part.itertext()) for part in node.findall(f"{_TEXT}p")).strip()
    if kind == "number":
        text = canonical(float(node.get(f"{_OFFICE}value") or "nan"))
    elif kind == "date":
        text = (node.get(f"{_OFFICE}date-value") or "").removesuffix("T00:00:00")
    elif kind == "boolean":
        text = "1" if node.get(f"{_OFFICE}boolean-value") == "true" else "0"
    else:
        text = shown
        kind = "error" if _ERROR.match(shown) else "text"
    if not text and not formula:
        return None
    return Cell(0, 0, text[: limits.text], kind, formula)


def _repeated(node: ElementTree.Element, attribute: str) -> int:
    return max(1, int(node.get(f"{_TABLE}{attribute}") or 1))


def _hidden_columns(node: ElementTree.Element, limits: Limits) -> Iterator[int]:
    column = 0
    for one in node.iter(f"{_TABLE}table-column"):
        times = _repeated(one, "number-columns-repeated")
        if one.get(f"{_TABLE}visibility") in _FILTERED:
            yield from range(column + 1, column + 1 + min(times, limits.columns))
        column += times
