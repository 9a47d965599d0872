"""The 16 pilots of the ministry as points on a schematic map of Czechia."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.errors import DisclosureError
from evaluation.report.canvas import BLACK, GREY, canvas, to_svg
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.process.looks import LOOKS, legend, present, state_cell, state_word
from evaluation.report.process.places import LANDMARKS, TOWNS
from evaluation.report.words import Labels, caption, say

WEST, EAST, SOUTH, NORTH = 11.9, 19.2, 48.45, 51.15
_BESIDE = {
    "Kadaň": (-1, -1), "Chomutov": (-1, 1), "Most": (1, 1), "Štětí": (1, 0), "Praha 7": (-1, -1),
    "Praha 14": (1, 1), "Vír": (1, 0), "Křižánky": (-1, 0), "Jindřichův Hradec": (-1, 1),
    "Karlovy Vary": (-1, -1), "Liberec": (-1, 0), "Olomouc": (-1, 1),
}  # fmt: skip
"""Where the name of a town stands so that it covers no other: east or west, north or south of it."""


def towns(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw a point for each town, as large as its population; return the SVG and the picture in words."""
    frame = _read(published)
    title = caption(lang, "figure-towns-title", published, labels)
    with canvas(title, height=4.5) as (figure, axes):
        _graticule(axes, lang)
        for _, row in frame.sort_values("population", ascending=False).iterrows():
            _town(axes, row)
        legend(figure, present(list(frame["state"])), lang, columns=2)
        svg = to_svg(figure)
    rows = "; ".join(_words(row, lang) for _, row in frame.iterrows())
    return svg, say(lang, "alt-towns", rows=rows)


def _read(published: Publishable) -> pd.DataFrame:
    frame: pd.DataFrame = published.tables["table"]
    unknown = [name for name in frame["municipality"] if name not in TOWNS]
    if unknown:
        raise DisclosureError("not-on-map", name=unknown[0], count=len(unknown))
    return frame


def _graticule(axes: Axes, lang: str) -> None:
    """Draw degrees of longitude and latitude, and the cities by which a reader finds the way."""
    axes.set_xlim(WEST, EAST)
    axes.set_ylim(SOUTH, NORTH)
    axes.set_aspect(1 / math.cos(math.radians(49.8)))
    axes.grid(visible=True, axis="both", linewidth=0.6)
    axes.set_xticks(range(12, 20), [say(lang, "map-east", degrees=one) for one in range(12, 20)])
    axes.set_yticks(range(49, 52), [say(lang, "map-north", degrees=one) for one in range(49, 52)])
    axes.tick_params(length=0, labelsize=9)
    axes.spines[["left", "bottom"]].set_visible(False)
    for name, (x, y) in LANDMARKS.items():
        axes.plot([x], [y], marker="+", color=GREY, markersize=6, linestyle="")
        _name(axes, name, name, 5, fontsize=8.5, color=GREY)


def _town(axes: Axes, row: Any) -> None:
    x, y = TOWNS[row["municipality"]]
    look, size = LOOKS[row["state"]], 6 + 0.028 * math.sqrt(row["population"])
    axes.plot([x], [y], "o", color=look.fill, markeredgecolor=BLACK, markersize=size, markeredgewidth=0.8)
    if size > 12:  # a sign would not fit into a smaller one: its name carries it then
        axes.text(x, y, look.sign, ha="center", va="center", fontsize=9, color=look.ink)
    mark = f"{look.sign} " if size <= 12 else ""
    _name(axes, row["municipality"], f"{mark}{row['municipality']}", size / 2 + 2, fontsize=9.5, color=BLACK)


def _name(axes: Axes, place: str, words: str, away: float, **text: Any) -> None:
    """Write the name of a place beside its point, so many points away."""
    east, north = _BESIDE.get(place, (1, 0))
    axes.annotate(
        words, {**TOWNS, **LANDMARKS}[place], (east * away, north * 7), textcoords="offset points",
        ha="left" if east > 0 else "right", va="center", **text,
    )  # fmt: skip


def _words(row: Any, lang: str) -> str:
    people = number(row["population"], lang, "count")
    return f"{row['municipality']} ({people}): {state_word(row['state'], lang)}"


def towns_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the population and the state of each town."""
    frame = _read(published)
    heads = [
        Column(say(lang, "label-municipality"), header=True),
        Column(say(lang, "label-population"), numeric=True),
        Column(say(lang, "label-state")),
    ]
    rows = [
        [row["municipality"], number(row["population"], lang, "count"), state_cell(row["state"], lang)]
        for _, row in frame.iterrows()
    ]
    title = caption(lang, "figure-towns-title", published, labels)
    return html_table(heads, rows, caption=title)
