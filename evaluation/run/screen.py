"""Errors on one screen: what, where, an example, what to do; in the reader's language."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.locales import text

LANGUAGES = ("cs", "en")
_WORDS = ("role", "expected", "reason", "advice", "what", "suggestion", "available", "example", "where")
_PHRASES = (
    (re.compile(r"Did you mean '(?P<option>.*?)'\?"), "cli-did-you-mean"),
    (re.compile(r"\(\+(?P<count>\d+) more\)"), "cli-more"),
    (re.compile(r"^one of: (?P<options>.*)$", re.DOTALL), "cli-one-of"),
    (re.compile(r"^none$"), "cli-none"),
    (re.compile(r"\brows (?P<first>\d+) and (?P<second>\d+)"), "cli-rows"),
    (re.compile(r"\brow (?P<row>\d+)"), "cli-row"),
    (re.compile(r"\bline (?P<line>\d+)"), "cli-line"),
    (re.compile(r"\bdata set (?P<dataset>\w+)"), "cli-dataset"),
)


def language_of(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> str:
    """Return the language of the messages: that of --lang, else of LC_ALL or LANG, else English.

    Examples
    --------
    >>> language_of(["--lang", "cs", "check"], {})
    'cs'
    >>> language_of(["check"], {"LANG": "cs_CZ.UTF-8"})
    'cs'
    """
    for argument, following in zip(arguments, [*arguments, ""][1:], strict=True):
        given = argument.removeprefix("--lang=") if argument.startswith("--lang=") else following
        if argument.startswith("--lang") and given in LANGUAGES:
            return given
    locale = environment.get("LC_ALL") or environment.get("LANG") or ""
    return "cs" if locale.lower().startswith("cs") else "en"


def screen(lang: str, error: EvaluationError) -> str:
    """Return the message of an error.

    Examples
    --------
    >>> from evaluation.errors import DataError
    >>> print(screen("en", DataError("no-rows", where="panel.csv")))
    Error: The data have no rows.
      Where:   panel.csv
      To do:   Check the file and the filters that were applied to it.
    """
    what, fix = _sentences(lang, error)
    lines = [
        ("cli-where", said(lang, error.where)),
        ("cli-example", said(lang, error.example)),
        ("cli-fix", fix),
    ]
    rows = [f"  {text(lang, key) + ':':<9}{value}" for key, value in lines if value]
    return "\n".join([f"{text(lang, 'cli-error')}: {what}", *rows])


def _sentences(lang: str, error: EvaluationError) -> tuple[str, str]:
    if lang == "en":
        return error.what, error.fix
    values = {key: _translated(lang, key, value) for key, value in error.values.items()}
    try:
        what, fix = (text(lang, f"error-{error.code}{part}", **values) for part in ("", "-fix"))
    except KeyError:  # a message in English is better than none
        return error.what, error.fix
    return what, " ".join(fix.split())


def _translated(lang: str, name: str, value: Any) -> Any:
    if isinstance(value, Mapping) and lang in value:
        return value[lang]
    return said(lang, value) if name in _WORDS and isinstance(value, str) else value


def said(lang: str, value: str) -> str:
    """Translate the small phrases that the package itself puts into an error's values."""
    if lang == "en":
        return value
    key = _WORD_KEYS.get(value)
    if key:
        return text(lang, key)
    for pattern, phrase in _PHRASES:
        value = pattern.sub(partial(_phrase, lang, phrase), value)
    return value


def _phrase(lang: str, key: str, match: re.Match[str]) -> str:
    values: dict[str, Any] = match.groupdict()
    return text(lang, key, **values)


_WORD_KEYS = {
    "outcome": "word-outcome",
    "unit": "word-unit",
    "time": "word-time",
    "cohort": "word-cohort",
    "treatment": "word-treatment",
    "column": "word-column",
    "catalogue": "word-catalogue",
    "weights": "word-weights",
    "exposure": "word-exposure",
    "cluster": "word-cluster",
    "strata": "word-strata",
    "grouping": "word-grouping",
    "assignment_unit": "word-assignment-unit",
    "unit of assignment": "word-assignment-unit",
    "admissible": "word-admissible",
    "admissible units": "word-admissible",
    "required column": "word-required-column",
    "a whole number": "word-whole-number",
    "a number": "word-number",
    "true or false": "word-true-false",
    "text": "word-text",
    "a list": "word-list",
    "a table of keys and values": "word-table",
    "a quarter such as 2024Q4": "word-quarter",
    "a date such as 2020-01-02": "word-date",
    "a day under the key due and no value, where the operator is by_date": "word-due-with-by-date",
    "a number under the key value, where the operator is not by_date": "word-value-without-by-date",
    "share or rate only with the key denominator": "word-needs-denominator",
    "true with the keys name and source, false without both": "word-verified-tool",
    "a date together with its source": "word-date-with-source",
    "an id that stands only once": "word-id-once",
    "exactly one of the keys cohort and treatment": "word-cohort-or-treatment",
    "Save the table as CSV with the encoding UTF-8.": "word-save-csv",
    "Save the file as CSV with the encoding UTF-8.": "word-save-csv",
    "Check the quotation marks in that row.": "word-check-quotes",
    "Correct that row: text with the delimiter in it needs quotation marks.": "word-check-fields",
    "it is not a text file": "word-not-text",
    "Permission denied": "word-permission",
    "Read-only file system": "word-read-only",
    "No space left on device": "word-disk-full",
    "Not a directory": "word-not-directory",
    "File exists": "word-not-directory",
}
