"""The figure of estimates with one part left out."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, DARK, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.tables import decimals_between
from evaluation.report.words import Labels, caption, named, only_published, say

MOST_NAMED = 30


def left_out(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the estimate without each part, smallest first; return the SVG and the picture in words."""
    frame, numbers = _sorted(published), published.numbers
    title = caption(lang, "figure-left_out-title", published, labels, part=_part(published, lang))
    with canvas(title, height=1.6 + 0.24 * min(len(frame), MOST_NAMED)) as (figure, axes):
        _points(axes, frame, str(numbers.get("furthest", "")), lang)
        axes.axvline(float(numbers["estimate"]), color=BLACK, linewidth=1.4)
        axes.axvline(0, color=GREY, linewidth=1.0, linestyle=":")
        whole = say(lang, "figure-left_out-all")
        axes.annotate(f" {whole}", (float(numbers["estimate"]), -0.55), va="top", fontsize=9, color=BLACK)
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang)
        unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
        axes.set_xlabel(say(lang, "figure-estimate-axis") + unit)
        svg = to_svg(figure)
    return svg, left_out_sentence(published, lang)


def _points(axes: Axes, frame: pd.DataFrame, furthest: str, lang: str) -> None:
    """Draw the estimates; name all of them, or the one that counts most where there are many."""
    names = [_name(str(label), lang) for label in frame["left_out"]]
    for y, (label, value) in enumerate(zip(frame["left_out"], frame["estimate"], strict=True)):
        color, marker = (VERMILLION, "D") if label == furthest else (BLUE, "o")
        axes.plot([value], [y], color=color, marker=marker, markersize=6, linestyle="")
        if label == furthest and len(frame) > MOST_NAMED:
            axes.annotate(f"  {names[y]}", (value, y), va="center", fontsize=9, color=DARK[VERMILLION])
    axes.set_yticks(range(len(frame)), names)
    if len(frame) > MOST_NAMED:
        axes.set_yticks([])
        axes.set_ylabel(say(lang, "figure-left_out-axis", parts=len(frame)))


def left_out_sentence(published: Publishable, lang: str) -> str:
    """Say between which values the estimate lies when one part is left out, and which part counts most.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    numbers = only_published(published, "report.left_out_sentence").numbers
    known = published.tables["table"]["estimate"].dropna()
    if known.empty:
        return say(lang, "left_out-nothing", int(numbers["of"]), part=_part(published, lang))
    decimals = _decimals(published)
    written = {
        name: number(numbers[name], lang, "estimate", decimals=decimals)
        for name in ("estimate", "lowest", "highest", "furthest_estimate")
    }
    furthest = _name(str(numbers["furthest"]), lang)
    said = say(lang, "left_out-range", None, part=_part(published, lang), furthest=furthest, **written)
    changes = int(numbers["sign_changes"])
    return f"{said} {say(lang, 'left_out-sign', changes)}" if changes else said


def left_out_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the estimate without each part."""
    frame = _sorted(published)
    decimals = _decimals(published)
    heads = [
        Column(say(lang, "label-left_out"), header=True),
        Column(say(lang, "label-units-left_out"), numeric=True),
        Column(say(lang, "label-treated-left_out"), numeric=True),
        Column(say(lang, "label-estimate"), numeric=True),
        Column(say(lang, "label-change"), numeric=True),
    ]
    rows = [
        [
            _name(row["left_out"], lang),
            number(row["units"], lang, "count"),
            number(row["treated"], lang, "count"),
            number(row["estimate"], lang, "estimate", decimals=decimals),
            number(row["difference"], lang, "estimate", decimals=decimals),
        ]
        for _, row in frame.iterrows()
    ]
    title = caption(lang, "figure-left_out-title", published, labels, part=_part(published, lang))
    return html_table(heads, rows, caption=title)


def _decimals(published: Publishable) -> int:
    known = published.tables["table"]["estimate"].dropna()
    return decimals_between(known if len(known) else pd.Series([float(published.numbers["estimate"])]))


def _sorted(published: Publishable) -> pd.DataFrame:
    return published.tables["table"].sort_values("estimate", kind="stable")


def _part(published: Publishable, lang: str) -> str:
    by = str(published.numbers["by"])
    known = named(lang, "part", by)
    return say(lang, "part-group", group=by) if known == by else known


def _name(label: str, lang: str) -> str:
    return number(label, lang, "period")
