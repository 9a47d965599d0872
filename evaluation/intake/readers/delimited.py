"""Text files with a delimiter: UTF-8, UTF-16 or Windows-1250; comma, semicolon, tab or bar."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import PurePosixPath

from evaluation.errors import DataError
from evaluation.intake.sheets import Cell, Limits, Table, require_size

_DELIMITERS = (";", "\t", ",", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 50


def read(name: str, content: bytes, limits: Limits) -> tuple[Table, ...]:
    """Read a text file as one table.

    Raises
    ------
    DataError
    """
    text = _decode(name, content)
    if text.startswith("sep="):  # Excel's own hint
        text = "\n" + text.partition("\n")[2]
    delimiter = _delimiter(text)
    stem = PurePosixPath(name).stem
    cells = tuple(_cells(name, stem, text, delimiter, limits))
    return (Table(stem, cells, decimal_comma=delimiter in {";", "\t", "|"}),)


def _decode(name: str, content: bytes) -> str:
    encoding = next((found for mark, found in _BOMS if content.startswith(mark)), None)
    for candidate in [encoding] if encoding else ["utf-8", "cp1250"]:
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            continue
        if not any(ord(c) < 32 and c not in "\t\r\n\f\v" for c in text):
            return text
    raise DataError("intake-encoding", where=name)


def _delimiter(text: str) -> str:
    """Return the delimiter that splits most lines into one and the same number of parts, more than one."""
    lines = [line for line in text.splitlines()[:_SAMPLE] if line.strip()]
    scored = []
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in _parsed(lines, delimiter) if len(row) > 1)
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        scored.append((times, width if times else 0, delimiter))
    best = max(scored, key=lambda one: (one[0], one[1]))
    return best[2] if best[0] else ";"


def _parsed(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        return


def _cells(name: str, stem: str, text: str, delimiter: str, limits: Limits) -> Iterator[Cell]:
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=False)
    while True:
        first = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"row {first}: {error}"
            raise DataError("intake-damaged", where=name, suffix="csv", reason=reason) from None
        require_size(name, stem, first, len(row), limits)
        for column, value in enumerate(row, 1):
            if stripped := value.strip("\ufeff \t\r\n\u00a0\u202f"):
                yield Cell(first, column, stripped[: limits.text])
