"""Corrections of what was accepted: a file that says which cell, what it was, what it is, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from evaluation.errors import DataError, did_you_mean, listed
from evaluation.intake.change import shown
from evaluation.intake.delivery import Table

FIXED = ("sheet", "column", "old", "new", "reason")
WHOLE_ROW = "*"


@dataclass(frozen=True)
class Correction:
    """One cell that is corrected, or a row that is withdrawn.

    Attributes
    ----------
    row : int
        Row of the file.
    sheet : str
    key : Mapping[str, str]
        Which row of the sheet.
    column : str
        ``*`` withdraws the row.
    old, new : str or None
        None: missing.
    reason : str
    """

    row: int
    sheet: str
    key: Mapping[str, str]
    column: str
    old: str | None
    new: str | None
    reason: str


def read_corrections(content: bytes, name: str) -> tuple[Correction, ...]:
    r"""Read a file of corrections: CSV in UTF-8, separated by comma or semicolon.

    Its columns are sheet, column, old, new, reason and those that identify a row.

    Parameters
    ----------
    content : bytes
    name : str
        Name of the file for messages.

    Raises
    ------
    DataError
        If it cannot be read, a column is missing, a row is not complete, has no reason, or none is there.

    Examples
    --------
    >>> text = "sheet,district,quarter,column,old,new,reason\nneed,1,2024Q3,households,12,14,left out\n"
    >>> one, = read_corrections(text.encode(), "corrections.csv")
    >>> one.key["district"], one.old, one.new
    ('1', '12', '14')
    """
    try:
        text = content.decode("utf-8-sig")
        head = text.splitlines()[0] if text else ""
        mark = ";" if head.count(";") > head.count(",") else ","
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError("corrections-unreadable", where=name, reason=str(error)) from None
    header = tuple(cell.strip() for cell in rows[0]) if rows else ()
    _check_header(header, name)
    filled = [(i, cells) for i, cells in enumerate(rows[1:], 2) if any(cell.strip() for cell in cells)]
    if not filled:
        raise DataError("no-rows", where=name)
    return tuple(_correction(header, cells, i, name) for i, cells in filled)


def _check_header(header: Sequence[str], name: str) -> None:
    for column in FIXED:
        if column not in header:
            suggestion = did_you_mean(column, header)
            raise DataError(
                "missing-column",
                where=name,
                column=column,
                role="column",
                available=listed(header),
                suggestion=suggestion,
            )


def _correction(header: Sequence[str], cells: Sequence[str], row: int, name: str) -> Correction:
    if len(cells) != len(header):
        reason = f"{len(cells)} / {len(header)}"
        raise DataError("corrections-unreadable", where=f"{name}, row {row}", reason=reason)
    said = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
    if not said["reason"]:
        raise DataError("correction-without-reason", where=f"{name}, row {row}")
    key = {column: cell for column, cell in said.items() if column not in FIXED and cell}
    old, new = said["old"] or None, said["new"] or None
    return Correction(row, said["sheet"], MappingProxyType(key), said["column"], old, new, said["reason"])


@dataclass(frozen=True, eq=False)
class Corrected:
    """A table after corrections.

    Attributes
    ----------
    frame : DataFrame
        All rows that are known, with the corrected values.
    positions : tuple of int
        Row of the frame that each correction is about.
    withdrawn : frozenset of int
        Rows that no longer hold.
    """

    frame: pd.DataFrame
    positions: tuple[int, ...]
    withdrawn: frozenset[int]


def corrected(table: Table, corrections: Sequence[Correction], name: str) -> Corrected:
    """Apply corrections to what is known of a sheet.

    Parameters
    ----------
    table : Table
        What is known.
    corrections : sequence of Correction
        Of this sheet.
    name : str
        Name of their file for messages.

    Raises
    ------
    DataError
        If a row or column is unknown, or the old value is not what is known.
    """
    frame, positions, gone = table.frame.copy(), [], set()
    for one in corrections:
        where = f"{name}, row {one.row}"
        i = _position(table, one, where)
        positions.append(i)
        if one.column == WHOLE_ROW:
            gone.add(i)
        else:
            _check_cell(table, frame, one, i, where)
            frame.loc[i, one.column] = one.new
    return Corrected(frame, tuple(positions), frozenset(gone))


def _position(table: Table, one: Correction, where: str) -> int:
    if set(one.key) != set(table.key):
        needed, given = listed(table.key), listed(one.key)
        raise DataError("correction-key", where=where, sheet=table.name, needed=needed, given=given)
    same = pd.Series(True, table.frame.index)
    for column, value in one.key.items():
        same &= table.frame[column] == value
    found = table.frame.index[same]
    if not len(found):
        raise DataError("correction-unknown-row", where=where, sheet=table.name, key=shown(one.key))
    return int(found[0])


def _check_cell(table: Table, frame: pd.DataFrame, one: Correction, i: int, where: str) -> None:
    free = [str(column) for column in frame if column not in table.key]
    if one.column not in free:
        suggestion = did_you_mean(one.column, free)
        raise DataError(
            "correction-unknown-column",
            where=where,
            sheet=table.name,
            column=one.column,
            available=listed(free),
            suggestion=suggestion,
        )
    known = frame.loc[i, one.column]
    if known != one.old:
        raise DataError(
            "correction-old-value",
            where=where,
            column=one.column,
            known="–" if known is None else known,
            old=one.old or "–",
        )
