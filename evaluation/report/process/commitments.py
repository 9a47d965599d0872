"""Commitments: every promise of a programme document with its value, target, state and evidence."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import canvas, to_svg
from evaluation.report.html import Column, Markup, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import LOOKS, legend, present, state_cell, state_word, tile
from evaluation.report.process.progress import interval
from evaluation.report.process.targets import iso, reached, target_words
from evaluation.report.words import UNNAMED, Labels, caption, only_published, say

WORST = ("missed", "at_risk", "undefined", "no_data", "open", "on_track", "no_target", "met")
"""A promise of several targets stands where the worst of them stands."""
WIDE = 9
REASONS = (
    "denominator_zero",
    "none_successful",
    "not_public",
    "not_measured",
    "not_verified",
    "no_records",
    "fact",
)
"""Why a value is missing, where it is known."""


def commitments(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw one tile per promise with its state; return the SVG and the picture in words."""
    states = _states(published)
    rows = -(-len(states) // WIDE)
    title = caption(lang, "figure-commitments-title", published, labels)
    with canvas(title, height=1.45 + 0.68 * rows) as (figure, axes):
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_xlim(0, WIDE)
        axes.set_ylim(rows, 0)
        for i, (name, state) in enumerate(states.items()):
            look = LOOKS[state]
            tile(axes, i % WIDE, i // WIDE, look, f"{name}\n{look.sign}")
        legend(figure, present(list(states.values())), lang)
        svg = to_svg(figure)
    return svg, " ".join(commitment_sentences(published, lang))


def _states(published: Publishable) -> dict[str, str]:
    """Return promise -> its state, in the order of the table."""
    frame = published.tables["table"]
    return {str(name): _state(part) for name, part in frame.groupby("id", sort=False)}


def _state(part: pd.DataFrame) -> str:
    """Return where a promise stands: where the worst of its targets does, or without one its indicators."""
    asked = part[part["operator"] != ""]
    return str(min((asked if len(asked) else part)["state"], key=WORST.index))


def commitments_table(published: Publishable, lang: str, labels: Labels = UNNAMED) -> str:
    """Write every promise with the document's sentence, what was reached, target, state and evidence.

    Parameters
    ----------
    published : Publishable
        The published check ``commitments``.
    lang : {"cs", "en"}
    labels : Labels

    Returns
    -------
    str
        HTML; a state is a sign and a word.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    frame = only_published(published, "report.commitments_table").tables["table"]
    names = ("promise", "indicator", "reached", "target", "state", "evidence")
    heads = [Column(say(lang, "label-number"), header=True)]
    heads += [Column(say(lang, f"label-{name}")) for name in names]
    first = ~frame["id"].duplicated()
    rows = [
        _row(row, lang, with_promise=bool(is_first))
        for (_, row), is_first in zip(frame.iterrows(), first, strict=True)
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-commitments-title", published, labels))


def _row(row: Any, lang: str, *, with_promise: bool) -> list[str | Markup]:
    promise = _quoted(row, lang) if with_promise else say(lang, "commitment-same", id=row["id"])
    return [
        row["id"],
        promise,
        row[f"indicator_{lang}"] or MISSING,
        _reached(row, lang),
        target_words(row["operator"], row["target"], row["unit"], row["due"], lang),
        state_cell(row["state"], lang),
        _evidence(row, lang),
    ]


def _quoted(row: Any, lang: str) -> Markup:
    """Quote the document; its Czech sentence is marked as Czech, a translation stands beside it."""
    czech = f'<span lang="cs">„{escape(row["promise_cs"])}“</span>'
    if lang == "cs" or not row["promise_en"]:
        return Markup(czech)
    return Markup(f"{escape(row['promise_en'])} ({czech})")


def _reached(row: Any, lang: str) -> str:
    """Write the value with its fraction and interval, or why there is none."""
    if pd.isna(row["value"]) and iso(row.get("done")):
        return say(lang, "milestone-done-on", date=number(iso(row["done"]), lang, "date"))
    if pd.isna(row["value"]):
        return say(lang, f"reason-{row['reason']}" if row["reason"] in REASONS else "state-no_data")
    said = reached(float(row["value"]), row["operator"], row["unit"], lang)
    of = ""
    if pd.notna(row["numerator"]) and pd.notna(row["denominator"]):
        of = number((int(row["numerator"]), int(row["denominator"])), lang, "fraction")
    ends = interval(row, row["unit"], lang)
    more = "; ".join(one for one in (of, "" if ends == MISSING else ends) if one)
    synthetic = f" – {say(lang, 'value-synthetic')}" if row["synthetic"] else ""
    return f"{said} ({more}){synthetic}" if more else f"{said}{synthetic}"


def _evidence(row: Any, lang: str) -> str | Markup:
    said, address = row[f"evidence_{lang}"], row["address"]
    if not address:
        return said or MISSING
    return Markup(f'<a href="{escape(address)}">{escape(said or address)}</a>')


def commitment_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say how many promises stand where, and name those that were missed or are at risk.

    Parameters
    ----------
    published : Publishable
        The published check ``commitments``.
    lang : {"cs", "en"}

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    states = _states(only_published(published, "report.commitment_sentences"))
    counts = Counter(states.values())
    listed = ", ".join(f"{state_word(one, lang)} {counts[one]}" for one in LOOKS if counts[one])
    said = [say(lang, "commitments-counts", len(states), states=listed)]
    for state in ("missed", "at_risk"):
        names = tuple(name for name, found in states.items() if found == state)
        if names:
            said.append(say(lang, f"commitments-{state}", names=names))
    return tuple(said)
