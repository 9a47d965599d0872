"""The figure of effects by distance from the start, and what the test of those before it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, GREY, VERMILLION, canvas, drawn_ends, to_svg, write_axis
from evaluation.report.numbers import number
from evaluation.report.words import Labels, caption, only_published, say

REFERENCE = -1.0
"""The period before the start, to which a path is compared where it has no estimate of its own."""


def path(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw estimates with intervals, and the band where there is one; return the SVG and the words for it."""
    frame = published.tables["tidy"].astype({"event_time": float}).sort_values("event_time")
    level = number(published.numbers["conf_level"], lang, "level")
    title = caption(lang, "figure-path-title", published, labels, level=level)
    with canvas(title) as (figure, axes):
        _band(axes, frame)
        zero = (frame["estimate"] == 0) & frame["std_error"].isna()
        references = set(frame.loc[zero, "event_time"]) or {REFERENCE} - set(frame["event_time"])
        frame = frame[~zero]
        ends = drawn_ends(frame)
        for late, (color, marker) in {False: (BLUE, "s"), True: (VERMILLION, "o")}.items():
            chosen = ((frame["event_time"] >= 0) == late).to_numpy()
            part = frame[chosen]
            reach = np.abs(ends[chosen].T - part["estimate"].to_numpy())
            axes.errorbar(
                part["event_time"], part["estimate"], yerr=reach, fmt=marker, color=color, markersize=6,
                capsize=3, linewidth=1.6,
            )  # fmt: skip
            for side, (name, arrow) in enumerate((("conf_low", "v"), ("conf_high", "^"))):
                open_end = np.isinf(part[name].to_numpy())
                at, end = part["event_time"].to_numpy()[open_end], ends[chosen][open_end, side]
                axes.plot(at, end, color=color, marker=arrow, markersize=9, linestyle="")
        for at in references:
            axes.plot([at], [0], marker="D", markerfacecolor="white", color=BLACK, markersize=6)
        axes.axhline(0, color=GREY, linewidth=1.0)
        axes.axvline(-0.5, color=BLACK, linewidth=1.1)
        write_axis(axes.yaxis, lang)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.xaxis.set_major_formatter(lambda value, _: number(value, lang, "count"))
        axes.set_xlabel(say(lang, "figure-path-axis"))
        axes.set_ylabel(say(lang, "figure-estimate-axis"))
        svg = to_svg(figure)
    return svg, _alt(frame, lang)


def _band(axes: Axes, frame: pd.DataFrame) -> None:
    """Shade the band that holds for all distances at once, if the inference gives one."""
    known = frame[frame["band_low"].notna()]
    if len(known):
        axes.fill_between(
            known["event_time"].astype(float), known["band_low"], known["band_high"], color=BLUE, alpha=0.15
        )


def _alt(frame: pd.DataFrame, lang: str) -> str:
    def told(row: pd.Series[float]) -> str:
        ends = {
            name: number(row[name], lang, "estimate", std_error=row["std_error"])
            for name in ("estimate", "conf_low", "conf_high")
        }
        return say(lang, "alt-path-row", None, distance=number(row["event_time"], lang, "count"), **ends)

    rows = "; ".join(told(row) for _, row in frame.iterrows())
    return say(lang, "alt-path", rows=rows)


def pretrend_sentence(published: Publishable, lang: str) -> str:
    """Say what the joint test of the effects before the start found.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.pretrend_sentence")
    numbers = published.numbers
    if numbers["passed"] is None and "p_value" in numbers:
        p_value = number(float(numbers["p_value"]), lang, "p_value")
        return say(lang, "pretrends-few", int(numbers["df"]), p=p_value, treated=numbers["treated_clusters"])
    if numbers["passed"] is None:
        return say(lang, "pretrends-unjudged", int(numbers["df"]), clusters=numbers["clusters"])
    key = "pretrends-passed" if numbers["passed"] else "pretrends-failed"
    p_value = number(float(numbers["p_value"]), lang, "p_value")
    return say(lang, key, int(numbers["df"]), p=p_value)
