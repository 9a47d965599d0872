"""The training funnel: persons who enrolled, completed and passed, by group."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, GREEN, GREY, canvas, to_svg, write_axis
from evaluation.report.html import HIDDEN, Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import LINE, LOOKS
from evaluation.report.words import UNNAMED, Labels, called, caption, only_published, say

STEPS = {"persons_enrolled": (GREY, ""), "persons_completed": (BLUE, ""), "persons_passed": (GREEN, "")}
TOTAL = "*"


def funnel(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw a bar per group and step; return the SVG and the picture in words."""
    rows = _rows(published)
    title = caption(lang, "figure-funnel-title", published, labels)
    most = max((float(v) for _, row, _ in rows for v in row[list(STEPS)] if pd.notna(v)), default=1.0)
    with canvas(title, height=1.4 + 0.95 * len(rows)) as (figure, axes):
        for i, (name, row, flags) in enumerate(rows):
            axes.text(0, 4 * i - 0.15, _group(name, lang, labels), va="bottom", fontsize=10.5, weight="bold")
            for j, step in enumerate(STEPS):
                _bar(axes, 4 * i + j + 0.3, row[step], bool(flags[step]), step, most, lang)
        axes.set_ylim(4 * len(rows) - 0.6, -1.1)
        axes.set_xlim(0, 1.25 * most)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang, whole=True)
        axes.set_xlabel(say(lang, "label-persons"))
        svg = to_svg(figure)
    return svg, say(lang, "alt-funnel", rows="; ".join(_words(row, lang, labels) for row in rows))


def _rows(published: Publishable) -> list[tuple[str, pd.Series[Any], pd.Series[Any]]]:
    """Return group, its counts, and which of them are hidden; the total first."""
    frame, flags = published.tables["cells"], published.suppressed["cells"]
    every = [
        (str(row["group"]), row, flag)
        for (_, row), (_, flag) in zip(frame.iterrows(), flags.iterrows(), strict=True)
    ]
    return sorted(every, key=lambda one: one[0] != TOTAL)


def _bar(axes: Axes, y: float, value: float, hidden: bool, step: str, most: float, lang: str) -> None:
    """Draw a bar with its step and count beside it; a hidden one is a hatched stub of fixed length."""
    color, look = STEPS[step][0], LOOKS["hidden"]
    if hidden:
        axes.barh([y], [0.04 * most], height=0.8, color=look.fill, edgecolor=LINE, hatch=look.hatch)
    elif pd.notna(value):
        axes.barh([y], [value], height=0.8, color=color)
    end = 0.04 * most if hidden else 0.0 if pd.isna(value) else float(value)
    said = HIDDEN if hidden else number(value, lang, "count")
    words = f"{say(lang, f'label-{step}')}: {said}"
    axes.annotate(words, (end, y), (4, 0), textcoords="offset points", va="center", fontsize=9.5)


def _group(name: str, lang: str, labels: Labels) -> str:
    return say(lang, "label-all-groups") if name == TOTAL else called(labels, name)


def _words(row: tuple[str, pd.Series[Any], pd.Series[Any]], lang: str, labels: Labels) -> str:
    name, counts, flags = row
    said = ", ".join(f"{say(lang, f'label-{step}')} {_count(counts, flags, step, lang)}" for step in STEPS)
    return f"{_group(name, lang, labels)}: {said}"


def _count(counts: pd.Series[Any], flags: pd.Series[Any], step: str, lang: str) -> str:
    return HIDDEN if flags[step] else number(counts[step], lang, "count")


def funnel_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the persons of each group and step, and the shares that follow."""
    shares = {"share-completed": ("persons_completed", "persons_enrolled")}
    shares["share-passed"] = ("persons_passed", "persons_completed")
    heads = [Column(say(lang, "label-group"), header=True)]
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in (*STEPS, *shares)]
    rows = [
        [
            _group(name, lang, labels),
            *(_count(counts, flags, step, lang) for step in STEPS),
            *(_share(counts, *pair, lang) for pair in shares.values()),
        ]
        for name, counts, flags in _rows(published)
    ]
    hidden = bool(published.suppressed["cells"].any(axis=None))
    notes = [say(lang, "table-hidden", threshold=published.profile.threshold)] if hidden else []
    title = caption(lang, "figure-funnel-title", published, labels)
    return html_table(heads, rows, caption=title, notes=notes, hidden=say(lang, "table-hidden-short"))


def _share(counts: pd.Series[Any], part: str, whole: str, lang: str) -> str:
    if pd.isna(counts[part]) or pd.isna(counts[whole]) or not counts[whole]:
        return MISSING
    return number(counts[part] / counts[whole], lang, "percent")


def funnel_sentences(published: Publishable, lang: str, *, labels: Labels = UNNAMED) -> tuple[str, ...]:
    """Say how many persons enrolled, completed and passed, and where most drop out.

    Parameters
    ----------
    published : Publishable
        Published `Cells` with the key ``group`` and the counts ``persons_enrolled``, ``persons_completed``
        and ``persons_passed``; the total has the group ``*``.
    lang : {"cs", "en"}
    labels : Labels

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    rows = _rows(only_published(published, "report.funnel_sentences"))
    said = []
    name, counts, flags = rows[0]
    if name == TOTAL:
        told = {step: _count(counts, flags, step, lang) for step in STEPS}
        said.append(say(lang, "funnel-total", None, **told))
    known = {
        one: float(row["persons_completed"] / row["persons_enrolled"])
        for one, row, _ in rows
        if one != TOTAL and pd.notna(row["persons_completed"]) and row["persons_enrolled"] > 0
    }
    if len(known) > 1:
        low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
        ends = {"low": number(known[low], lang, "percent"), "high": number(known[high], lang, "percent")}
        names = {"lowest": called(labels, low), "highest": called(labels, high)}
        said.append(say(lang, "funnel-groups", None, **ends, **names))
    return tuple(said)
