"""Sizes of files for people."""

from __future__ import annotations

from evaluation.report import number

_UNITS = ("kB", "MB", "GB")


def size(octets: float, lang: str) -> str:
    r"""Write a number of bytes in kB, MB or GB (powers of 1,000), with three significant digits.

    Examples
    --------
    >>> size(1_234_567, "en"), size(1_234_567, "cs"), size(0, "en")
    ('1.23\xa0MB', '1,23\xa0MB', '0\xa0kB')
    """
    value, unit = octets / 1000, _UNITS[0]
    for bigger in _UNITS[1:]:
        if value < 1000:
            break
        value, unit = value / 1000, bigger
    kind = "count" if value >= 100 or value == 0 else "significant"
    return f"{number(value, lang, kind)}\u00a0{unit}"
