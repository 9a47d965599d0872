"""Files of SPSS and Stata: one table, whose first row is taken to be the names of the variables."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import pyreadstat

from evaluation.errors import DataError
from evaluation.intake.readers.workbook import canonical
from evaluation.intake.sheets import Cell, Kind, Limits, Table, require_size


def read(name: str, content: bytes, limits: Limits) -> tuple[Table, ...]:
    """Read a file of SPSS or Stata; of labelled values the value is taken.

    Raises
    ------
    DataError
    """
    path = PurePosixPath(name)
    reader: Any = pyreadstat.read_sav if path.suffix.lower() == ".sav" else pyreadstat.read_dta
    try:
        columns, _ = reader(BytesIO(content), output_format="dict", row_limit=limits.rows + 1)
    except Exception as error:
        reason = type(error).__name__
        raise DataError("intake-damaged", where=name, suffix=path.suffix[1:], reason=reason) from None
    rows = max((len(values) for values in columns.values()), default=0)
    require_size(name, path.stem, rows + 1, len(columns), limits)
    return (Table(path.stem, tuple(_cells(columns, rows, limits))),)


def _cells(columns: dict[str, Sequence[Any]], rows: int, limits: Limits) -> Iterator[Cell]:
    for column, name in enumerate(columns, 1):
        yield Cell(1, column, name[: limits.text])
    for row in range(rows):
        for column, values in enumerate(columns.values(), 1):
            kind, text = _written(values[row])
            if text:
                yield Cell(row + 2, column, text[: limits.text], kind)


def _written(value: Any) -> tuple[Kind, str]:
    value = value.item() if hasattr(value, "item") else value
    if value is None or value != value:  # noqa: PLR0124 -- NaN is a missing value
        return "text", ""
    if isinstance(value, (bool, int, float)):
        return "number", canonical(float(value))
    if isinstance(value, (datetime.date, datetime.datetime)):
        return "date", value.isoformat()[:10]
    return "text", str(value).strip()
