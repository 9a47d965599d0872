"""Scorecards of tools by the dimensions of a framework, and means of scales with their intervals."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, VERMILLION, canvas, panels, to_svg, write_axis
from evaluation.report.html import HIDDEN, Column, Markup, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import LOOKS, Look, legend, present, state_cell, state_word, tile
from evaluation.report.process.progress import interval
from evaluation.report.process.targets import measured
from evaluation.report.words import Labels, called, caption, named, say

MEASURES = ("sus", "aim", "iam", "fim")
ENDS = {"sus": (0.0, 100.0)}
ITEMS = (1.0, 5.0)
"""Ends of the scales other than SUS."""


def scorecard(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw a tile per tool and dimension: measured, by few, or not known; return the SVG and its words."""
    frame = published.tables["table"]
    tools, dimensions = (list(dict.fromkeys(frame[name])) for name in ("tool", "dimension"))
    cells = dict(tuple(frame.groupby(["tool", "dimension"], sort=False)))
    title = caption(lang, "figure-scorecard-title", published, labels, framework=_framework(published, lang))
    with canvas(title, height=1.9 + 0.62 * 1.6 * len(tools) * 8 / max(8, len(dimensions))) as (figure, axes):
        axes.set_axis_off()
        axes.set_xlim(0, max(8, len(dimensions)))
        axes.set_ylim(1.6 * len(tools) + 0.9, 0)
        for x, dimension in enumerate(dimensions):
            _head(axes, x, dimension, lang)
        for i, tool in enumerate(tools):
            top = 1.6 * i + 1.5
            axes.text(0, top - 0.08, _short(called(labels, str(tool))), va="bottom", fontsize=10.5)
            for x, dimension in enumerate(dimensions):
                look, words = _cell(cells[tool, dimension], lang)
                tile(axes, x, top, look, words, fontsize=9)
        legend(figure, present(list(frame["state"])), lang)
        svg = to_svg(figure)
    return svg, _scorecard_words(frame, tools, dimensions, lang, labels)


def _framework(published: Publishable, lang: str) -> str:
    return say(lang, f"framework-{published.numbers['framework']}")


def _short(name: str) -> str:
    return textwrap.shorten(name, 60, placeholder="…")


def _head(axes: Axes, x: float, dimension: str, lang: str) -> None:
    axes.text(
        x + 0.5, 0.85, named(lang, "dimension", dimension), rotation=28, ha="left", va="bottom", fontsize=9,
        rotation_mode="anchor",
    )  # fmt: skip


def _cell(rows: pd.DataFrame, lang: str) -> tuple[Look, str]:
    """Return the look of a cell and its first value; the table has those of further indicators."""
    row = rows.iloc[0]
    look = LOOKS[row["state"]]
    if math.isnan(row["value"]):
        return look, look.sign
    few = f"\n{look.sign}" if look.sign else ""
    return look, f"{_value(row['value'], lang)}{few}"


def _value(value: float, lang: str) -> str:
    """Write a value of any unit with at most three digits."""
    return measured(round(value, 2) if abs(value) < 100 else round(value), "count", lang)


def _scorecard_words(
    frame: pd.DataFrame, tools: Sequence[str], dimensions: Sequence[str], lang: str, labels: Labels
) -> str:
    known = frame[frame["state"] != "no_data"].groupby("tool")["dimension"].agg(lambda one: len(set(one)))
    rows = "; ".join(
        f"{called(labels, str(tool))}: {number((int(known.get(tool, 0)), len(dimensions)), lang, 'fraction')}"
        for tool in tools
    )
    return say(lang, "alt-scorecard", rows=rows)


def scorecard_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write every indicator of every tool and dimension with its interval and cases."""
    heads = [Column(say(lang, "label-tool"), header=True)]
    heads += [Column(say(lang, f"label-{name}")) for name in ("dimension", "indicator")]
    heads += [
        Column(say(lang, f"label-{name}"), numeric=True) for name in ("value", "interval-plain", "cases")
    ]
    heads += [Column(say(lang, "label-state"))]
    rows: list[list[str | Markup]] = [
        [
            called(labels, str(row["tool"])),
            named(lang, "dimension", row["dimension"]),
            called(labels, row["indicator"]) or MISSING,
            _value(row["value"], lang) if not math.isnan(row["value"]) else MISSING,
            interval(row, "count", lang),
            number(row["n"], lang, "count"),
            state_cell(row["state"], lang),
        ]
        for _, row in published.tables["table"].iterrows()
    ]
    title = caption(lang, "figure-scorecard-title", published, labels, framework=_framework(published, lang))
    return html_table(heads, rows, caption=title)


def usability(every: Sequence[Publishable], lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the mean of each scale by tool on the scale's own axis; return the SVG and its words."""
    frame = _joined(every)
    measures = [one for one in MEASURES if one in set(frame["measure"])]
    parts = [frame[frame["measure"] == one] for one in measures]
    level = number(every[0].numbers["conf_level"], lang, "level")
    title = caption(lang, "figure-usability-title", every[0], labels, level=level)
    sizes = [0.75 + 0.34 * len(part) for part in parts]
    with panels(title, heights=sizes, height=0.7 + sum(sizes), title_width=44) as (figure, every_axes):
        for axes, measure, part in zip(every_axes, measures, parts, strict=True):
            _means(axes, measure, part, lang, labels)
        svg = to_svg(figure)
    rows = "; ".join(_mean_words(row, lang, labels) for _, row in frame.iterrows())
    return svg, say(lang, "alt-usability", rows=rows)


