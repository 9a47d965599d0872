"""From the cells of a file to rows of the contract: which sheet, which header, which column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from evaluation.intake.codelist import fold
from evaluation.intake.contract import Contract, Field, Sheet
from evaluation.intake.defects import Defect, Severity
from evaluation.intake.sheets import Book, Cell, Table, letters
from evaluation.intake.similar import nearest
from evaluation.intake.values import Plain, parse

AUXILIARY = frozenset({"pokyny", "instructions", "ciselniky", "codelists", "chyby", "errors"})
"""Sheets that the template and the annotated workbook add: never read."""

_HEADER_WITHIN = 30
_RANGE = re.compile(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?")


@dataclass(frozen=True)
class Row:
    """One row of a sheet.

    Attributes
    ----------
    number : int
        In the file.
    value : Mapping[str, int or float or str or bool or None]
        By field; None where there is none or it could not be read.
    cells : Mapping[str, Cell]
        The cells that are not empty.
    invalid : frozenset of str
        Fields whose value is wrong.
    """

    number: int
    value: Mapping[str, Plain | None]
    cells: Mapping[str, Cell]
    invalid: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Filled:
    """A sheet of the contract as one file has it.

    Attributes
    ----------
    file : str
    sheet : Sheet
    table : Table
    header : int
        Row of the header.
    columns : Mapping[str, int]
        Field -> column.
    rows : tuple of Row
    """

    file: str
    sheet: Sheet
    table: Table
    header: int
    columns: Mapping[str, int]
    rows: tuple[Row, ...] = field(default=())

    def place(self, row: Row, name: str) -> str:
        """Name of the cell of a field, also where it is empty."""
        column = self.columns.get(name)
        return f"{letters(column)}{row.number}" if column else f"A{row.number}"


def lay_out(book: Book, contract: Contract) -> tuple[tuple[Filled, ...], tuple[Defect, ...]]:
    """Find the sheets of the contract in a file, and read their rows.

    Returns
    -------
    tuple of Filled
    tuple of Defect
        Everything that is wrong with structure and single values.
    """
    found, defects = _assigned(book, contract)
    filled: list[Filled] = []
    for sheet, table in found.items():
        one, wrong = _fill(book.name, contract.by_name[sheet], table, contract)
        defects += wrong
        if one is not None:
            filled.append(one)
    return tuple(filled), tuple(defects)


def _assigned(book: Book, contract: Contract) -> tuple[dict[str, Table], list[Defect]]:
    """Which table holds which sheet; a CSV file alone holds one sheet and lacks none."""
    found: dict[str, Table] = {}
    defects: list[Defect] = []
    for table in book.tables:
        if fold(table.name) in AUXILIARY or not table.cells:
            continue
        name = sheet_of(table, contract)
        if name is None or name in found:
            numbers = {"sheets": tuple(one.name for one in contract.sheets)}
            code = "sheet_unknown" if name is None else "sheet_twice"
            severity: Severity = "warning" if name is None and len(book.tables) > 1 else "error"
            defects.append(Defect(code, severity, book.name, table.name, "", table.name, numbers))
        else:
            found[name] = table
            if table.hidden:
                defects.append(Defect("hidden_sheet", "warning", book.name, table.name))
    if not book.name.lower().endswith((".csv", ".txt", ".tsv", ".sav", ".dta")):
        lacking = [one for one in contract.sheets if one.required and one.name not in found]
        titles = [one.title.model_dump() for one in lacking]
        defects += [Defect("sheet_missing", "error", book.name, "", "", "", {"sheet": one}) for one in titles]
    return found, defects


def sheet_of(table: Table, contract: Contract) -> str | None:
    """Return the sheet of the contract that a table holds: by its name, else by its header."""
    name = fold(table.name)
    ways = {fold(way): one.name for one in contract.sheets for way in (one.name, one.title.cs, one.title.en)}
    if name in ways:
        return ways[name]
    hits = {one.name: len(_columns(table, _header(table, one), one)) for one in contract.sheets}
    best = max(hits, key=lambda one: hits[one])
    enough = hits[best] >= max(2, len(contract.by_name[best].fields) / 2)
    alone = sum(hits[one] == hits[best] for one in hits) == 1
    inside = [sheet for way, sheet in ways.items() if name.endswith(way)]
    if enough and alone:
        return best
    return inside[0] if inside else None


def _header(table: Table, sheet: Sheet) -> int:
    """Row that holds most of the field names; the first of them."""
    numbers = [row for row in table.rows if row <= _HEADER_WITHIN]
    return max(numbers, key=lambda row: (len(_columns(table, row, sheet)), -row), default=1)


def _columns(table: Table, header: int, sheet: Sheet) -> dict[str, int]:
    ways = _ways(sheet)
    found: dict[str, int] = {}
    for column, cell in sorted(table.rows.get(header, {}).items()):
        name = ways.get(fold(cell.text))
        if name is not None:
            found.setdefault(name, column)
    return found


def _ways(sheet: Sheet) -> dict[str, str]:
    return {fold(way): one.name for one in sheet.fields for way in (one.title.cs, one.title.en, one.name)}


def _fill(file: str, sheet: Sheet, table: Table, contract: Contract) -> tuple[Filled | None, list[Defect]]:
    header = _header(table, sheet)
    columns = _columns(table, header, sheet)
    if not columns:
        return None, [Defect("header_missing", "error", file, table.name, "A1", "", _names(sheet))]
    filled = Filled(file, sheet, table, header, columns)
    defects = [*_wrong_header(filled), *_structure(filled)]
    rows: list[Row] = []
    for number in sorted(row for row in table.rows if row > header):
        cells = {name: table.rows[number].get(column) for name, column in columns.items()}
        present = {name: cell for name, cell in cells.items() if cell is not None}
        if present:
            row, wrong = _read_row(filled, number, present, contract)
            rows.append(row)
            defects += wrong
    if not rows and sheet.name == contract.panel.sheet:
        defects.append(Defect("no_rows", "error", file, table.name, f"A{header + 1}"))
    return Filled(file, sheet, table, header, columns, tuple(rows)), defects


def _names(sheet: Sheet) -> dict[str, tuple[str, ...]]:
    return {"columns": tuple(one.name for one in sheet.fields)}


def _wrong_header(filled: Filled) -> Iterator[Defect]:
    ways, seen = _ways(filled.sheet), set()
    free = [one for one in filled.sheet.fields if one.name not in filled.columns]
    for column, cell in sorted(filled.table.rows[filled.header].items()):
        name, place = ways.get(fold(cell.text)), f"{letters(column)}{filled.header}"
        if name is None:
            titles = [way for one in free for way in (one.title.cs, one.title.en, one.name)]
            numbers = {"nearest": nearest(cell.text, titles)}
            yield Defect("column_unknown", "error", filled.file, filled.table.name, place, cell.text, numbers)
        elif name in seen:
            yield Defect("column_twice", "error", filled.file, filled.table.name, place, cell.text)
        seen.add(name)
    for one in free:
        needed = one.constraints.required or one.name in filled.sheet.primary_key
        severity: Severity = "error" if needed else "warning"
        place, lacking = f"A{filled.header}", {"column": one.title.model_dump()}
        yield Defect("column_missing", severity, filled.file, filled.table.name, place, "", lacking)


def _structure(filled: Filled) -> Iterator[Defect]:
    """Hidden rows and columns that hold values, merged cells, values outside of any column."""
    file, table = filled.file, filled.table
    rows = sorted(row for row in table.rows if row > filled.header)
    for first, last in _blocks([row for row in rows if row in table.hidden_rows]):
        yield Defect("hidden_row", "warning", file, table.name, f"A{first}", "", {"rows": last - first + 1})
    used = {column for row in rows for column in table.rows[row]}
    for first, last in _blocks(sorted(used & table.hidden_columns)):
        place, numbers = f"{letters(first)}{filled.header}", {"columns": last - first + 1}
        yield Defect("hidden_column", "warning", file, table.name, place, "", numbers)
    for merged in table.merged:
        ends = _RANGE.fullmatch(merged)
        if ends is not None and int(ends[4] or ends[2]) > filled.header:
            place = f"{ends[1]}{ends[2]}"
            yield Defect("merged_cells", "error", file, table.name, place, "", {"range": merged})
    header = table.rows[filled.header]
    stray = [table.rows[row][c] for row in rows for c in sorted(table.rows[row]) if c not in header]
    if stray:
        numbers = {"cells": len(stray)}
        yield Defect("stray_value", "error", file, table.name, stray[0].place, stray[0].text, numbers)


def _blocks(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of the runs of neighbouring numbers."""
    if not numbers:
        return
    first = numbers[0]
    for one, two in pairwise([*numbers, numbers[-1] + 2]):
        if two != one + 1:
            yield first, one
            first = two


