"""Columns of a table: found, read as numbers or as labels, and refused by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from evaluation.errors import DataError, did_you_mean, listed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Columns = Mapping[str, str | None]
Data = dict[str, NDArray[Any]]

TOO_LARGE = 1e100
"""Beyond it squares and products of four overflow."""


def read_columns(frame: Any, columns: Columns, further: Sequence[str]) -> Data:
    """Take the columns that are asked for out of any table.

    Raises
    ------
    DataError
        If it is no table, a column is missing or doubled, or there are no rows.
    """
    try:
        table = nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise DataError("not-a-frame", type=type(frame).__name__) from error
    except DuplicateError as error:
        names = pd.Series(list(frame.columns))
        twice = names[names.duplicated()].unique()
        raise DataError("duplicate-column", count=len(twice), example=str(twice[0])) from error
    roles = {name: role for role, name in columns.items() if name} | dict.fromkeys(further, "column")
    for name, role in roles.items():
        if name not in table.columns:
            raise DataError(
                "missing-column",
                column=name,
                role=role,
                available=listed(table.columns),
                suggestion=did_you_mean(name, table.columns),
            )
    if not len(table):
        raise DataError("no-rows")
    return {name: table[name].to_numpy() for name in roles}


def coded(data: Data, name: str, role: str, *, sort: bool = False) -> tuple[Integers, NDArray[Any]]:
    """Return the code of each row and the distinct values of a column.

    Raises
    ------
    DataError
        If a row has no value, or the values cannot be compared with each other.
    """
    try:
        codes, values = pd.factorize(data[name], sort=sort)
    except TypeError as error:
        kinds = pd.Series(data[name], dtype=object).map(lambda value: type(value).__name__)
        odd = int(np.argmax(kinds != kinds.mode()[0]))
        raise DataError(
            "mixed-labels",
            column=name,
            role=role,
            kinds=listed(sorted(kinds.unique())),
            example=f"row {odd + 1}: {data[name][odd]!r}",
        ) from error
    refuse_empty(codes < 0, name, role)
    return codes.astype(np.int64), np.asarray(values)


def numeric(data: Data, name: str) -> Floats:
    """Read a column as numbers; empty and blank values give NaN.

    Raises
    ------
    DataError
        If a value is no number, infinite, or too large to calculate with.
    """
    values = data[name]
    if values.dtype.kind in "iufb":
        numbers = values.astype(np.float64)
    else:
        numbers = np.array([_number(value) for value in values.tolist()], dtype=np.float64)
        blank = np.array([_is_blank(value) for value in values.tolist()])
        refuse_rows(np.isnan(numbers) & ~blank, values, name, "not-numeric")
    with np.errstate(invalid="ignore"):
        refuse_rows(np.abs(numbers) > TOO_LARGE, values, name, "not-finite")
    return numbers


def _number(value: Any) -> float:
    if isinstance(value, (bytes, complex, np.datetime64)) or "_" in str(value):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))
    )


def refuse_empty(empty: NDArray[np.bool_], name: str, role: str) -> None:
    """Refuse rows without a value where one is needed."""
    if empty.any():
        example = f"row {int(np.flatnonzero(empty)[0]) + 1}"
        raise DataError("missing-key", column=name, role=role, count=int(empty.sum()), example=example)


def refuse_rows(bad: NDArray[np.bool_], values: NDArray[Any], name: str, code: str, **more: Any) -> None:
    """Refuse rows with a value that is not allowed."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = values[row].item() if isinstance(values[row], np.generic) else values[row]
        example = f"row {row + 1}: {value!r}"[:80]
        raise DataError(code, column=name, count=int(bad.sum()), example=example, **more)
