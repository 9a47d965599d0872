"""The figure of estimates with intervals, one row per term and method of inference."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    VERMILLION,
    canvas,
    drawn_ends,
    to_svg,
    write_axis,
)
from evaluation.report.numbers import number
from evaluation.report.tables import term_words
from evaluation.report.words import Labels, caption, named, say

_LOOK = ((VERMILLION, "o"), (BLUE, "s"), (BLACK, "^"), (GREEN, "D"), (PURPLE, "v"))


def forest(every: Sequence[Publishable], lang: str, labels: Labels) -> tuple[str, str]:
    """Draw estimates with their intervals; return the SVG and the picture in words."""
    lines = [
        (_name(one, row, lang), row, _LOOK[i % len(_LOOK)])
        for i, one in enumerate(every)
        for _, row in one.tables["tidy"].iterrows()
    ]
    level = number(every[0].numbers["conf_level"], lang, "level")
    title = caption(lang, "figure-forest-title", every[0], labels, level=level)
    with canvas(title, height=1.5 + 0.45 * len(lines)) as (figure, axes):
        ends = drawn_ends(pd.DataFrame([row for _, row, _ in lines]))
        for y, (_, row, (color, marker)) in enumerate(lines):
            axes.plot(ends[y], [y, y], color=color, linewidth=2.2)
            for name, end, arrow in zip(("conf_low", "conf_high"), ends[y], "<>", strict=True):
                if math.isinf(row[name]):
                    axes.plot([end], [y], color=color, marker=arrow, markersize=9)
            axes.plot([row["estimate"]], [y], color=color, marker=marker, markersize=8, linestyle="")
        axes.axvline(0, color=GREY, linewidth=1.0)
        axes.set_yticks(range(len(lines)), [name for name, _, _ in lines])
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang)
        unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
        axes.set_xlabel(say(lang, "figure-estimate-axis") + unit)
        svg = to_svg(figure)
    rows = "; ".join(_alt_row(name, row, lang) for name, row, _ in lines)
    return svg, say(lang, "alt-forest", rows=rows)


def _name(published: Publishable, row: object, lang: str) -> str:
    method = named(lang, "method", str(published.numbers["inference"]))
    several = len(published.tables["tidy"]) > 1
    return f"{term_words(row, lang)}\n{method}" if several else method


def _alt_row(name: str, row: object, lang: str) -> str:
    error = float(row["std_error"])  # type: ignore[index]

    def written(column: str) -> str:
        return number(row[column], lang, "estimate", std_error=error)  # type: ignore[index]

    method = name.replace("\n", ", ")
    if math.isnan(row["conf_low"]):  # type: ignore[index]
        return say(lang, "alt-forest-row-bare", method=method, estimate=written("estimate"))
    ends = {"low": written("conf_low"), "high": written("conf_high")}
    return say(lang, "alt-forest-row", None, method=method, estimate=written("estimate"), **ends)
