"""`evaluation intake check` in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluation.intake.check import Checked
from evaluation.intake.defects import SEVERITIES, Defect
from evaluation.intake.quality import quality
from evaluation.locales import text
from evaluation.run.defect_words import in_words as said
from evaluation.run.defect_words import severity_in_words

_MARKS = {"error": "✗", "warning": "!", "repaired": "~", "explained": "="}
_MOST = 8
"""Defects of one file that are listed; all are in the marked workbook and in defects.csv."""


def in_words(checked: Checked, target: Path, lang: str) -> str:
    """Return what a check found as text for a terminal."""
    files = [*dict.fromkeys(one.file for one in checked.defects if one.file)]
    everywhere = [one for one in checked.defects if not one.file]
    blocks = [_head(checked, lang)]
    blocks += [_file(name, [one for one in checked.defects if one.file == name], lang) for name in files]
    if everywhere:
        blocks.append("\n".join(_lines(everywhere, lang, most=60)))
    blocks.append(text(lang, "intake-marked", folder=target))
    return "\n".join(blocks)


def _head(checked: Checked, lang: str) -> str:
    counted = quality(checked).numbers
    names = {one.file for one in checked.defects if one.file} | {one.name for one in checked.files}
    first = text(
        lang, "intake-head", len(names), quarter=checked.quarter or "", accepted=len(checked.accepted_files)
    )
    came = {"actual": counted["actual_reports"], "expected": counted["expected_reports"]}
    if not counted["days_known"]:
        return f"{first}\n{text(lang, 'intake-reported', None, **came)}"
    on_time = counted["actual_reports_on_time"]
    return f"{first}\n{text(lang, 'intake-reported-days', None, on_time=on_time, **came)}"


def _file(name: str, defects: Sequence[Defect], lang: str) -> str:
    counts = ", ".join(
        f"{severity_in_words(severity, lang)}: {n}"
        for severity in SEVERITIES
        if (n := sum(one.severity == severity for one in defects))
    )
    worst = min((one.severity for one in defects), key=SEVERITIES.index)
    return "\n".join([f"{_MARKS[worst]} {name}  ({counts})", *_lines(defects, lang, most=_MOST)])


def _lines(defects: Iterable[Defect], lang: str, *, most: int) -> list[str]:
    ordered = sorted(defects, key=lambda one: SEVERITIES.index(one.severity))
    lines = []
    for one in ordered[:most]:
        what, fix = said(one, lang)
        place = ", ".join(part for part in (one.sheet, one.cell) if part)
        lines.append(f"    {_MARKS[one.severity]} {place + ': ' if place else ''}{what} {fix}".rstrip())
    if len(ordered) > most:
        lines.append("    " + text(lang, "intake-more", len(ordered) - most))
    return lines
