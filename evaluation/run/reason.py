"""Why an analysis has no result, in the language of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.locales import text
from evaluation.run.screen import said


def in_words(reason: Mapping[str, Any] | None, lang: str) -> tuple[str, str]:
    """Return what is wrong and what to do; empty where nothing is known.

    Examples
    --------
    >>> in_words({"code": "no-rows", "where": "a.csv", "example": "", "values": {}}, "cs")
    ('a.csv: Data nemají žádný řádek.', 'Zkontrolujte soubor a filtry, které na něj byly použity.')
    """
    if not reason:
        return "", ""
    values = {name: _in_language(value, lang) for name, value in (reason.get("values") or {}).items()}
    what, fix = (text(lang, f"error-{reason['code']}{part}", **values) for part in ("", "-fix"))
    where = said(lang, reason.get("where") or "")
    example = said(lang, reason.get("example") or "")
    what = f"{where}: {what}" if where else what
    return f"{what} ({example})" if example else what, " ".join(fix.split())


def _in_language(value: Any, lang: str) -> Any:
    if isinstance(value, Mapping) and lang in value:
        return value[lang]
    return said(lang, value) if isinstance(value, str) else value
