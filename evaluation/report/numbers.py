"""`number`: the only place where a number, period or date is written for people."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

MINUS = "\u2212"
NARROW = "\u00a0"
MISSING = "–"
LEAST_P = 0.001

_LOCALE = {"cs": "cs_CZ", "en": "en_GB"}
_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def number(
    value: Any, lang: str, kind: str, *, std_error: float = math.nan, decimals: int | None = None
) -> str:
    r"""Write one value in a language.

    Parameters
    ----------
    value : float, int, str, date or tuple
    lang : {"cs", "en"}
    kind : str
        ``estimate``: as many decimals as show three significant digits of its standard error; four decimals
        where it has none. ``significant``: three significant digits. ``percent``: a share as per cent with
        at most one decimal; ``level``: the same before a noun (95% interval). ``p_value``: ``p = 0.185``,
        three decimals, below one thousandth ``p < 0.001``. ``p_cell``: the same without ``p =``.
        ``fraction``: ``(5, 27)`` as ``5/27``. ``count``: a whole number. ``quarter``, ``period``: a quarter,
        month, year or counter in words; ``period_short`` for axes. ``date``: a date in words.
    std_error : float
        For ``estimate``.
    decimals : int, optional
        For ``estimate``: as many decimals as given, for example those of an axis.

    Returns
    -------
    str
        With decimal comma and no-break spaces in Czech and the minus sign U+2212; an en dash where there
        is no value.

    Raises
    ------
    KeyError
        If the kind or the language is unknown.

    Examples
    --------
    >>> number(-0.022459, "cs", "estimate", std_error=0.00613)
    '−0,02246'
    >>> number(0.0004, "cs", "p_value"), number((5, 27), "en", "fraction")
    ('p\xa0<\xa00,001', '5/27')
    >>> number("2024Q4", "cs", "quarter"), number("2024Q4", "en", "quarter")
    ('4.\xa0čtvrtletí\xa02024', '2024\xa0Q4')
    """
    write, locale = _KINDS[kind], _LOCALE[lang]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if kind == "estimate":
        return _decimal(float(value), locale, decimals_of(std_error) if decimals is None else decimals)
    return write(value, locale)


def decimals_of(std_error: float) -> int:
    """Return the decimals that show three significant digits of a standard error (at most 8), else 4.

    Examples
    --------
    >>> decimals_of(0.00613), decimals_of(12.3), decimals_of(math.nan)
    (5, 1, 4)
    """
    if not (math.isfinite(std_error) and std_error > 0):
        return 4
    return min(max(2 - math.floor(math.log10(std_error)), 0), 8)


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def _decimal(value: float, locale: str, decimals: int) -> str:
    if math.isinf(value):
        return MINUS + "∞" if value < 0 else "∞"
    rounded = round(value, decimals) + 0.0
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return _signed(format_decimal(rounded, format=pattern, locale=locale))


def _significant(value: float, locale: str) -> str:
    return _decimal(value, locale, decimals_of(abs(value)))


def _percent(value: float, locale: str) -> str:
    pattern = "#,##0.#\u00a0%" if locale == "cs_CZ" else "#,##0.#%"
    return _signed(format_percent(round(value, 3) + 0.0, format=pattern, locale=locale))


def _p_cell(value: float, locale: str) -> str:
    if value < LEAST_P:
        return f"<{NARROW}{_decimal(LEAST_P, locale, 3)}"
    return _decimal(value, locale, 3)


def _p_value(value: float, locale: str) -> str:
    sign = "" if value < LEAST_P else f"={NARROW}"
    return f"p{NARROW}{sign}{_p_cell(value, locale)}"


def _count(value: float, locale: str) -> str:
    return _decimal(float(value), locale, 0)


def _fraction(value: tuple[int, int], locale: str) -> str:
    return "/".join(_count(part, locale) for part in value)


def _period(value: Any, locale: str) -> str:
    label = str(value)
    if match := _QUARTER.fullmatch(label):
        year, quarter = match.groups()
        czech = f"{quarter}.{NARROW}čtvrtletí{NARROW}{year}"
        return czech if locale == "cs_CZ" else f"{year}{NARROW}Q{quarter}"
    if match := _MONTH.fullmatch(label):
        month = datetime.date(int(match[1]), int(match[2]), 1)
        return format_date(month, "LLLL y", locale=locale).replace(" ", NARROW)
    return _signed(label)


def _period_short(value: Any, locale: str) -> str:
    label = str(value)
    if match := _QUARTER.fullmatch(label):
        return f"Q{match[2]} {match[1]}" if locale == "cs_CZ" else f"{match[1]} Q{match[2]}"
    if match := _MONTH.fullmatch(label):
        return f"{int(match[2])}/{match[1]}"
    return _signed(label)


def _date(value: datetime.date | str, locale: str) -> str:
    day = datetime.date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(day, "d. MMMM y" if locale == "cs_CZ" else "d MMMM y", locale=locale).replace(
        " ", NARROW
    )


_KINDS: dict[str, Callable[[Any, str], str]] = {
    "estimate": lambda value, locale: _decimal(value, locale, 4),
    "significant": _significant,
    "percent": _percent,
    "level": lambda value, locale: _percent(value, locale).replace(NARROW, ""),
    "p_value": _p_value,
    "p_cell": _p_cell,
    "fraction": _fraction,
    "count": _count,
    "quarter": _period,
    "period": _period,
    "period_short": _period_short,
    "date": _date,
}
