"""A comparison of two runs in words: what is loud first, then a table for each analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.locales import text
from evaluation.report import note_words, number, say, term_words
from evaluation.run.commands.columns import aligned
from evaluation.run.commands.compare import AnalysisComparison, Row, Run, Term
from evaluation.run.commands.inputs import Change

_MARKS = {"unexplained": "‼", "same": "=", "same_despite": "=", "rounding": "≈"}
_SHORT = 10  # characters of a hash: enough to find it in the manifests
_LEAD = "effect"


def in_words(before: Run, after: Run, found: Sequence[AnalysisComparison], lang: str) -> str:
    """Return the comparison as text for a terminal.

    Parameters
    ----------
    before, after : Run
    found : sequence of AnalysisComparison
        As `compare` orders them.
    lang : {"cs", "en"}

    Returns
    -------
    str
    """
    differ = sum(one.verdict not in ("same", "same_despite") for one in found)
    head = say(lang, "compare-head", len(found), before=before.name, after=after.name)
    lines = [f"{head} {say(lang, 'compare-differ', differ)}"]
    if flips := sum(one.flips for one in found):
        lines.append(say(lang, "compare-flips", flips))
    return "\n\n".join(["\n".join(lines), *(_analysis(one, before, after, lang) for one in found)])


def _analysis(one: AnalysisComparison, before: Run, after: Run, lang: str) -> str:
    result = after.results.get(one.id) or before.results.get(one.id) or {}
    title = ((result.get("spec") or {}).get("title") or {}).get(lang)
    mark = "!" if one.flips else _MARKS.get(one.verdict, "≠")
    head = f"{mark} {one.id}: {title}" if title else f"{mark} {one.id}"
    parts = [head, *_why(one, lang), _terms(one, before, after, lang), *_rest(one, lang)]
    return "\n".join(part for part in parts if part)


def _why(one: AnalysisComparison, lang: str) -> list[str]:
    """Say whether the results differ, and which input can have done it."""
    said = "  " + text(lang, f"compare-{one.verdict}")
    if one.verdict == "one_side" or one.status != ("ok", "ok"):
        old, new = (text(lang, f"status-{status}") for status in one.status)
        said += f" {old} → {new}."
    return [said, *(f"    {_change(change, lang)}" for change in one.changes)]


def _change(change: Change, lang: str) -> str:
    if change.cause == "environment":
        pairs = [
            f"{name} {change.before[name] or '–'} → {change.after[name] or '–'}" for name in change.before
        ]
        return say(lang, "compare-cause-environment", versions=", ".join(pairs))
    if change.cause in ("cutoff", "seed"):
        old, new = (_count(value, lang) for value in (change.before, change.after))
    else:
        old, new = (str(value or "–")[:_SHORT] for value in (change.before, change.after))
    return say(lang, f"compare-cause-{change.cause}", before=old, after=new)


def _count(value: Any, lang: str) -> str:
    return number(value, lang, "count")


def _terms(one: AnalysisComparison, before: Run, after: Run, lang: str) -> str:
    """Return the rows of the lead result, and of the others those whose sign or significance changed."""
    shown = [term for term in one.terms if (term.result == _LEAD and term.differs) or term.flips]
    if not shown:
        return ""
    head = [text(lang, "compare-result"), text(lang, "label-term"), before.name, after.name, ""]
    rows = [
        [
            term.result,
            term_words(term.keys, lang),
            _row(term.before, term, lang),
            _row(term.after, term, lang),
            ", ".join(text(lang, f"compare-flip-{flip}") for flip in term.flips),
        ]
        for term in shown
    ]
    return aligned([head, *rows], indent=4)


def _row(row: Row | None, term: Term, lang: str) -> str:
    """Write the estimate, its interval where there is one, and its p-value."""
    if row is None:
        return number(None, lang, "estimate")
    error = _error(term)
    parts = [number(row["estimate"], lang, "estimate", std_error=error)]
    if row["conf_low"] is not None and row["conf_high"] is not None:
        low, high = (number(row[end], lang, "estimate", std_error=error) for end in ("conf_low", "conf_high"))
        parts.append(f"[{low}; {high}]")
    if row["p_value"] is not None:
        parts.append(number(row["p_value"], lang, "p_value"))
    return "  ".join(parts)


def _error(term: Term) -> float:
    """Return the smaller standard error of both runs, so that both are written with the same decimals."""
    known = [row["std_error"] for row in (term.before, term.after) if row and row["std_error"]]
    return min((one for one in known if one is not None), default=float("nan"))


def _rest(one: AnalysisComparison, lang: str) -> list[str]:
    """Return counts, notes, the other rows and the hidden cells, in a line each."""
    lines = [f"    {name}: {_counts(pairs, lang)}" for name, pairs in one.counts.items() if name == _LEAD]
    for way in ("came", "went"):
        notes = [note for found in one.notes.values() for note in found[way]]
        said = dict.fromkeys(note_words(note["code"], note["numbers"], lang) for note in notes)
        lines += ["    " + text(lang, f"compare-note-{way}", note=note) for note in said]
    others = [term for term in one.terms if term.result != _LEAD and term.differs and not term.flips]
    if others:
        lines.append("    " + say(lang, "compare-other-rows", len(others)))
    for name, hidden in one.cells.items():
        lines.append("    " + say(lang, "compare-cells", name=name, **hidden))
    return lines


def _counts(pairs: Any, lang: str) -> str:
    return ", ".join(
        f"{text(lang, f'design-{name}')} {_count(old, lang)} → {_count(new, lang)}"
        for name, (old, new) in pairs.items()
    )
