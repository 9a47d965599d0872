"""The workbook that a district fills in: validation lists, protected headers, notes, code lists."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from babel.dates import format_date
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from evaluation.intake import quarters
from evaluation.intake.contract import Contract, Field, Sheet
from evaluation.locales import text

HEADER = 3
"""Row of the header; above it stand the title and a description of the sheet."""

ROWS = 1000
"""Rows below the header that are checked while they are filled in."""

_BOLD = Font(bold=True)
_LARGE = Font(bold=True, size=14)
_SHADE = PatternFill("solid", fgColor="FFD9E2EC")
_WRAP = Alignment(wrap_text=True, vertical="top")
_WIDTH = 22
_LONGEST_LIST = 250  # characters of a list inside a validation: Excel takes up to 255


Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Sheet -> rows, as field -> value."""


def template(contract: Contract, quarter: str, lang: str, *, rows: Rows | None = None) -> bytes:
    """Return the workbook for a quarter.

    Parameters
    ----------
    contract : Contract
    quarter : str
    lang : {"cs", "en"}
    rows : Mapping[str, sequence of Mapping], optional
        What is filled in already, by sheet.

    Returns
    -------
    bytes
        An xlsx file without formulas, macros and links.
    """
    book = Workbook()
    book.remove(book.active)
    _instructions(book.create_sheet(text(lang, "intake-sheet-instructions")), contract, quarter, lang)
    lists = _Lists(text(lang, "intake-sheet-codes"))
    for sheet in contract.sheets:
        _data_sheet(book.create_sheet(sheet_title(sheet, lang)), contract, sheet, quarter, lang, lists)
    lists.write(book.create_sheet(lists.sheet), contract, quarter, lang)
    for name, filled in (rows or {}).items():
        _fill(book[sheet_title(contract.by_name[name], lang)], contract.by_name[name], filled, lang)
    return to_bytes(book)


def sheet_title(sheet: Sheet, lang: str) -> str:
    """Title of a sheet as Excel takes it."""
    return str(sheet.title.model_dump()[lang])[:31]


def to_bytes(book: Workbook) -> bytes:
    """Return a workbook as a file."""
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def write_text(cell: Any, value: str) -> None:
    """Write text as text: what begins like a formula is none."""
    cell.value = value
    cell.data_type = "s"


