"""`evaluation doctor` in words: a line for each finding."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.locales import text
from evaluation.report import say
from evaluation.run.commands.columns import aligned
from evaluation.run.commands.doctor import Finding
from evaluation.run.commands.size import size

_MARKS = {"ok": "✓", "absent": "–", "broken": "✗"}


def in_words(findings: Sequence[Finding], lang: str) -> str:
    """Return a line for each finding, and what they amount to."""
    rows = [[_MARKS[one.status], text(lang, f"doctor-{one.code}"), _said(one, lang)] for one in findings]
    broken = sum(one.status == "broken" for one in findings)
    amounts = say(lang, "doctor-broken", broken) if broken else text(lang, "doctor-fine")
    return f"{aligned(rows, indent=0)}\n\n{amounts}"


def _said(one: Finding, lang: str) -> str:
    values = dict(one.values)
    n = values.pop("n", None)
    if "size" in values:
        values["size"] = size(values["size"], lang)
    return say(lang, f"doctor-{one.code}-{one.detail}", n, **values)
