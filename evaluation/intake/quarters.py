"""Quarters: the many ways in which people write them, their order, their end."""

from __future__ import annotations

import datetime
import re

from evaluation.intake.codelist import fold

_CANONICAL = re.compile(r"([0-9]{4})Q([1-4])")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_WAYS = (
    re.compile(r"(?P<year>(?:19|20)[0-9]{2})(?:q|ctvrtleti|kv|kvartal)?(?P<part>[1-4]|iv|i{1,3})"),
    re.compile(r"q?(?P<part>[1-4]|iv|i{1,3})(?:q|ctvrtleti|kv|kvartal)?(?P<year>(?:19|20)[0-9]{2})"),
    re.compile(r"(?P<year>(?:19|20)[0-9]{2})(?P<part>[1-4])q"),
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-[0-9]{2}")


def is_quarter(text: str) -> bool:
    """Whether a text is a quarter in its canonical form."""
    return _CANONICAL.fullmatch(text) is not None


def read_quarter(text: str) -> str | None:
    """Return the quarter that a text means, in its canonical form; None where it means none.

    Examples
    --------
    >>> [read_quarter(text) for text in ("2024Q4", "4Q/2024", "IV. 2024", "2024-11-30", "2023Q5")]
    ['2024Q4', '2024Q4', '2024Q4', '2024Q4', None]
    """
    if is_quarter(text):
        return text
    if date := _ISO.fullmatch(text):
        month = int(date[2])
        return f"{date[1]}Q{(month + 2) // 3}" if 1 <= month <= 12 else None
    plain = fold(text)
    match = next((found for way in _WAYS if (found := way.fullmatch(plain))), None)
    return f"{match['year']}Q{_ROMAN.get(match['part'], match['part'])}" if match else None


def number(quarter: str) -> int:
    """Return the number of a quarter: neighbours differ by one.

    Examples
    --------
    >>> number("2025Q1") - number("2024Q4")
    1
    """
    return 4 * int(quarter[:4]) + int(quarter[-1]) - 1


def label(count: int) -> str:
    """Return the quarter of a number.

    Examples
    --------
    >>> label(number("2024Q4") + 1)
    '2025Q1'
    """
    return f"{count // 4}Q{count % 4 + 1}"


def between(first: str, last: str) -> tuple[str, ...]:
    """Return the quarters from the first to the last.

    Examples
    --------
    >>> between("2024Q3", "2025Q1")
    ('2024Q3', '2024Q4', '2025Q1')
    """
    return tuple(label(count) for count in range(number(first), number(last) + 1))


def end(quarter: str) -> datetime.date:
    """Return the last day of a quarter.

    Examples
    --------
    >>> end("2024Q4")
    datetime.date(2024, 12, 31)
    """
    year, part = divmod(number(quarter) + 1, 4)
    return datetime.date(year, 3 * part + 1, 1) - datetime.timedelta(days=1)
