"""The store in words: what became of each file, and the register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evaluation.locales import text
from evaluation.report import number, say
from evaluation.run.acceptance import Answer
from evaluation.run.commands.columns import aligned
from evaluation.run.screen import screen

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.intake.check import Checked

_MARKS = {"accepted": "✓", "known": "–", "refused": "✗"}
_HEAD = ("seq", "quarter", "accepted", "by", "kind", "unit", "file", "rows", "reason")


def answer(one: Answer, checked: Checked, lang: str) -> str:
    """Return a line for a file, and below it why it was refused."""
    if one.error is not None:
        what = "\n".join(f"    {line}" for line in screen(lang, one.error).splitlines())
        return f"{_MARKS[one.state]} {one.file}\n{what}"
    if one.state == "refused":
        n = sum(defect.severity == "error" and defect.file == one.file for defect in checked.defects)
        return f"{_MARKS[one.state]} {one.file}: {say(lang, 'store-errors', n)}"
    if one.state == "known":
        return f"{_MARKS[one.state]} {one.file}: {text(lang, 'store-known')}"
    entries = ", ".join(str(vintage.seq) for vintage in one.vintages)
    rows = say(lang, "store-rows", sum(vintage.rows for vintage in one.vintages))
    return f"{_MARKS[one.state]} {one.file}: {text(lang, 'store-entries', entries=entries)} ({rows})"


def register(found: pd.DataFrame, lang: str) -> str:
    """Return the register as a table, the tombstones of destroyed vintages below their entry."""
    rows = [[text(lang, f"store-head-{name}") for name in _HEAD]]
    for entry in found.astype(object).where(found.notna(), "").to_dict("records"):
        one = {str(name): str(value) for name, value in entry.items()}
        rows.append(_entry(one, lang))
        if one["purged_at"]:
            day, by, reason = one["purged_at"][:10], one["purged_by"], one["purged_reason"]
            said = text(lang, "store-tombstone", day=day, by=by, reason=reason)
            rows.append([*[""] * (len(_HEAD) - 1), said])
    return aligned(rows, right=frozenset({0, 7}), indent=0)


def _entry(one: Mapping[str, str], lang: str) -> list[str]:
    kind = text(lang, f"store-kind-{one['kind']}")
    when = one["accepted_at"][:16].replace("T", " ")
    rows = number(int(one["rows"]), lang, "count")
    who = [one["seq"], one["quarter"], when, one["accepted_by"], kind, one["unit"] or "–", one["file"]]
    return [*who, rows, one["reason"]]
