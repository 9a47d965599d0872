"""Targets and measured values in words: what was promised, and how far it is."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from evaluation.report.numbers import MISSING, number
from evaluation.report.words import say

SHARES = ("share", "proportion")
_SIGNS = {">=": "at_least", ">": "more_than", "<=": "at_most", "<": "less_than", "==": "equal_to"}
COUNTED = ("days", "persons", "hours", "months")


def measured(value: float, unit: str, lang: str) -> str:
    r"""Write a value with its unit; an en dash where there is none.

    Parameters
    ----------
    value : float
    unit : str
        ``share`` or ``proportion`` (per cent), ``days``, ``persons``, ``hours``, ``months``, ``fte``,
        ``yes_no``; everything else is a bare number.
    lang : {"cs", "en"}

    Examples
    --------
    >>> measured(0.1134, "share", "en"), measured(12, "hours", "cs"), measured(float("nan"), "count", "cs")
    ('11.3%', '12\xa0hodin', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    if unit in SHARES:
        return number(value, lang, "percent")
    if unit == "yes_no":
        return say(lang, "label-yes" if value else "label-no")
    decimals = next((d for d in (0, 1) if math.isclose(value, round(value, d))), 2)
    plain = number(value, lang, "estimate", decimals=decimals)
    if unit in COUNTED:
        return say(lang, f"count-{unit}", float(value), count=plain).replace(" ", "\u00a0")
    return say(lang, "value-fte", value=plain) if unit == "fte" else plain


def target_words(operator: str, target: float, unit: str, due: Any, lang: str) -> str:
    r"""Write a target with its exact rule and its date: "more than 11% by 31 October 2022".

    Examples
    --------
    >>> target_words("at_least", 500, "persons", "", "en")
    'at least 500\xa0persons'
    """
    day, operator = iso(due), _SIGNS.get(operator, operator)
    if operator == "by_date":
        return say(lang, "target-by_date", date=number(day, lang, "date"))
    if not operator or math.isnan(target):
        return MISSING
    said = say(lang, f"target-{operator}", value=measured(target, unit, lang))
    return say(lang, "target-until", target=said, date=number(day, lang, "date")) if day else said


def reached(value: float, operator: str, unit: str, lang: str) -> str:
    r"""Write what was reached; for a target by a date how many days before or after it.

    Examples
    --------
    >>> reached(-13, "by_date", "date", "en"), reached(480, "at_least", "persons", "en")
    ('13\xa0days before the date', '480\xa0persons')
    """
    if operator != "by_date" or math.isnan(value):
        return measured(value, unit, lang)
    if value == 0:
        return say(lang, "target-on-the-day")
    days = measured(abs(value), "days", lang)
    return say(lang, "target-early" if value < 0 else "target-late", days=days)


def iso(value: Any) -> str:
    """Return a date as ISO text, empty where there is none.

    Examples
    --------
    >>> iso(pd.Timestamp("2020-04-02")), iso(None), iso("")
    ('2020-04-02', '', '')
    """
    return "" if value is None or pd.isna(value) else str(value)[:10]
