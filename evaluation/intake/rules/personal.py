"""What may never be sent: names, birth numbers, e-mail, telephone, free text. Values are not repeated."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from evaluation.intake.codelist import fold
from evaluation.intake.contract import Contract
from evaluation.intake.defects import HIDDEN, Defect
from evaluation.intake.layout import AUXILIARY, Filled
from evaluation.intake.round import Round
from evaluation.intake.sheets import Cell, Table
from evaluation.intake.similar import nearest

_HEADERS = re.compile(
    r"(krestni|prijmeni|jmenoklient|jmenoaprijmeni|^jmeno|rodnecislo|datumnarozeni|narozen|bydliste|adresa|"
    r"telefon|mobil|email|surname|firstname|lastname|fullname|clientname|birthdate|dateofbirth|birthnumber|"
    r"nationalid|address|phone|poznamk|komentar|remark|comment|^note)"
)
_BIRTH = re.compile(r"(?<![0-9])([0-9]{2})([0-9]{2})([0-9]{2})(/| ?)([0-9]{3,4})(?![0-9])")
_EMAIL = re.compile(r"[^\s@;,<>]{1,64}@[^\s@;,<>]{1,250}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![0-9])(?:(?:\+|00)[0-9]{3}[ -]?)[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}(?![0-9])")
_GROUPED_PHONE = re.compile(r"(?<![0-9])[67][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}(?![0-9])")
_TITLES = re.compile(r"\b(bc|ing|mgr|mudr|judr|phdr|dr|doc|prof|phd|csc|dis)\b\.?,?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]{2,}(?:[ -][^\W\d_]{2,}){1,3}")
_MOST_WORDS, _MOST_CHARACTERS = 5, 60


def personal_data(given: Round) -> Iterator[Defect]:
    """Yield headers and cells that look personal, in every sheet, also in those that nobody asked for."""
    filled = {(one.file, one.table.name): one for one in given.filled}
    for book in given.books:
        for table in book.tables:
            if fold(table.name) not in AUXILIARY:
                yield from _in_table(book.name, table, filled.get((book.name, table.name)), given.contract)


def _in_table(file: str, table: Table, filled: Filled | None, contract: Contract) -> Iterator[Defect]:
    declared = {} if filled is None else {column: name for name, column in filled.columns.items()}
    header = 0 if filled is None else filled.header
    rows = {} if filled is None else {row.number: row for row in filled.rows}
    for cell in table.cells:
        if cell.row < header:
            continue
        name = declared.get(cell.column)
        if cell.row == header or (filled is None and cell.row == min(table.rows)):
            named = name is None and _HEADERS.search(fold(cell.text))
            code = "personal_header" if named else _kind(cell, contract, words=False)
        elif filled is not None and name is not None:
            row = rows.get(cell.row)
            read = row is not None and row.value.get(name) is not None and name not in row.invalid
            text = filled.sheet.by_name[name].type == "string"
            code = None if read else _kind(cell, contract, words=text, coded=text)
        else:
            code = _kind(cell, contract, words=True)
        if code is not None:
            value = cell.text if code == "personal_header" else HIDDEN
            yield Defect(code, "error", file, table.name, cell.place, value)


def _kind(cell: Cell, contract: Contract, *, words: bool, coded: bool = False) -> str | None:
    """Return the code of what a cell looks like.

    `words` says whether names and sentences are looked for, `coded` that a misspelt code is more likely than
    a name: what is near to a code is then none.
    """
    text = cell.text
    if any(is_birth_number("".join(match.groups())) for match in _BIRTH.finditer(text)):
        return "birth_number"
    if _EMAIL.search(text):
        return "email"
    if cell.kind == "text" and (_PHONE.search(text) or (words and _GROUPED_PHONE.search(text))):
        return "phone"
    if not words or cell.kind != "text":
        return None
    if _is_name(_TITLES.sub("", text).strip(" ,.")) and not _is_code(text, contract, near=coded):
        return "personal_name"
    return "free_text" if len(text.split()) > _MOST_WORDS or len(text) > _MOST_CHARACTERS else None


def _is_name(text: str) -> bool:
    """Whether a text is two to four words that all begin with a capital."""
    return _NAME.fullmatch(text) is not None and all(part[0].isupper() for part in re.split("[ -]", text))


def _is_code(text: str, contract: Contract, *, near: bool) -> bool:
    """Whether a text is, or is near to, a name from a code list."""
    if any(codes.find(text) is not None for codes in contract.codelists.values()):
        return True
    entries = [entry for codes in contract.codelists.values() for entry in codes.entries] if near else []
    return bool(nearest(text, [name for one in entries for name in (one.name.cs, one.name.en)]))


def is_birth_number(text: str) -> bool:
    """Whether a text is a Czech or Slovak birth number: a date, an ending, and since 1954 a check digit.

    Ten digits are divisible by eleven; up to 1985 the first nine may leave the rest ten and the last is then
    zero (Act 133/2000, section 13). Nine digits, issued before 1954, have no check digit and count only where
    they are written with a stroke.

    Examples
    --------
    >>> is_birth_number("780123/3540"), is_birth_number("780123/3541"), is_birth_number("536231/123")
    (True, False, True)
    """
    match = _BIRTH.fullmatch(text.strip())
    if match is None:
        return False
    year, month, day, stroke, ending = match.groups()
    digits = year + month + day + ending
    if len(digits) == 9:
        return stroke == "/" and int(year) < 54 and _is_date(1900 + int(year), int(month), int(day))
    first, last = int(digits[:9]), int(digits[9])
    born = int(year) + (1900 if int(year) >= 54 else 2000)
    return first % 11 % 10 == last and _is_date(born, int(month), int(day))


def _is_date(year: int, month: int, day: int) -> bool:
    """Months are raised by 50 for women, by 20 or 70 where the endings of a day ran out."""
    for added in (0, 20, 50, 70):
        if 1 <= month - added <= 12:
            try:
                datetime.date(year, month - added, day)
            except ValueError:
                return False
            return True
    return False
