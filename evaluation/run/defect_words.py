"""Coded defects of returns in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evaluation.errors import MESSAGES
from evaluation.intake.defects import Defect, Severity
from evaluation.locales import text

_DECIMALS = 6
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def in_words(defect: Defect, lang: str) -> tuple[str, str]:
    """Return what is wrong and what to do.

    Examples
    --------
    >>> one = Defect("below_minimum", "error", value="-4", numbers={"column": "Clients", "minimum": 0.0})
    >>> in_words(one, "en")
    ('‘Clients’: -4 is less than 0.', 'Correct the value.')
    """
    code, numbers = defect.code, defect.numbers
    values: dict[str, Any] = {name: _said(value, lang) for name, value in numbers.items()}
    nearest = values.pop("nearest", "")
    values["suggestion"] = text(lang, "cli-did-you-mean", option=nearest) if nearest else ""
    if code in MESSAGES:
        values |= {name: value for name, value in numbers.items() if isinstance(value, int)}
        what, fix = text(lang, f"error-{code}", **values), text(lang, f"error-{code}-fix", **values)
    else:
        values["value"] = _said(defect.value, lang)
        what, fix = text(lang, f"defect-{code}", **values), text(lang, f"defect-{code}-fix", **values)
    if "reason" in values and defect.severity == "explained":
        fix = text(lang, "intake-reason", reason=values["reason"])
    return what, " ".join(fix.split())


def severity_in_words(severity: Severity, lang: str) -> str:
    """Return the word for a severity.

    Examples
    --------
    >>> severity_in_words("repaired", "cs")
    'opraveno'
    """
    return text(lang, f"intake-severity-{severity}")


def _said(value: Any, lang: str) -> str:
    if isinstance(value, Mapping):
        return str(value.get(lang, ""))
    if isinstance(value, tuple | list):
        return ", ".join(_said(one, lang) for one in value)
    if isinstance(value, float):
        plain = f"{round(value, _DECIMALS):.12g}"
        return plain.replace(".", ",") if lang == "cs" else plain
    if isinstance(value, str) and lang == "cs" and (date := _DATE.fullmatch(value)):
        return f"{int(date[3])}. {int(date[2])}. {date[1]}"
    return str(value)
