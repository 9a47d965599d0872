"""From a file of the catalogue to a checked table: every finding names file, row and column."""

from __future__ import annotations

import csv
import datetime
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import pandas as pd

from evaluation.errors import DataError, SpecError, did_you_mean, listed
from evaluation.run.catalogue import CodeList, Column, Dataset, InVintages
from evaluation.run.derive import derived
from evaluation.run.locate import Located, locate, provenance
from evaluation.run.project import Project
from evaluation.run.store import accepted_rows

_YEAR = re.compile(r"\d{4}")
_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_FLAGS = {"1": 1.0, "0": 0.0, "true": 1.0, "false": 0.0}


@dataclass(frozen=True, eq=False)
class _Text:
    """A file as text: names, one dict per row, and the line on which each row begins."""

    shown: str
    names: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]

    def refuse(self, code: str, bad: list[int], column: str, **values: Any) -> NoReturn:
        example = f"row {self.lines[bad[0]]}: {self.rows[bad[0]].get(column, '')!r}"
        raise DataError(code, where=self.shown, example=example, column=column, count=len(bad), **values)


def load(project: Project, name: str, dataset: Dataset, quarter: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a data set up to a quarter.

    Parameters
    ----------
    project : Project
    name : str
        Its id in the catalogue.
    dataset : Dataset
    quarter : str
        Data cut-off; later rows are dropped.

    Returns
    -------
    frame : DataFrame
        The declared columns and the derived ones; ``attrs["lines"]`` has the row of the file of each row.
    provenance : dict
        What the manifest says of the file.

    Raises
    ------
    DataError
        If the file cannot be read, a column is missing, or a value breaks its declaration.
    DataAbsentError
        If the file is not on this machine.
    """
    found = locate(project, name, dataset, quarter)
    text = _read(project, found, dataset, quarter)
    columns = {column: _typed(project, text, column, rule) for column, rule in dataset.columns.items()}
    for step in dataset.derive:
        columns[step.column] = derived(columns, step, text)
    _refuse_doubled(text, columns, dataset.key)
    frame = pd.DataFrame(columns)
    inside = frame[dataset.time] <= quarter if dataset.time else pd.Series(True, index=frame.index)
    kept = frame[inside].reset_index(drop=True)
    kept.attrs["lines"] = tuple(line for line, keep in zip(text.lines, inside, strict=True) if keep)
    if not len(kept):
        first = frame[dataset.time].min() if dataset.time and len(frame) else "-"
        raise DataError("time-out-of-range", where=text.shown, quarter=quarter, first=first)
    return kept, provenance(project, name, dataset, found) | {"rows": len(text.rows), "rows_used": len(kept)}


def _read(project: Project, found: Located, dataset: Dataset, quarter: str) -> _Text:
    if not isinstance(dataset.found, InVintages):
        return _read_file(found, dataset)
    names, rows = accepted_rows(project, dataset.found, quarter)
    if not rows:
        raise DataError("no-rows", where=found.shown)
    _check_header(found, dataset, tuple(names))
    return _Text(found.shown, tuple(names), tuple(rows), tuple(range(1, len(rows) + 1)))


def _read_file(found: Located, dataset: Dataset) -> _Text:
    raw = found.path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        _unreadable(found, f"row {line} is not UTF-8", "Save the file as CSV with the encoding UTF-8.")
    if "\0" in text:
        _unreadable(found, "it is not a text file", "Save the table as CSV with the encoding UTF-8.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dataset.delimiter, strict=True)
    try:
        return _text(found, dataset, reader)
    except csv.Error as error:
        _unreadable(found, f"row {reader.line_num}: {error}", "Check the quotation marks in that row.")


def _text(found: Located, dataset: Dataset, reader: Any) -> _Text:
    names = tuple(next(reader, ()))
    _check_header(found, dataset, names)
    rows, lines, line = [], [], reader.line_num
    for cells in reader:
        line, before = reader.line_num, line
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            reason = f"row {before + 1} has {len(cells)} fields, the header has {len(names)}"
            _unreadable(
                found, reason, "Correct that row: text with the delimiter in it needs quotation marks."
            )
        rows.append(dict(zip(names, cells, strict=True)))
        lines.append(before + 1)
    if not rows:
        raise DataError("no-rows", where=found.shown)
    return _Text(found.shown, names, tuple(rows), tuple(lines))


def _check_header(found: Located, dataset: Dataset, names: tuple[str, ...]) -> None:
    if len(names) <= 1 < len(dataset.columns):
        used = next((mark for mark in ";\t,|" if names and mark in names[0]), None)
        reason = f"its first row has one field, {dataset.delimiter!r} separates nothing there"
        advice = f"Save the file with the delimiter {dataset.delimiter!r}"
        _unreadable(found, reason, f"{advice} instead of {used!r}." if used else f"{advice}.")
    for column in dataset.columns:
        if column not in names:
            raise DataError(
                "missing-column",
                where=found.shown,
                column=column,
                role="catalogue",
                available=listed(names),
                suggestion=did_you_mean(column, names),
            )


def _unreadable(found: Located, reason: str, advice: str) -> NoReturn:
    raise DataError("unreadable-file", where=found.shown, reason=reason, advice=advice)


def _typed(project: Project, text: _Text, column: str, rule: Column) -> list[Any]:
    cells = [row[column].strip() for row in text.rows]
    blank = [i for i, cell in enumerate(cells) if not cell]
    if blank and rule.required:
        text.refuse("missing-key", blank, column, role="required column")
    if rule.codes:
        _check_codes(text, column, cells, rule.codes, _codes(project, rule.codes))
    convert, code = _CONVERT[rule.type]
    values = [convert(cell) if cell else _EMPTY[rule.type] for cell in cells]
    bad = [i for i, value in enumerate(values) if value is None and cells[i]]
    if bad:
        text.refuse(code, bad, column)
    return values


def _check_codes(text: _Text, column: str, cells: list[str], rule: CodeList, known: list[str]) -> None:
    allowed = set(known)
    bad = [i for i, cell in enumerate(cells) if cell and cell not in allowed]
    if bad:
        suggestion = did_you_mean(cells[bad[0]], known)
        text.refuse("unknown-code", bad, column, code_list=rule.file, suggestion=suggestion)


def _codes(project: Project, rule: CodeList) -> list[str]:
    path = project.root / rule.file
    if not path.is_file():
        raise SpecError("missing-file", file=rule.file, available="", suggestion="")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [row[rule.column] for row in csv.DictReader(stream)]


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _count(cell: str) -> float | None:
    value = _number(cell)
    return value if value is not None and value.is_integer() and value >= 0 else None


def _year(cell: str) -> int | None:
    return int(cell) if _YEAR.fullmatch(cell) else None


def _quarter(cell: str) -> str | None:
    return cell if _QUARTER.fullmatch(cell) else None


def _date(cell: str) -> str | None:
    """ISO text, which sorts as the days do."""
    try:
        return datetime.date.fromisoformat(cell).isoformat()
    except ValueError:
        return None


_CONVERT: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "text": (str, ""),
    "number": (_number, "not-numeric"),
    "count": (_count, "not-a-count"),
    "year": (_year, "bad-time"),
    "quarter": (_quarter, "bad-time"),
    "date": (_date, "bad-date"),
    "flag": (lambda cell: _FLAGS.get(cell.lower()), "not-a-flag"),
}
_EMPTY: Mapping[str, Any] = {
    "text": None,
    "number": math.nan,
    "count": math.nan,
    "year": None,
    "quarter": None,
    "date": None,
    "flag": math.nan,
}


def _refuse_doubled(text: _Text, columns: Mapping[str, list[Any]], key: tuple[str, ...]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    doubled: list[tuple[int, int]] = []
    for i, values in enumerate(zip(*(columns[name] for name in key), strict=True)):
        first = seen.setdefault(values, i)
        if first != i:
            doubled.append((first, i))
    if doubled:
        first, second = (text.lines[i] for i in doubled[0])
        shown = " ".join(str(columns[name][doubled[0][1]]) for name in key)
        example = f"{shown}: rows {first} and {second}"
        raise DataError("duplicate-unit-period", where=text.shown, example=example, count=len(doubled))
