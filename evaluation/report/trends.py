"""The figure of raw trends."""

from __future__ import annotations

import math
import textwrap

import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, DARK, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.numbers import number
from evaluation.report.tables import decimals_between
from evaluation.report.words import Labels, caption, say

_LOOK = {
    "treated": {"color": VERMILLION, "marker": "o", "linestyle": "-"},
    "comparison": {"color": BLUE, "marker": "s", "linestyle": "--"},
}
MOST_TICKS = 8
_BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85}


def trends(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the means of both groups per period; return the SVG and the picture in words."""
    frame = published.tables["table"]
    means = frame.set_index(["period", "group"])["mean"].unstack().reindex(frame["period"].drop_duplicates())  # noqa: PD010
    starts = [str(start) for start in published.numbers["first_treatment"]]
    title = caption(lang, "figure-trends-title", published, labels)
    with canvas(title) as (figure, axes):
        _lines(axes, means, lang)
        _marks(axes, list(means.index), starts, labels, lang)
        _periods(axes, list(means.index), lang)
        write_axis(axes.yaxis, lang)
        axes.set_ylabel(labels.outcome_unit)
        svg = to_svg(figure)
    return svg, _alt(means, starts, lang)


def _lines(axes: Axes, means: pd.DataFrame, lang: str) -> None:
    """Draw one line per group and name it at its end."""
    ends = {group: float(means[group].dropna().iloc[-1]) for group in _LOOK if group in means}
    size = 5.0 if len(means) <= 12 else 3.2
    for group in ends:
        axes.plot(range(len(means)), means[group], linewidth=1.8, markersize=size, **_LOOK[group])  # type: ignore[arg-type]
    low, high = axes.get_ylim()
    apart = 0.09 * (high - low)
    for i, (group, value) in enumerate(sorted(ends.items(), key=lambda item: item[1])):
        near = len(ends) > 1 and max(ends.values()) - min(ends.values()) < 2 * apart
        shift = (apart if i else -apart) * 0.9 if near else 0.0
        axes.annotate(
            textwrap.fill(say(lang, f"group-{group}"), 12), (len(means) - 1, value + shift),
            xytext=(9, 0), textcoords="offset points", va="center", annotation_clip=False,
            color=DARK[str(_LOOK[group]["color"])], fontweight="bold", fontsize=9.5,
        )  # fmt: skip


def _marks(axes: Axes, periods: list[str], starts: list[str], labels: Labels, lang: str) -> None:
    """Draw a line before each period in which a treatment starts, and at each declared event.

    Of several starts without a declared name only the first is named, for all of them.
    """
    told = dict(labels.events)
    inside = [start for start in starts if start in periods]
    unnamed = [start for start in inside if start not in told]
    marks = {start: told.pop(start, "") for start in inside}
    if unnamed:
        marks[unnamed[0]] = say(lang, "figure-start" if len(unnamed) == 1 else "figure-starts")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.14 * (high - low))
    for look, dates in (("-", marks), (":", told)):
        for period, words in dates.items():
            if period not in periods:
                continue
            at = periods.index(period) - 0.5
            axes.axvline(at, color=BLACK, linewidth=1.1, linestyle=look)
            late = at > 0.6 * len(periods)
            axes.annotate(
                f"{words} " if late else f" {words}", (at, 0.985), xycoords=("data", "axes fraction"),
                ha="right" if late else "left", va="top", fontsize=9.5, color=BLACK,
                bbox=_BEHIND if words else None,
            )  # fmt: skip


def _periods(axes: Axes, periods: list[str], lang: str) -> None:
    """Name every period, or the first of each year where there are many."""
    axes.set_xlim(-0.6, len(periods) - 0.4)
    if len(periods) <= MOST_TICKS:
        ticks = list(range(len(periods)))
    else:
        firsts = [i for i, period in enumerate(periods) if period.endswith(("Q1", "-01"))]
        every = firsts if len(firsts) > 1 else list(range(len(periods)))
        ticks = every[:: math.ceil(len(every) / MOST_TICKS)]
    axes.set_xticks(ticks, [number(periods[i], lang, "period_short") for i in ticks])
    axes.tick_params(axis="x", labelsize=9, color=GREY)


def _alt(means: pd.DataFrame, starts: list[str], lang: str) -> str:
    decimals = decimals_between(pd.Series(means.to_numpy().ravel()).dropna())

    def written(group: str, at: int) -> str:
        value = float(means[group].iloc[at]) if group in means else math.nan
        return number(value, lang, "estimate", decimals=decimals)

    return say(
        lang,
        "alt-trends",
        first=number(means.index[0], lang, "period"),
        last=number(means.index[-1], lang, "period"),
        treated_first=written("treated", 0),
        treated_last=written("treated", -1),
        comparison_first=written("comparison", 0),
        comparison_last=written("comparison", -1),
        start=", ".join(number(start, lang, "period") for start in starts),
    )
