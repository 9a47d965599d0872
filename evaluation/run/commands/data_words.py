"""`evaluation data` in words."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.locales import text
from evaluation.report import number
from evaluation.run.commands.columns import aligned
from evaluation.run.commands.data import Entry
from evaluation.run.screen import screen

_SHORT = 12


def in_words(entries: Sequence[Entry], lang: str) -> str:
    """Return the data sets as text for a terminal: a mark, the title, and what is known of each."""
    return "\n\n".join(_entry(one, lang) for one in entries)


def _entry(one: Entry, lang: str) -> str:
    mark = "✗" if one.is_wrong else "✓" if one.file else "–"
    rows = [
        (text(lang, "data-file"), one.file or text(lang, "data-absent")),
        (text(lang, "provenance-sha256"), _fingerprint(one, lang)),
        (text(lang, "data-last-period"), _period(one, lang)),
        (text(lang, "data-analyses"), ", ".join(one.analyses) or text(lang, "data-no-analysis")),
        (text(lang, "provenance-publisher"), one.publisher[lang]),
        (text(lang, "provenance-licence"), one.licence[lang]),
        (text(lang, "provenance-address"), one.address),
    ]
    known = [[name, value] for name, value in rows if value]
    lines = [f"{mark} {one.id}: {one.title[lang]}", aligned(known, indent=4)]
    if one.error:
        lines.append("\n".join("    " + line for line in screen(lang, one.error).splitlines()))
    return "\n".join(lines)


def _fingerprint(one: Entry, lang: str) -> str:
    if one.sha256 is None:
        return ""
    return f"{one.sha256[:_SHORT]}… {text(lang, f'data-fingerprint-{one.fingerprint}')}"


def _period(one: Entry, lang: str) -> str:
    return "" if one.last_period is None else number(one.last_period, lang, "period")
