"""Periods: from a column of years, quarters, months, dates or counters to numbers with equal steps."""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import DataError

_QUARTER = re.compile(r"^\s*(\d{4})\s*[-/ ]?\s*[Qq]([1-4])\s*$")
_MONTH = re.compile(r"^\s*(\d{4})-(\d{2})\s*$")
_YEAR = re.compile(r"^\s*-?\d{1,9}\s*$")

_MOST = 1e9

Kind = str  # "number", "quarter", "month"


def distinct(values: NDArray[Any], column: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the code of each row (-1 where empty) and the distinct labels of periods.

    Raises
    ------
    DataError
        If a value is no label at all, such as a list.
    """
    try:
        codes, unique = pd.factorize(pd.Series(values), use_na_sentinel=True)
    except TypeError as error:
        row = next(i for i, value in enumerate(values) if not isinstance(value, Hashable))
        raise DataError(
            "bad-time", column=column, count=1, example=f"row {row + 1}: {values[row]!r}"
        ) from error
    return codes.astype(np.int64), np.asarray(unique)


def _from_text(text: str) -> tuple[Kind, int] | None:
    if match := _QUARTER.match(text):
        return "quarter", 4 * int(match[1]) + int(match[2]) - 1
    if match := _MONTH.match(text):
        month = int(match[2])
        return ("month", 12 * int(match[1]) + month - 1) if 1 <= month <= 12 else None
    return ("number", int(text)) if _YEAR.match(text) else None


def _from_value(value: Any) -> tuple[Kind, int] | None:
    if isinstance(value, pd.Period):
        stamp, quarterly = value.start_time, value.freqstr.startswith("Q")
        return ("quarter", 4 * stamp.year + stamp.quarter - 1) if quarterly else _from_text(str(value))
    if isinstance(value, str):
        return _from_text(value)
    numeric = isinstance(value, (int, float, np.integer, np.floating)) and -_MOST < value < _MOST
    return ("number", int(value)) if numeric and float(value).is_integer() else None


def _from_dates(values: pd.Series) -> list[tuple[Kind, int]]:
    stamps = values.dt.to_period("D").dt.start_time
    quarter_starts = ((stamps.dt.month - 1) % 3 == 0) & (stamps.dt.day == 1)
    if quarter_starts.all():
        return [("quarter", int(4 * s.year + s.quarter - 1)) for s in stamps]
    return [("month", int(12 * s.year + s.month - 1)) for s in stamps]


def _unique_numbers(unique: pd.Series) -> list[tuple[Kind, int] | None]:
    if len(unique) and all(isinstance(value, datetime.date) for value in unique):
        unique = pd.to_datetime(unique)
    if pd.api.types.is_datetime64_any_dtype(unique):
        return list(_from_dates(unique))
    return [_from_value(value) for value in unique]


def read_periods(
    values: NDArray[Any], column: str, *, kind: Kind | None = None, rows: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.float64], Kind]:
    """Turn period labels into numbers with equal steps.

    Years and counters stay themselves, a quarter is 4 x year + quarter - 1, a month 12 x year + month - 1.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        Labels; missing values give NaN.
    column : str
        For messages.
    kind : {"number", "quarter", "month"}, optional
        What the labels must be. By default what the first is.
    rows : ndarray of int, shape (n_rows,), optional
        Row of the data in which each label stands, for messages; by default its position.

    Returns
    -------
    numbers : ndarray of float, shape (n_rows,)
    kind : str

    Raises
    ------
    DataError
        If a label cannot be read or is of another kind.

    Examples
    --------
    >>> read_periods(np.array(["2020Q4", "2021Q1"], dtype=object), "quarter")
    (array([8083., 8084.]), 'quarter')
    """
    if values.dtype.kind in "iu":
        numbers, found = values.astype(np.float64), "number"
        if kind in (None, "number"):
            return numbers, found
    codes, unique = distinct(values, column)
    read = _unique_numbers(pd.Series(unique))
    kind = kind or next((item[0] for item in read if item), "number")
    bad = [i for i, item in enumerate(read) if item is None or item[0] != kind]
    if bad:
        row = int(np.flatnonzero(np.isin(codes, bad))[0])
        raise DataError(
            "bad-time",
            column=column,
            count=int(np.isin(codes, bad).sum()),
            example=f"row {(row if rows is None else int(rows[row])) + 1}: {values[row]!r}",
        )
    table = np.array([item[1] for item in read if item] + [np.nan], dtype=np.float64)
    return table[codes], kind


def period_label(number: float, kind: Kind) -> str | int:
    """Return the label of a period number.

    Examples
    --------
    >>> period_label(8084, "quarter")
    '2021Q1'
    """
    whole = int(number)
    if kind == "quarter":
        return f"{whole // 4}Q{whole % 4 + 1}"
    if kind == "month":
        return f"{whole // 12}-{whole % 12 + 1:02d}"
    return whole
