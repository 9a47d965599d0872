"""The love plot: how far the groups differed before the start, in standard deviations."""

from __future__ import annotations

import math
import textwrap

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.words import Labels, caption, named, say

SMALL = 0.1
"""Standardised differences up to this are called small (Austin 2009, doi:10.1002/sim.3697)."""


def balance(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the standardised difference of each variable; return the SVG and the picture in words."""
    frame = published.tables["table"]
    names = [_name(str(one), lang, labels) for one in frame["variable"]]
    with canvas(caption(lang, "figure-balance-title", published, labels), height=1.5 + 0.4 * len(frame)) as (
        figure,
        axes,
    ):
        axes.axvspan(-SMALL, SMALL, color=GREY, alpha=0.12, linewidth=0)
        axes.axvline(0, color=GREY, linewidth=1.0)
        for y, difference in enumerate(frame["standardised_difference"]):
            color, marker = (BLUE, "o") if abs(difference) <= SMALL else (VERMILLION, "D")
            axes.plot([difference], [y], marker, color=color, markersize=8)
            if math.isnan(difference):
                axes.annotate(say(lang, "balance-unknown"), (0, y), va="center", fontsize=9)
        axes.set_yticks(range(len(names)), [textwrap.fill(one, 30) for one in names])
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang)
        axes.set_xlabel(say(lang, "figure-balance-axis"))
        svg = to_svg(figure)
    said = (number(one, lang, "estimate", decimals=2) for one in frame["standardised_difference"])
    rows = "; ".join(f"{name}: {words}" for name, words in zip(names, said, strict=True))
    return svg, say(lang, "alt-balance", rows=rows)


def _name(variable: str, lang: str, labels: Labels) -> str:
    return labels.columns.get(variable) or named(lang, "variable", variable)


def balance_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the means of both groups, their difference and the standardised difference."""
    columns = ("treated", "comparison", "difference", "standardised_difference")
    counts = ("n_treated", "n_comparison")
    heads = [Column(say(lang, "label-variable"), header=True)]
    heads += [Column(say(lang, f"label-balance-{name}"), numeric=True) for name in (*columns, *counts)]
    rows = [
        [
            _name(str(row["variable"]), lang, labels),
            *(number(row[name], lang, "significant") for name in columns[:-1]),
            number(row["standardised_difference"], lang, "estimate", decimals=2),
            *(number(row[name], lang, "count") for name in counts),
        ]
        for _, row in published.tables["table"].iterrows()
    ]
    title = caption(lang, "figure-balance-title", published, labels)
    return html_table(heads, rows, caption=title, notes=[say(lang, "table-balance")])
