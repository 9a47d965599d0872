"""Dates, quarters and months of process data."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design.periods import period_label, read_periods
from evaluation.errors import DataError


def dates(values: pd.Series, column: str) -> pd.Series:
    """Read a column of dates; empty cells are NaT.

    Raises
    ------
    DataError
        If a value is neither empty nor a date.

    Examples
    --------
    >>> dates(pd.Series(["2020-04-02", ""]), "due").tolist()
    [Timestamp('2020-04-02 00:00:00'), NaT]
    """
    text = values.astype(object).map(lambda value: None if _blank(value) else value)
    read = pd.to_datetime(text, errors="coerce", format="ISO8601").astype("datetime64[ns]")
    bad = (read.isna() & text.notna()).to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            "not-a-date", column=column, count=int(bad.sum()), example=f"row {row + 1}: {values.iloc[row]!r}"
        )
    return pd.Series(read.dt.normalize())


def _blank(value: Any) -> bool:
    return not value.strip() if isinstance(value, str) else bool(pd.isna(value))


def day(value: Any, option: str = "at") -> pd.Timestamp:
    """Read one date, or a quarter, which stands for its last day.

    Examples
    --------
    >>> day("2020Q4"), day(datetime.date(2020, 4, 2))
    (Timestamp('2020-12-31 00:00:00'), Timestamp('2020-04-02 00:00:00'))
    """
    if isinstance(value, str) and "Q" in value.upper():
        return last_day(value)
    return pd.Timestamp(dates(pd.Series([value], dtype=object), option).iloc[0])


def first_day(period: str) -> pd.Timestamp:
    """Return the first day of a quarter, month or year.

    Examples
    --------
    >>> first_day("2021Q2"), first_day("2020")
    (Timestamp('2021-04-01 00:00:00'), Timestamp('2020-01-01 00:00:00'))
    """
    month, _ = _month(period)
    return pd.Timestamp(year=month // 12, month=month % 12 + 1, day=1)


def last_day(period: str) -> pd.Timestamp:
    """Return the last day of a quarter, month or year.

    Examples
    --------
    >>> last_day("2021Q1"), last_day("2020-02")
    (Timestamp('2021-03-31 00:00:00'), Timestamp('2020-02-29 00:00:00'))
    """
    month, length = _month(period)
    after = month + length
    return pd.Timestamp(year=after // 12, month=after % 12 + 1, day=1) - pd.Timedelta(days=1)


def _month(period: str) -> tuple[int, int]:
    """Count the first month of a period from year 0, and the months that it has."""
    numbers, kind = read_periods(np.array([period], dtype=object), "period")
    length = {"quarter": 3, "month": 1}.get(kind, 12)
    return length * int(numbers[0]), length


def quarter(date: Any) -> str:
    """Return the quarter of a date, empty where there is none.

    Examples
    --------
    >>> quarter(pd.Timestamp("2021-05-03"))
    '2021Q2'
    """
    return "" if pd.isna(date) else str(period_label(4 * date.year + date.quarter - 1, "quarter"))


def iso(date: Any) -> str:
    """Return a date as text, empty where there is none."""
    return "" if pd.isna(date) else f"{date:%Y-%m-%d}"


def months_after(date: datetime.date | str, months: int) -> pd.Timestamp:
    """Return the same day so many months later, or the last day of a month that is shorter.

    Examples
    --------
    >>> months_after("2020-01-02", 3), months_after("2020-01-31", 1)
    (Timestamp('2020-04-02 00:00:00'), Timestamp('2020-02-29 00:00:00'))
    """
    return day(date, "date") + pd.DateOffset(months=months)


def months_between(first: pd.Timestamp, second: pd.Timestamp) -> float:
    """Return whole months from one date to another where they are whole, else with the days as a share.

    The last day of a month is a whole number of months from the last day of any other.

    Examples
    --------
    >>> months_between(pd.Timestamp("2020-12-31"), pd.Timestamp("2022-10-31"))
    22.0
    >>> months_between(pd.Timestamp("2020-11-30"), pd.Timestamp("2020-12-31"))
    1.0
    """
    months = 12 * (second.year - first.year) + second.month - first.month
    if first.is_month_end and second.is_month_end:
        return float(months)
    start = first + pd.DateOffset(months=months)
    return months + (second - start).days / start.days_in_month
