"""The timeline of the roll-out: when units were treated, and what else happened then."""

from __future__ import annotations

import math
import re
import textwrap
from html import escape
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, DARK, GREY, PURPLE, VERMILLION, canvas, to_svg
from evaluation.report.html import Column, Markup, html_table
from evaluation.report.numbers import number
from evaluation.report.words import Labels, caption, say

_LOOK = {"data": GREY, "programme": BLACK, "treated": VERMILLION, "shock": BLUE, "contaminating": PURPLE}
_STEPS = {"Q": 4, "-": 12}
_LABEL = re.compile(r"(-?\d+)(?:(Q|-)(\d+))?")
OPEN = 0.75  # years for which a bar without an end is drawn at least
WIDEST, NAMES = 46, 12.5
"""Characters of a name on one line and size of its letters: a phone halves the figure."""


def timeline(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw one bar per row of the timeline; return the SVG and the picture in words."""
    frame = published.tables["table"]
    low = min(years_of(first)[0] for first in frame["first"])
    ends = zip(frame["first"], frame["last"], strict=True)
    high = max(years_of(last)[1] if last else years_of(first)[1] + OPEN for first, last in ends)
    title = caption(lang, "figure-timeline-title", published, labels)
    with canvas(title, height=1.1 + 0.5 * len(frame)) as (figure, axes):
        for y, (_, row) in enumerate(frame.iterrows()):
            _bar(axes, y, row, high, _named(row, lang), len(frame))
        axes.set_ylim(len(frame) - 0.3, -0.75)
        axes.set_xlim(low - 0.02 * (high - low), high + 0.03 * (high - low))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=2))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: number(str(int(value)), lang, "period"))
        )
        axes.tick_params(axis="x", labelsize=NAMES)
        svg = to_svg(figure)
    rows = "; ".join(f"{_named(row, lang)}: {_when(row, lang)}" for _, row in frame.iterrows())
    return svg, say(lang, "alt-timeline", rows=rows)


def _bar(axes: Axes, y: int, row: Any, high: float, name: str, rows: int) -> None:
    """Draw a bar under its name; one that goes on ends in an arrow, a shock shades what lies above it."""
    begin = years_of(row["first"])[0]
    end = years_of(row["last"])[1] if row["last"] else high
    color = _LOOK["contaminating" if row["contaminates"] else row["row"]]
    if row["row"] == "shock":
        axes.axvspan(begin, end, ymin=1 - (y + 0.75) / (rows + 0.45), color=color, alpha=0.09, linewidth=0)
    axes.plot([begin, end], [y + 0.28] * 2, color=color, linewidth=5, solid_capstyle="butt")
    if row["row"] == "treated":
        axes.plot([begin], [y + 0.28], marker="o", color=color, markersize=8)
    if not row["last"]:
        axes.plot([high], [y + 0.28], marker=">", color=color, markersize=9, clip_on=False)
    axes.annotate(
        textwrap.shorten(name, WIDEST, placeholder="…"), (0.005, y - 0.02), ha="left", va="center",
        xycoords=("axes fraction", "data"), fontsize=NAMES, color=DARK.get(color, BLACK),
    )  # fmt: skip


def years_of(label: str) -> tuple[float, float]:
    """Return where a period begins and ends, in years: 2020Q2 is 2020.25 to 2020.5.

    Examples
    --------
    >>> years_of("2020Q2"), years_of("2018")
    ((2020.25, 2020.5), (2018.0, 2019.0))
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        return math.nan, math.nan
    year, mark, part = match.groups()
    step = 1 / _STEPS[mark] if mark else 1.0
    begin = int(year) + (int(part) - 1) * step if mark else float(year)
    return begin, begin + step


def _named(row: Any, lang: str) -> str:
    if row["row"] == "data":
        return say(lang, "timeline-data")
    if row["row"] == "treated":
        return row[f"name_{lang}"] or say(lang, "timeline-treated", int(row["units"]))
    name = str(row[f"name_{lang}"])
    return name[:1].upper() + name[1:]


def _when(row: Any, lang: str) -> str:
    return span(row["first"], row["last"], lang)


def span(first: str, last: str, lang: str) -> str:
    """Write from when to when; with one end where it goes on, as one period where both are the same."""
    begin = number(first, lang, "period")
    if not last:
        return say(lang, "timeline-open-year" if first.isdecimal() else "timeline-open", start=begin)
    if first == last:
        return begin
    return say(lang, "timeline-span", start=begin, end=number(last, lang, "period"))


def timeline_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write what happened when, to whom, and where that stands."""
    heads = [
        Column(say(lang, "label-what"), header=True),
        Column(say(lang, "label-when")),
        Column(say(lang, "label-reaches")),
        Column(say(lang, "label-source")),
    ]
    rows = [
        [_named(row, lang), _when(row, lang), _reaches(row, lang), _source(row, lang)]
        for _, row in published.tables["table"].iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "caption-timeline", published, labels))


def _reaches(row: pd.Series[Any], lang: str) -> str:
    if not row["reaches"]:
        return ""
    said = say(lang, f"reaches-{row['reaches']}")
    return f"{said}; {say(lang, 'reaches-contaminates')}" if row["contaminates"] else said


def _source(row: pd.Series[Any], lang: str) -> str | Markup:
    said, address = str(row[f"source_{lang}"]), str(row["address"])
    if not address:
        return said
    return Markup(f'<a href="{escape(address)}">{escape(said)}</a>')