class _Lists:
    """Where the values of each code list stand in the sheet of code lists."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self._columns: dict[str, int] = {}

    def column(self, name: str) -> int:
        """Column of a code list; the first that is asked for gets the first."""
        return self._columns.setdefault(name, 2 * len(self._columns) + 1)

    def reference(self, name: str, length: int) -> str:
        """Cells of the names of a code list, as a formula of Excel."""
        letter = get_column_letter(self.column(name))
        return f"'{self.sheet}'!${letter}$2:${letter}${length + 1}"

    def write(self, sheet: Any, contract: Contract, quarter: str, lang: str) -> None:
        """Write the code lists, each as a column of names and one of codes."""
        for name, column in self._columns.items():
            codes = contract.codelists[name]
            for at, label in (
                (column, codes.title.model_dump()[lang]),
                (column + 1, text(lang, "intake-code")),
            ):
                head = sheet.cell(1, at)
                write_text(head, label)
                head.font, head.fill = _BOLD, _SHADE
                sheet.column_dimensions[get_column_letter(at)].width = _WIDTH
            for row, entry in enumerate(codes.valid(quarter), 2):
                write_text(sheet.cell(row, column), entry.name.model_dump()[lang])
                write_text(sheet.cell(row, column + 1), entry.code)
        sheet.protection.sheet = True
        sheet.freeze_panes = "A2"


def _data_sheet(
    sheet: Any, contract: Contract, declared: Sheet, quarter: str, lang: str, lists: _Lists
) -> None:
    write_text(sheet["A1"], f"{declared.title.model_dump()[lang]} – {quarter}")
    sheet["A1"].font = _LARGE
    if declared.description:
        write_text(sheet["A2"], declared.description.model_dump()[lang])
    for number, field in enumerate(declared.fields, 1):
        letter = get_column_letter(number)
        column = sheet.column_dimensions[letter]
        column.width, column.protection = _WIDTH, Protection(locked=False)
        head = sheet.cell(HEADER, number)
        write_text(head, field.title.model_dump()[lang] + (" *" if field.constraints.required else ""))
        head.font, head.fill, head.alignment = _BOLD, _SHADE, _WRAP
        head.protection = Protection(locked=True)
        head.comment = Comment(_note(field, lang), text(lang, "intake-author"), height=120, width=280)
        rule = _validation(contract, field, quarter, lang, lists)
        if rule is not None:
            rule.add(f"{letter}{HEADER + 1}:{letter}{HEADER + ROWS}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = f"A{HEADER + 1}"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False


def _note(field: Field, lang: str) -> str:
    parts = [field.description.model_dump()[lang]] if field.description else []
    parts.append(text(lang, f"intake-type-{field.type}"))
    if limits := _limits(field):
        parts.append(text(lang, "intake-limits", minimum=limits[0], maximum=limits[1]))
    parts.append(text(lang, "intake-required" if field.constraints.required else "intake-optional"))
    return "\n".join(parts)


def _limits(field: Field) -> tuple[str, str] | None:
    limits = field.constraints
    if limits.minimum is None or limits.maximum is None:
        return None
    return f"{limits.minimum:g}", f"{limits.maximum:g}"


def _validation(
    contract: Contract, field: Field, quarter: str, lang: str, lists: _Lists
) -> DataValidation | None:
    """Return what Excel checks while a cell is filled in; the check of the whole return checks it again."""
    limits, codes = field.constraints, contract.codes(field)
    rule: dict[str, Any]
    if codes is not None:
        rule = {"type": "list", "formula1": lists.reference(codes.id, len(codes.valid(quarter)))}
    elif limits.enum and len(",".join(limits.enum)) < _LONGEST_LIST:
        rule = {"type": "list", "formula1": f'"{",".join(limits.enum)}"'}
    elif field.type == "quarter":
        rule = {"type": "list", "formula1": f'"{quarter}"'}
    elif field.type == "boolean":
        rule = {"type": "list", "formula1": f'"{text(lang, "intake-yes")},{text(lang, "intake-no")}"'}
    elif field.is_number and (ends := _limits(field)):
        kind = "whole" if field.type == "integer" else "decimal"
        rule = {"type": kind, "operator": "between", "formula1": ends[0], "formula2": ends[1]}
    else:
        return None
    said = {"errorTitle": field.title.model_dump()[lang][:32], "error": _note(field, lang)[:250]}
    return DataValidation(**rule, allow_blank=True, showErrorMessage=True, **said)


def _fill(sheet: Any, declared: Sheet, rows: Sequence[Mapping[str, Any]], lang: str) -> None:
    for number, row in enumerate(rows, HEADER + 1):
        for column, field in enumerate(declared.fields, 1):
            value = row.get(field.name)
            cell = sheet.cell(number, column)
            cell.protection = Protection(locked=False)
            if isinstance(value, bool):
                write_text(cell, text(lang, "intake-yes" if value else "intake-no"))
            elif isinstance(value, str):
                write_text(cell, value)
            elif value is not None:
                cell.value = value


def _instructions(sheet: Any, contract: Contract, quarter: str, lang: str) -> None:
    due = quarters.end(quarter) + datetime.timedelta(days=contract.agreement.deadline.days)
    write_text(sheet["A1"], f"{contract.agreement.title.model_dump()[lang]} – {quarter}")
    sheet["A1"].font = _LARGE
    for row, line in enumerate(
        text(lang, "intake-instructions", due=format_date(due, "long", locale=lang)).split("\n"), 2
    ):
        write_text(sheet.cell(row, 1), line)
    start = sheet.max_row + 2
    for row, values in enumerate(_overview(contract, lang), start):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column)
            write_text(cell, value)
            cell.alignment = _WRAP
            if row == start:
                cell.font, cell.fill = _BOLD, _SHADE
    for letter, width in zip("ABC", (28, 34, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.protection.sheet = True


def _overview(contract: Contract, lang: str) -> Iterator[tuple[str, str, str]]:
    """Yield a row per field, and one per rule."""
    yield (
        text(lang, "intake-head-sheet"),
        text(lang, "intake-head-field"),
        text(lang, "intake-head-meaning"),
    )
    for sheet in contract.sheets:
        name = sheet.title.model_dump()[lang]
        for field in sheet.fields:
            yield name, field.title.model_dump()[lang], _note(field, lang)
        for rule in sheet.rules:
            yield name, text(lang, "intake-head-rule"), rule.messages.model_dump()[lang]
