"""The figure of estimates with one part left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, DARK, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.scale import axis_words, is_log, scaled, writer
from evaluation.report.words import Labels, caption, named, only_published, say

MOST_NAMED, MOST_LISTED = 30, 10


def left_out(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the estimate without each part, smallest first; return the SVG and the picture in words."""
    frame, numbers = _sorted(published), published.numbers
    title = caption(lang, "figure-left_out-title", published, labels, part=_part(published, lang))
    with canvas(title, height=1.7 + 0.24 * min(len(frame), MOST_NAMED), title_width=46) as (figure, axes):
        drawn = frame.assign(estimate=scaled(published, frame["estimate"]))
        _points(axes, drawn, str(numbers.get("furthest", "")), lang)
        actual = float(scaled(published, numbers["estimate"]))
        axes.axvline(actual, color=BLACK, linewidth=1.4)
        axes.axvline(0, color=GREY, linewidth=1.0, linestyle=":")
        whole = say(lang, "figure-left_out-all")
        axes.annotate(f" {whole}", (actual, -0.55), va="top", fontsize=9, color=BLACK)
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang)
        axes.set_xlabel(axis_words(published, lang, labels))
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
    write = _writer(published, lang)
    written = {name: write(numbers[name]) for name in ("estimate", "lowest", "highest", "furthest_estimate")}
    furthest = _name(str(numbers["furthest"]), lang)
    if numbers["by"] == "cohort":
        furthest = say(lang, "left_out-cohort", start=furthest)
    said = say(lang, "left_out-range", None, part=_part(published, lang), furthest=furthest, **written)
    changes = int(numbers["sign_changes"])
    return f"{said} {say(lang, 'left_out-sign', changes)}" if changes else said


def left_out_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the estimate without each part; of many parts those that count most."""
    frame, write = _sorted(published), _writer(published, lang)
    notes = []
    if len(frame) > MOST_NAMED:
        nearest = frame["difference"].abs().sort_values().index[:-MOST_LISTED]
        frame = frame.drop(nearest)
        notes = [say(lang, "left_out-listed", MOST_LISTED, of=len(published.tables["table"]))]
    columns = ["left_out", "units", "treated", "estimate"] + ([] if is_log(published) else ["difference"])
    heads = {
        "left_out": Column(say(lang, "label-left_out"), header=True),
        "units": Column(say(lang, "label-units-left_out"), numeric=True),
        "treated": Column(say(lang, "label-treated-left_out"), numeric=True),
        "estimate": Column(
            say(lang, "label-change" if is_log(published) else "label-estimate"), numeric=True
        ),
        "difference": Column(say(lang, "label-change"), numeric=True),
    }
    written: dict[str, Callable[[Any], str]] = {
        "left_out": lambda label: _name(label, lang),
        "units": lambda count: number(count, lang, "count"),
        "treated": lambda count: number(count, lang, "count"),
        "estimate": write,
        "difference": write,
    }
    rows = [[written[name](row[name]) for name in columns] for _, row in frame.iterrows()]
    title = caption(lang, "figure-left_out-title", published, labels, part=_part(published, lang))
    return html_table([heads[name] for name in columns], rows, caption=title, notes=notes)


def _writer(published: Publishable, lang: str) -> Callable[[Any], str]:
    every = [*published.tables["table"]["estimate"], float(published.numbers["estimate"])]
    return writer(published, every, lang)


def _sorted(published: Publishable) -> pd.DataFrame:
    return published.tables["table"].sort_values("estimate", kind="stable")


def _part(published: Publishable, lang: str) -> str:
    by = str(published.numbers["by"])
    known = named(lang, "part", by)
    return say(lang, "part-group", group=by) if known == by else known


def _name(label: str, lang: str) -> str:
    return number(label, lang, "period")
