"""Excel workbooks, with formulas, hidden rows and columns, and merged cells."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import openpyxl

from evaluation.errors import DataError
from evaluation.intake.readers.package import unpack
from evaluation.intake.sheets import Cell, Limits, Table, require_size

_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MOST_CELLS = 200_000


def read(name: str, content: bytes, limits: Limits) -> tuple[Table, ...]:
    """Read a workbook.

    Raises
    ------
    DataError
    """
    parts = unpack(name, content, "xlsx", limits)
    _refuse_many(name, parts, limits)
    book = _load(content, values=False)
    if len(book.worksheets) > limits.sheets:
        raise DataError("intake-sheets", where=name, sheets=len(book.worksheets), limit=limits.sheets)
    for sheet in book.worksheets:
        require_size(name, sheet.title, sheet.max_row, sheet.max_column, limits)
    formulas = any(_FORMULA.search(part) for path, part in parts.items() if "/worksheets/" in path)
    values = _load(content, values=True) if formulas else book
    pairs = zip(book.worksheets, values.worksheets, strict=True)
    return tuple(_table(sheet, shown, limits) for sheet, shown in pairs)


def _refuse_many(name: str, parts: Mapping[str, bytes], limits: Limits) -> None:
    """Count rows and cells in the raw text, before a million of them becomes objects."""
    for path, part in parts.items():
        if "worksheets/" in path:
            if (rows := _count(_ROW, part)) > limits.rows:
                raise DataError("intake-rows", where=name, sheet=path, rows=rows, limit=limits.rows)
            if (cells := _count(_CELL, part)) > _MOST_CELLS:
                columns = cells // max(rows, 1)
                raise DataError(
                    "intake-columns", where=name, sheet=path, columns=columns, limit=limits.columns
                )


def _count(pattern: re.Pattern[bytes], part: bytes) -> int:
    return sum(1 for _ in pattern.finditer(part))


def _load(content: bytes, *, values: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(BytesIO(content), data_only=values, keep_links=False)


def _table(sheet: Any, shown: Any, limits: Limits) -> Table:
    merged = tuple(str(one) for one in sheet.merged_cells.ranges)
    rows = frozenset(number for number, row in sheet.row_dimensions.items() if row.hidden)
    columns = frozenset(_hidden_columns(sheet, limits))
    cells = tuple(_cells(sheet, shown, limits))
    hidden = sheet.sheet_state != "visible"
    return Table(sheet.title, cells, rows, columns, tuple(sorted(merged)), hidden)


def _hidden_columns(sheet: Any, limits: Limits) -> Iterator[int]:
    for one in sheet.column_dimensions.values():
        if one.hidden and one.min and one.max:
            yield from range(one.min, min(one.max, limits.columns) + 1)


def _cells(sheet: Any, shown: Any, limits: Limits) -> Iterator[Cell]:
    for row, values in zip(sheet.iter_rows(), shown.iter_rows(), strict=True):
        for cell, value in zip(row, values, strict=True):
            formula = cell.data_type == "f"
            if cell.value is None and not formula:
                continue
            kind, text = _written(value.value, value.data_type)
            if text or formula:
                yield Cell(cell.row, cell.column, text[: limits.text], kind, formula)


def _written(value: Any, data_type: str) -> tuple[Any, str]:
    """Return kind and canonical text of a value."""
    if value is None:
        return "text", ""
    if isinstance(value, bool):
        return "boolean", "1" if value else "0"
    if isinstance(value, (int, float)):
        return "number", canonical(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return "date", value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return "date", value.isoformat()
    return ("error" if data_type == "e" else "text"), str(value).strip()


def canonical(value: float) -> str:
    """Write a number as text: whole ones without a point.

    Examples
    --------
    >>> canonical(3.0), canonical(0.35)
    ('3', '0.35')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