def _joined(every: Sequence[Publishable]) -> pd.DataFrame:
    """Join the tables; what the gate hid has no number of persons."""
    frame = pd.concat([one.tables["table"] for one in every], ignore_index=True)
    hidden = frame["n"].isna()
    return frame.assign(hidden=hidden)


def _means(axes: Axes, measure: str, part: pd.DataFrame, lang: str, labels: Labels) -> None:
    for y, (_, row) in enumerate(part.iterrows()):
        axes.plot([row["conf_low"], row["conf_high"]], [y, y], color=BLUE, linewidth=2.2)
        axes.plot([row["estimate"]], [y], "o", color=VERMILLION, markersize=7, markeredgecolor=BLACK)
        if math.isnan(row["estimate"]):
            axes.annotate(_unknown(row, lang), (0.02, y), xycoords=("axes fraction", "data"), va="center")
    axes.set_yticks(
        range(len(part)), [textwrap.fill(called(labels, str(one)), 26) for one in part["tool"]], fontsize=9
    )
    axes.set_ylim(len(part) - 0.4, -0.6)
    axes.set_xlim(*ENDS.get(measure, ITEMS))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    write_axis(axes.xaxis, lang)
    axes.set_xlabel(say(lang, f"measure-{measure}"), fontsize=9.5)


def _unknown(row: Any, lang: str) -> str:
    return say(lang, "table-hidden-short") if row["hidden"] else state_word("no_data", lang)


def _mean_words(row: Any, lang: str, labels: Labels) -> str:
    said = f"{_score(row['estimate'], row['measure'], lang)} ({_rounded(row, lang)})"
    known = _unknown(row, lang) if math.isnan(row["estimate"]) else said
    return f"{called(labels, str(row['tool']))}, {say(lang, 'measure-' + row['measure'])}: {known}"


def _score(value: float, measure: str, lang: str) -> str:
    """Write a mean: of a scale to 100 with one decimal, of one to 5 with two."""
    return number(float(value), lang, "estimate", decimals=1 if measure in ENDS else 2)


def _rounded(row: Any, lang: str) -> str:
    if math.isnan(row["conf_low"]):
        return MISSING
    low, high = (_score(row[end], row["measure"], lang) for end in ("conf_low", "conf_high"))
    return say(lang, "interval-range", low=low, high=high)


def usability_table(every: Sequence[Publishable], lang: str, labels: Labels) -> str:
    """Write the mean of each scale by tool with its interval, the persons, and those without a score."""
    level = number(every[0].numbers["conf_level"], lang, "level")
    heads = [Column(say(lang, "label-tool"), header=True), Column(say(lang, "label-scale"))]
    heads += [Column(say(lang, "label-mean"), numeric=True)]
    heads += [Column(say(lang, "label-interval", level=level), numeric=True)]
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in ("persons", "without-score")]
    frame, threshold = _joined(every), every[0].profile.threshold
    rows = [
        [
            called(labels, str(row["tool"])),
            say(lang, f"measure-{row['measure']}"),
            HIDDEN if row["hidden"] else _score(row["estimate"], row["measure"], lang),
            HIDDEN if row["hidden"] else _rounded(row, lang),
            *(_persons(row[name], lang) for name in ("n", "missing")),
        ]
        for _, row in frame.iterrows()
    ]
    hidden = any(HIDDEN in row for row in rows)
    title = caption(lang, "figure-usability-title", every[0], labels, level=level)
    notes = [say(lang, "table-hidden", threshold=threshold)] if hidden else []
    return html_table(heads, rows, caption=title, notes=notes, hidden=say(lang, "table-hidden-short"))


def _persons(count: float, lang: str) -> str:
    return HIDDEN if math.isnan(count) else number(count, lang, "count")
