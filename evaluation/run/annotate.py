"""The workbook that a district gets back: its cells coloured and commented, and a sheet of what is wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import islice
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink

from evaluation.intake.codelist import fold
from evaluation.intake.defects import SEVERITIES, Defect, Severity
from evaluation.intake.layout import AUXILIARY
from evaluation.intake.sheets import Book
from evaluation.locales import text
from evaluation.run.defect_words import in_words, severity_in_words
from evaluation.run.workbook import to_bytes, write_text

COLOURS: dict[Severity, str] = {
    "error": "FFF4B6B6",
    "warning": "FFFCE3A1",
    "repaired": "FFCDE7F5",
    "explained": "FFD5E8D0",
}
"""Fill by severity; the severity is also said in words, in the comment and in the sheet of defects."""

MOST_MARKED = 2_000
"""Cells that are coloured and commented; the sheet of defects lists them all."""

_LIST = re.compile(r"\"[^\"=+@]*\"|'?[^'=+\[\]!|]+'?!\$[A-Z]+\$\d+:\$[A-Z]+\$\d+")
_PLAIN = re.compile(r"-?[0-9.]+")
_WIDTHS = (12, 24, 10, 24, 60, 60)


def annotated(content: bytes | None, book: Book, defects: Sequence[Defect], lang: str) -> bytes:
    """Return a return with its defects marked, as xlsx.

    Parameters
    ----------
    content : bytes or None
        The workbook as it was sent; None where it was no xlsx and is built from its cells.
    book : Book
    defects : sequence of Defect
        Of this file.
    lang : {"cs", "en"}

    Returns
    -------
    bytes
        Without any formula: those that were sent are replaced by their values, and text that begins like a
        formula is written as text.
    """
    found = _without_formulas(content) if content is not None else _rebuilt(book)
    for name in [one.title for one in found.worksheets if fold(one.title) in {"chyby", "errors"}]:
        del found[name]
    _mark(found, defects, lang)
    _list(found.create_sheet(text(lang, "intake-sheet-errors"), 0), defects, lang, found.sheetnames)
    found.active = 0
    return to_bytes(found)


def _without_formulas(content: bytes) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book: Workbook = load_workbook(BytesIO(content), data_only=True, keep_links=False)
    for name in list(book.defined_names):
        del book.defined_names[name]
    for sheet in book.worksheets:
        sheet.conditional_formatting = type(sheet.conditional_formatting)()
        rules = sheet.data_validations.dataValidation
        sheet.data_validations.dataValidation = [one for one in rules if _is_harmless(one)]
        for name in list(sheet.defined_names):
            del sheet.defined_names[name]
        for row in sheet.iter_rows():
            for cell in row:
                cell.hyperlink = None
                if isinstance(cell.value, str):
                    cell.data_type = "s"
    return book


def _is_harmless(rule: Any) -> bool:
    """Whether a validation holds nothing but a list, a range of cells or plain numbers."""
    if rule.type == "list":
        return _LIST.fullmatch(rule.formula1 or "") is not None
    return all(one is None or _PLAIN.fullmatch(str(one)) for one in (rule.formula1, rule.formula2))


def _rebuilt(book: Book) -> Workbook:
    found = Workbook()
    found.remove(found.active)
    for table in book.tables:
        if fold(table.name) in AUXILIARY:
            continue
        sheet = found.create_sheet(re.sub(r"[\[\]:*?/\\']", "_", table.name)[:31] or "1")
        for cell in table.cells:
            target = sheet.cell(cell.row, cell.column)
            if cell.kind == "number":
                target.value = float(cell.text) if "." in cell.text or "e" in cell.text else int(cell.text)
            else:
                write_text(target, _clean(cell.text))
    return found


def _clean(value: str) -> str:
    """Text without the characters that XML cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", value)


def _mark(book: Workbook, defects: Iterable[Defect], lang: str) -> None:
    by_cell: dict[tuple[str, str], list[Defect]] = {}
    for one in defects:
        if one.cell and one.sheet in book.sheetnames:
            by_cell.setdefault((one.sheet, one.cell), []).append(one)
    for (sheet, place), found in islice(by_cell.items(), MOST_MARKED):
        cell = _first_of_merged(book[sheet], place)
        worst = min((one.severity for one in found), key=SEVERITIES.index)
        cell.fill = PatternFill("solid", fgColor=COLOURS[worst])
        said = "\n".join(
            " ".join((f"{severity_in_words(d.severity, lang)}:", *in_words(d, lang))) for d in found
        )
        cell.comment = Comment(_clean(said)[:2000], text(lang, "intake-author"), height=160, width=320)


def _first_of_merged(sheet: Any, place: str) -> Any:
    """Return the cell, or the first of the merged cells that it belongs to: only that one can be marked."""
    for merged in sheet.merged_cells.ranges:
        if place in merged:
            return sheet.cell(merged.min_row, merged.min_col)
    return sheet[place]


def _list(sheet: Any, defects: Sequence[Defect], lang: str, sheets: Sequence[str]) -> None:
    keys = ("severity", "sheet", "cell", "value", "what", "fix")
    for column, (key, width) in enumerate(zip(keys, _WIDTHS, strict=True), 1):
        head = sheet.cell(1, column)
        write_text(head, text(lang, f"intake-column-{key}"))
        head.font = Font(bold=True)
        sheet.column_dimensions[head.column_letter].width = width
    for row, one in enumerate(sorted(defects, key=lambda one: SEVERITIES.index(one.severity)), 2):
        what, fix = in_words(one, lang)
        values = (severity_in_words(one.severity, lang), one.sheet, one.cell, one.value, what, fix)
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column)
            write_text(cell, _clean(value))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor=COLOURS[one.severity])
        if one.cell and one.sheet in sheets:
            link = sheet.cell(row, 3)
            quoted = one.sheet.replace("'", "''")
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{one.cell}")
            link.font = Font(underline="single", color="FF0B5394")
    sheet.freeze_panes = "A2"
