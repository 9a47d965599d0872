"""Files that districts send, as cells of text with their places: nothing is interpreted here.

Limits (`Limits`) are named in docs/intake.md; what exceeds them is refused with a `DataError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal

from evaluation.errors import DataError, EvaluationError

Kind = Literal["text", "number", "date", "boolean", "error"]


@dataclass(frozen=True)
class Limits:
    """What is read at most.

    Attributes
    ----------
    bytes : int
        Of a file as it is sent.
    unpacked : int
        Of everything that a workbook unpacks to.
    rows, columns, sheets : int
        Of a sheet, of a sheet, of a workbook.
    text : int
        Characters of a cell; what is longer is cut and is free text in any case.
    """

    bytes: int = 5_000_000
    unpacked: int = 40_000_000
    rows: int = 20_000
    columns: int = 200
    sheets: int = 30
    text: int = 500


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that is not empty.

    Attributes
    ----------
    row, column : int
        Counted from one, as in the file.
    text : str
        What stands there; numbers and dates in their canonical form (3.5, 2024-12-31).
    kind : {"text", "number", "date", "boolean", "error"}
        What the file says that it is; in CSV files everything is text.
    formula : bool
        Whether the value was calculated in the file.
    """

    row: int
    column: int
    text: str
    kind: Kind = "text"
    formula: bool = False

    @property
    def place(self) -> str:
        """Name of the cell, such as E11."""
        return f"{letters(self.column)}{self.row}"


@dataclass(frozen=True)
class Table:
    """One sheet.

    Attributes
    ----------
    name : str
        Name of the sheet; of a CSV file its stem.
    cells : tuple of Cell
        By row, then column; without empty ones.
    hidden_rows, hidden_columns : frozenset of int
    merged : tuple of str
        Ranges such as B3:B5.
    hidden : bool
    decimal_comma : bool
        Whether numbers of the whole file are written with a comma, as in Czech CSV files.
    """

    name: str
    cells: tuple[Cell, ...]
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[str, ...] = ()
    hidden: bool = False
    decimal_comma: bool = False

    @cached_property
    def rows(self) -> Mapping[int, Mapping[int, Cell]]:
        """Cells by row and column."""
        found: dict[int, dict[int, Cell]] = {}
        for cell in self.cells:
            found.setdefault(cell.row, {})[cell.column] = cell
        return found


@dataclass(frozen=True)
class Book:
    """One file.

    Attributes
    ----------
    name : str
    tables : tuple of Table
    """

    name: str
    tables: tuple[Table, ...]


def letters(column: int) -> str:
    """Return the letters of a column.

    Examples
    --------
    >>> letters(1), letters(27), letters(703)
    ('A', 'AA', 'AAA')
    """
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def read_book(name: str, content: bytes, *, limits: Limits = LIMITS) -> Book:
    r"""Read a file into cells.

    Parameters
    ----------
    name : str
        Name of the file; its ending says how it is read.
    content : bytes
    limits : Limits

    Raises
    ------
    DataError
        If the file is of another type, exceeds a limit, or is damaged; whatever it holds, nothing else is
        raised.

    Examples
    --------
    >>> book = read_book("need.csv", "district;clients\nPraha 3;12\n".encode())
    >>> [cell.place for cell in book.tables[0].cells], book.tables[0].rows[2][2].text
    (['A1', 'B1', 'A2', 'B2'], '12')
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in READERS:
        raise DataError("intake-type", where=name, suffix=suffix or name)
    if not content:
        raise DataError("intake-empty", where=name)
    if len(content) > limits.bytes:
        raise DataError("intake-large", where=name, size=len(content), limit=limits.bytes)
    try:
        tables = _reader(suffix)(name, content, limits)
    except EvaluationError:
        raise
    except Exception as error:
        raise DataError(
            "intake-damaged", where=name, suffix=suffix[1:], reason=type(error).__name__
        ) from None
    return Book(name, tables)


Reader = Callable[[str, bytes, Limits], tuple[Table, ...]]
READERS: Mapping[str, str] = {
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".ods": "opendocument",
    ".csv": "delimited",
    ".txt": "delimited",
    ".tsv": "delimited",
    ".sav": "statistical",
    ".dta": "statistical",
}
"""Ending of a file -> module of `evaluation.intake.readers`."""


def _reader(suffix: str) -> Reader:
    from importlib import import_module  # noqa: PLC0415 -- each library only where a file needs it

    read: Reader = import_module(f"evaluation.intake.readers.{READERS[suffix]}").read
    return read


def require_size(name: str, sheet: str, rows: int, columns: int, limits: Limits) -> None:
    """Refuse a sheet that reaches too far.

    Raises
    ------
    DataError
    """
    if rows > limits.rows:
        raise DataError("intake-rows", where=name, sheet=sheet, rows=rows, limit=limits.rows)
    if columns > limits.columns:
        raise DataError("intake-columns", where=name, sheet=sheet, columns=columns, limit=limits.columns)
