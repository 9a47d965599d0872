"""Between the rows of a check and data frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.intake.contract import Sheet
from evaluation.intake.readers.workbook import canonical
from evaluation.intake.sheets import Cell, Table

_TYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean"}


def as_frame(sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows with the fields of a sheet as columns, each in its type."""
    columns = {}
    for field in sheet.fields:
        values = [row.get(field.name) for row in rows]
        columns[field.name] = pd.Series(values, dtype=_TYPES.get(field.type, "object"))
    return pd.DataFrame(columns)


def as_table(name: str, frame: pd.DataFrame) -> Table:
    """Return a frame as cells, the names of its columns in the first row."""
    return Table(name, tuple(_cells(frame)))


def _cells(frame: pd.DataFrame) -> Iterator[Cell]:
    for column, label in enumerate(frame.columns, 1):
        yield Cell(1, column, str(label))
    for row, values in enumerate(frame.itertuples(index=False, name=None), 2):
        for column, value in enumerate(values, 1):
            if not pd.isna(value):
                plain = value.item() if hasattr(value, "item") else value
                number = isinstance(plain, (int, float))
                text = canonical(float(plain)) if number else str(plain)
                if text.strip():
                    yield Cell(row, column, text.strip(), "number" if number else "text")
