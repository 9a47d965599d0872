"""Placebos: the same estimate in earlier periods and in other units, and what they say for trust in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.permutation import DOTS, actual_line, bars, dots, stacked
from evaluation.report.scale import axis_words, is_log, scaled, writer
from evaluation.report.words import Labels, caption, only_published, say

Floats = NDArray[np.float64]
RARE = 0.05
IN_TIME, IN_SPACE = "placebo_in_time", "placebo_in_space"


def placebos(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the placebos beside the estimate; return the SVG and the picture in words."""
    draw = _in_time if published.name == IN_TIME else _in_space
    svg = draw(published, lang, labels)
    write = _writer(published, lang)
    actual = write(published.numbers["estimate"])
    if published.name == IN_SPACE:
        values = _known(published)
        low, high = write(values.min()), write(values.max())
        words = say(lang, "alt-placebo-space", len(values), estimate=actual, lowest=low, highest=high)
        return svg, words
    rows = "; ".join(
        f"{number(row['start'], lang, 'period')}: {write(row['estimate'])}"
        for _, row in published.tables["table"].iterrows()
    )
    return svg, say(lang, "alt-placebo-time", rows=rows, estimate=actual)


def _in_time(published: Publishable, lang: str, labels: Labels) -> str:
    """Draw one dot per false start, and the estimate as a line."""
    frame = published.tables["table"]
    values = scaled(published, frame["estimate"])
    actual = float(scaled(published, published.numbers["estimate"]))
    with canvas(caption(lang, "figure-placebo-time-title", published, labels), height=3.4) as (figure, axes):
        axes.axhline(0, color=GREY, linewidth=1.0)
        axes.axhline(actual, color=VERMILLION, linewidth=2.0)
        axes.plot(range(len(values)), values, "s", color=BLUE, markersize=8)
        axes.set_xlim(-0.6, len(values) - 0.4)
        axes.margins(y=0.2)
        words = f"{say(lang, 'figure-actual')} {_writer(published, lang)(published.numbers['estimate'])}"
        axes.annotate(
            words, (0.995, actual), xycoords=("axes fraction", "data"), xytext=(0, 5),
            textcoords="offset points", ha="right", va="bottom", fontsize=10, color=BLACK,
        )  # fmt: skip
        step = math.ceil(len(values) / 7)
        shown = range(0, len(values), step)
        axes.set_xticks(list(shown), [number(frame["start"].iloc[i], lang, "period_short") for i in shown])
        write_axis(axes.yaxis, lang)
        axes.set_xlabel(say(lang, "figure-placebo-time-axis"))
        axes.set_ylabel(axis_words(published, lang))
        return to_svg(figure)


def _in_space(published: Publishable, lang: str, labels: Labels) -> str:
    """Draw one dot per comparison unit, many as a histogram, and the estimate among them."""
    actual = float(scaled(published, published.numbers["estimate"]))
    values = np.sort(np.append(scaled(published, _known(published)), actual))
    column, level = stacked(values)
    few = len(values) <= DOTS
    title = caption(lang, "figure-placebo-space-title", published, labels)
    with canvas(title, height=1.9 + 0.17 * min(level.max(), 10) if few else 3.6) as (figure, axes):
        if few:
            dots(axes, values, column, level, actual, say(lang, "figure-other-units"))
        else:
            frame = pd.DataFrame({"low": values, "high": values, "assignments": 1})
            bars(axes, frame, lang, say(lang, "label-units"))
        estimate = _writer(published, lang)(published.numbers["estimate"])
        actual_line(axes, actual, f"{say(lang, 'figure-actual')} {estimate}")
        write_axis(axes.xaxis, lang)
        axes.set_xlabel(axis_words(published, lang))
        return to_svg(figure)


def placebo_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write each placebo, and the estimate itself in the last row."""
    in_time = published.name == IN_TIME
    write = _writer(published, lang)
    frame = published.tables["table"]
    heads = [
        Column(
            say(lang, "label-false-start") if in_time else labels.unit or say(lang, "label-unit"), header=True
        ),
        Column(say(lang, "label-change" if is_log(published) else "label-estimate"), numeric=True),
    ]
    names = [number(one, lang, "period") for one in frame["start"]] if in_time else list(frame["unit"])
    rows = [[name, write(value)] for name, value in zip(names, frame["estimate"], strict=True)]
    rows.append([say(lang, "figure-actual"), write(published.numbers["estimate"])])
    key = "caption-placebo-time" if in_time else "caption-placebo-space"
    return html_table(heads, rows, caption=caption(lang, key, published, labels))


def placebo_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say what the placebos found, and what that means for trust in the estimate.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.placebo_sentences")
    numbers, write, values = published.numbers, _writer(published, lang), _known(published)
    if not len(values):
        return (say(lang, "placebo-none"),)
    told = {
        "lowest": write(values.min()),
        "highest": write(values.max()),
        "estimate": write(numbers["estimate"]),
    }
    if published.name == IN_TIME:
        as_large = bool(np.abs(values).max() >= abs(float(numbers["estimate"])))
        reading = "placebo-time-large" if as_large else "placebo-time-small"
        return say(lang, "placebo-time", len(values), **told), say(lang, reading)
    counts = {"larger": int(numbers["at_least_as_large"]), "of": int(numbers["of"])}
    reading = "placebo-space-rare" if numbers["p_value"] <= RARE else "placebo-space-common"
    said = [say(lang, "placebo-space", len(values), **told, **counts), say(lang, reading)]
    if numbers["treated"] > 1:
        said.append(say(lang, "placebo-space-single", treated=int(numbers["treated"])))
    return tuple(said)


def _known(published: Publishable) -> Floats:
    return published.tables["table"]["estimate"].dropna().to_numpy(dtype=np.float64)


def _writer(published: Publishable, lang: str) -> Callable[[Any], str]:
    return writer(published, [*_known(published), float(published.numbers["estimate"])], lang)
