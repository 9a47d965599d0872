"""Verdicts on tools: which criteria each met, and what follows by the rule."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd
from matplotlib.patches import Rectangle

from evaluation.disclosure import Publishable
from evaluation.report.canvas import canvas, to_svg
from evaluation.report.html import Column, Markup, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import LINE, LOOKS, legend, present, state_cell, state_word, tile
from evaluation.report.words import UNNAMED, Labels, called, caption, only_published, say

COUNTS = {"met": "met", "failed": "missed", "unknown": "unknown"}
"""Count of criteria -> the look of one of them."""
ROW = 1.75  # height of a tool, in tiles: its name and its criteria


def verdicts(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the criteria of each tool as tiles beside its verdict; return the SVG and the picture in words."""
    frame = published.tables["table"]
    wide = max(9, int(frame["criteria"].max()) + 5)
    title = caption(lang, "figure-verdicts-title", published, labels)
    with canvas(title, height=1.3 + 0.62 * ROW * len(frame) * 9 / wide) as (figure, axes):
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_xlim(0, wide)
        axes.set_ylim(ROW * len(frame), 0)
        for i, (_, row) in enumerate(frame.iterrows()):
            top = ROW * i + 0.7
            name = textwrap.shorten(called(labels, str(row["tool"])), 60, placeholder="…")
            axes.text(0, top - 0.1, name, va="bottom", fontsize=10.5)
            for x, look in enumerate(_looks(row)):
                tile(axes, x, top, LOOKS[look])
            _verdict(axes, int(row["criteria"]) + 0.5, top, row["verdict"], lang)
        legend(figure, present(list(COUNTS.values())), lang)
        svg = to_svg(figure)
    rows = "; ".join(_words(row, lang, labels) for _, row in frame.iterrows())
    return svg, say(lang, "alt-verdicts", rows=rows)


def _looks(row: Any) -> list[str]:
    return [look for count, look in COUNTS.items() for _ in range(int(row[count]))]


def _verdict(axes: Any, x: float, top: float, verdict: str, lang: str) -> None:
    look = LOOKS[verdict]
    axes.add_patch(Rectangle((x, top + 0.1), 0.16, 0.8, facecolor=look.fill, edgecolor=LINE, linewidth=0.6))
    words = f"{look.sign} {state_word(verdict, lang)}"
    axes.text(x + 0.32, top + 0.5, words, va="center", fontsize=10.5, weight="bold")


def _words(row: Any, lang: str, labels: Labels) -> str:
    met = number((int(row["met"]), int(row["criteria"])), lang, "fraction")
    told = {"tool": called(labels, str(row["tool"])), "verdict": state_word(row["verdict"], lang), "met": met}
    return say(lang, "verdict-row", None, **told)


def verdicts_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write for each tool the verdict, the criteria, what was not met, the cases and the months."""
    names = ("verdict", "criteria-met", "unmet", "cases", "months")
    numeric = ("criteria-met", "cases", "months")
    heads = [Column(say(lang, "label-tool"), header=True)]
    heads += [Column(say(lang, f"label-{name}"), numeric=name in numeric) for name in names]
    rows: list[list[str | Markup]] = [
        [
            called(labels, str(row["tool"])),
            state_cell(row["verdict"], lang),
            number((int(row["met"]), int(row["criteria"])), lang, "fraction"),
            ", ".join(called(labels, one) for one in str(row["unmet"]).split()) or MISSING,
            number(row["n"], lang, "count"),
            number(row["months"], lang, "count"),
        ]
        for _, row in published.tables["table"].iterrows()
    ]
    title = caption(lang, "figure-verdicts-title", published, labels)
    return html_table(heads, rows, caption=title, notes=[_rule(published, lang)])


def _rule(published: Publishable, lang: str) -> str:
    """Say by which rule, and whether it was written before the data."""
    numbers = published.numbers
    date = number(str(numbers["decided"]), lang, "date")
    late = any(note.code == "rule_after_data" for note in published.notes)
    return say(
        lang, "verdict-rule-late" if late else "verdict-rule", None, rule=str(numbers["rule"]), date=date
    )


def verdict_sentences(published: Publishable, lang: str, *, labels: Labels = UNNAMED) -> tuple[str, ...]:
    """Say which tools were successful, in part, not, or cannot be judged yet, and by what rule.

    Parameters
    ----------
    published : Publishable
        The published check ``verdicts``.
    lang : {"cs", "en"}
    labels : Labels

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.verdict_sentences")
    frame: pd.DataFrame = published.tables["table"]
    parts = []
    for verdict in present(list(frame["verdict"])):
        tools = [called(labels, str(name)) for name in frame.loc[frame["verdict"] == verdict, "tool"]]
        parts.append(f"{state_word(verdict, lang)}: {len(tools)} ({', '.join(tools)})")
    return (say(lang, "verdicts-counts", len(frame), states="; ".join(parts)), _rule(published, lang))