def _read_row(
    filled: Filled, number: int, cells: Mapping[str, Cell], contract: Contract
) -> tuple[Row, list[Defect]]:
    values: dict[str, Plain | None] = {}
    defects: list[Defect] = []
    for name, column in filled.columns.items():
        one, cell = filled.sheet.by_name[name], cells.get(name)
        if cell is None:
            values[name] = None
            if one.constraints.required:
                place, numbers = f"{letters(column)}{number}", {"column": one.title.model_dump()}
                defects.append(
                    Defect("required", "error", filled.file, filled.table.name, place, "", numbers)
                )
        else:
            values[name], wrong = _read_cell(filled, cell, one, contract)
            defects += wrong
    places = {letters(column) + str(number): name for name, column in filled.columns.items()}
    invalid = frozenset(places[one.cell] for one in defects if one.severity == "error")
    return Row(number, values, dict(cells), invalid), defects


def _read_cell(
    filled: Filled, cell: Cell, column: Field, contract: Contract
) -> tuple[Plain | None, list[Defect]]:
    def defect(code: str, severity: Severity, numbers: Mapping[str, object]) -> Defect:
        given = {"column": column.title.model_dump(), **numbers}
        return Defect(code, severity, filled.file, filled.table.name, cell.place, cell.text, given)

    if cell.formula and not cell.text:
        return None, [defect("formula_without_value", "error", {})]
    read = parse(cell, column, contract.codes(column), decimal_comma=filled.table.decimal_comma)
    found = [defect(code, "error", numbers) for code, numbers in read.errors]
    found += [defect(code, "repaired", numbers) for code, numbers in read.repairs]
    found += [defect("formula", "repaired", {})] if cell.formula else []
    return read.value, found
