"""Every estimator on one design: figure, table and what their agreement is worth."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, DARK, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.scale import axis_words, is_log, scaled
from evaluation.report.words import Labels, caption, named, only_published, say

WIDTH = 32


def comparison(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw each overall effect with its interval; return the SVG and the picture in words."""
    frame = _estimated(published)
    level = number(published.numbers["conf_level"], lang, "level")
    title = caption(lang, "figure-comparison-title", published, labels, level=level)
    with canvas(title, height=1.5 + 0.5 * len(frame), title_width=46) as (figure, axes):
        for y, (_, row) in enumerate(frame.iterrows()):
            _whisker(axes, y, scaled(published, row[["estimate", "conf_low", "conf_high"]]), first=y == 0)
        low, high = scaled(published, [published.numbers["conf_low"], published.numbers["conf_high"]])
        if math.isfinite(low):
            axes.axvspan(low, high, color=VERMILLION, alpha=0.1, linewidth=0)
        axes.axvline(0, color=GREY, linewidth=1.0)
        names = [textwrap.fill(_name(row, lang), WIDTH) for _, row in frame.iterrows()]
        axes.set_yticks(range(len(frame)), names, fontsize=9)
        axes.get_yticklabels()[0].set(fontweight="bold", color=DARK[VERMILLION])
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang, steps=5)
        axes.set_xlabel(axis_words(published, lang, labels))
        svg = to_svg(figure)
    return svg, _alt(published, frame, lang)


def _whisker(axes: Axes, y: int, ends: Any, *, first: bool) -> None:
    color, marker = (VERMILLION, "D") if first else (BLUE, "o")
    if math.isfinite(ends[1]):
        axes.plot(ends[1:], [y, y], color=color, linewidth=2.2)
    axes.plot(ends[:1], [y], color=color, marker=marker, markersize=8, linestyle="")


def _alt(published: Publishable, frame: pd.DataFrame, lang: str) -> str:
    write = _writer(published, lang)
    rows = "; ".join(f"{_name(row, lang)}: {_written(row, write, lang)}" for _, row in frame.iterrows())
    leading = named(lang, "estimator", str(published.numbers["leading"]))
    return say(lang, "alt-comparison", rows=rows, leading=leading)


def _written(row: pd.Series[Any], write: Callable[[Any], str], lang: str) -> str:
    """Write an estimate with its interval in brackets."""
    if not math.isfinite(row["conf_low"]):
        return write(row["estimate"])
    ends = say(lang, "interval-range", low=write(row["conf_low"]), high=write(row["conf_high"]))
    return f"{write(row['estimate'])} ({ends})"


def comparison_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the overall effect of each estimator, and why the others have none."""
    level, write = number(published.numbers["conf_level"], lang, "level"), _writer(published, lang)
    log = is_log(published)
    std_error = [] if log else [Column(say(lang, "label-std-error"), numeric=True)]
    heads = [
        Column(say(lang, "label-estimator"), header=True),
        Column(say(lang, "label-change" if log else "label-estimate"), numeric=True),
        *std_error,
        Column(say(lang, "label-interval", level=level), numeric=True),
    ]
    frame = _estimated(published)
    rows = []
    for _, row in frame.iterrows():
        interval = say(lang, "interval-range", low=write(row["conf_low"]), high=write(row["conf_high"]))
        bounds = interval if math.isfinite(row["conf_low"]) else MISSING
        error = [] if log else [number(row["std_error"], lang, "significant")]
        rows.append([_name(row, lang), write(row["estimate"]), *error, bounds])
    return html_table(heads, rows, caption=caption(lang, "caption-compare", published, labels))


def comparison_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say how far the estimators agree, and which could not be used for what reason.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.comparison_sentences")
    numbers, write = published.numbers, _writer(published, lang)
    if int(numbers["estimated"]) == 1:
        return (say(lang, "comparison-alone"), *_unused(published, lang))
    said = say(
        lang,
        "comparison-range",
        int(numbers["estimated"]),
        leading=named(lang, "estimator", str(numbers["leading"])),
        estimate=write(numbers["estimate"]),
        **{end: write(numbers[end]) for end in ("lowest", "highest")},
        **{end: named(lang, "estimator", str(numbers[end])) for end in ("lowest_by", "highest_by")},
    )
    apart = [(key, numbers[key]) for key in ("outside", "opposite_sign") if numbers[key]]
    told = [say(lang, f"comparison-{key}", names=_names(names, lang)) for key, names in apart]
    reading = say(lang, "comparison-differ" if apart else "comparison-agree")
    return (said, *told, reading, *_unused(published, lang))


def _unused(published: Publishable, lang: str) -> tuple[str, ...]:
    """Name the estimators that could not be used, those with the same reason together."""
    table = published.tables["table"]
    missing = table[table["reason"] != ""]
    if missing.empty:
        return ()
    parts = []
    for code, rows in missing.groupby("reason", sort=False):
        reason = named(lang, "unusable", str(code))
        parts.append(f"{_names(rows['estimator'], lang)} \u2013 {reason}")
    return (say(lang, "comparison-unused", names="; ".join(parts)),)


def _names(codes: Any, lang: str) -> str:
    return ", ".join(named(lang, "estimator", str(code)) for code in codes)


def _estimated(published: Publishable) -> pd.DataFrame:
    """Return the overall effects, the leading one first, the others from the smallest."""
    table = published.tables["table"]
    overall = table[table["event_time"].isna() & table["estimate"].notna()]
    return pd.concat([overall.iloc[:1], overall.iloc[1:].sort_values("estimate", kind="stable")])


def _name(row: pd.Series[Any], lang: str) -> str:
    name = named(lang, "estimator", str(row["estimator"]))
    if math.isnan(row["last_event_time"]):
        return name
    return say(lang, "comparison-window", name=name, last=number(row["last_event_time"], lang, "count"))


def _writer(published: Publishable, lang: str) -> Callable[[Any], str]:
    """Return how estimates are written: with the decimals of the standard error of the leading one."""
    if is_log(published):
        return lambda value: number(math.expm1(value), lang, "percent")
    error = float(published.tables["table"]["std_error"].iloc[0])
    return lambda value: number(value, lang, "estimate", std_error=error)
