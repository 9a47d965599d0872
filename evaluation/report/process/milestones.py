"""Milestones: plan, revised plan and what came of them, with the slip and today."""

from __future__ import annotations

import datetime
import math
import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, GREY, canvas, to_svg
from evaluation.report.html import Column, Markup, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import LOOKS, state_cell, state_word
from evaluation.report.process.targets import iso
from evaluation.report.words import UNNAMED, Labels, called, caption, only_published, say

WIDEST = 52  # characters of a name on one line
PLAN, REVISED, DONE, TO_COME = "D", "s", "o", ">"


def milestones(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw each milestone from its plan to what came of it; return the SVG and the picture in words."""
    frame = _sorted(published)
    title = caption(lang, "figure-milestones-title", published, labels)
    with canvas(title, height=1.9 + 0.52 * len(frame)) as (figure, axes):
        today = year_of(published.numbers.get("at"))
        for y, (_, row) in enumerate(frame.iterrows()):
            _line(axes, y, row, today)
            name = f"{LOOKS[row['state']].sign} {called(labels, str(row['milestone']))}"
            shown = textwrap.shorten(name, WIDEST, placeholder="…")
            axes.annotate(
                shown, (0.005, y - 0.02), xycoords=("axes fraction", "data"), va="center", fontsize=10.5
            )
        if not math.isnan(today):
            axes.axvline(
                today, color=BLACK, linewidth=1.2, linestyle="--", ymax=1 - 0.35 / (len(frame) + 0.6)
            )
            axes.annotate(
                say(lang, "figure-milestones-today"), (today, -0.62), va="center", ha="center", fontsize=9.5
            )
        axes.set_ylim(len(frame) - 0.2, -0.8)
        _years(axes)
        handles = _handles(frame, lang)
        figure.legend(handles=handles, loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    rows = "; ".join(_words(row, lang, labels) for _, row in frame.iterrows())
    return svg, say(lang, "alt-milestones", rows=rows)


def _sorted(published: Publishable) -> pd.DataFrame:
    frame = published.tables["table"]
    return frame.assign(order=[iso(one) or "9999" for one in frame["planned"]]).sort_values(
        "order", kind="stable"
    )


def year_of(value: Any) -> float:
    """Return a date in years, the middle of 2020 as 2020.5; NaN where there is none.

    Examples
    --------
    >>> year_of("2020-01-01"), year_of("2021-07-02"), year_of("")
    (2020.0, 2021.4986301369863, nan)
    """
    if not iso(value):
        return math.nan
    day = datetime.date.fromisoformat(iso(value))
    begin = datetime.date(day.year, 1, 1)
    return day.year + (day - begin).days / (datetime.date(day.year + 1, 1, 1) - begin).days


def _line(axes: Axes, y: float, row: Any, today: float) -> None:
    """Draw the plan, the revised plan and the day it was done, or today where it is overdue, on a line."""
    planned, revised, done = (year_of(row[name]) for name in ("planned", "revised", "done"))
    revised = math.nan if revised == planned else revised
    overdue = today if row["state"] == "overdue" else math.nan
    color, at = LOOKS[row["state"]].fill, y + 0.34
    places = [one for one in (planned, revised, done, overdue) if not math.isnan(one)]
    if len(places) > 1:
        axes.plot([min(places), max(places)], [at, at], color=color, linewidth=4, solid_capstyle="butt")
    hollow: Any = {"linestyle": "", "markerfacecolor": "white", "markersize": 7.5, "markeredgewidth": 1.6}
    axes.plot([planned], [at], PLAN, color=GREY, **hollow)
    axes.plot([revised], [at], REVISED, color=BLUE, **hollow)
    axes.plot([done], [at], DONE, color=color, markersize=8, markeredgecolor=BLACK)
    axes.plot([overdue], [at], TO_COME, color=color, markersize=8, markeredgecolor=BLACK)


def _years(axes: Axes) -> None:
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.04)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: str(int(value))))


def _handles(frame: pd.DataFrame, lang: str) -> list[Line2D]:
    hollow: Any = {"linestyle": "", "markerfacecolor": "white", "markeredgewidth": 1.6}
    marks = {"planned": (PLAN, GREY, hollow), "revised": (REVISED, BLUE, hollow)}
    marks["done"] = (DONE, BLACK, {"linestyle": ""})
    if (frame["state"] == "overdue").any():
        marks["overdue"] = (TO_COME, LOOKS["overdue"].fill, {"linestyle": ""})
    return [
        Line2D([], [], marker=marker, color=color, label=say(lang, f"milestone-{name}"), **style)
        for name, (marker, color, style) in marks.items()
    ]


def _words(row: Any, lang: str, labels: Labels) -> str:
    dates = [
        say(lang, f"milestone-{name}-on", date=number(iso(row[name]), lang, "date"))
        for name in ("planned", "revised", "done")
        if iso(row[name]) and not (name == "revised" and iso(row[name]) == iso(row["planned"]))
    ]
    said = ", ".join([*dates, state_word(row["state"], lang)])
    return f"{called(labels, str(row['milestone']))}: {said}"


def milestones_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write each milestone with its dates, its slip and its state."""
    dates = ("planned", "revised", "done")
    heads = [Column(say(lang, "label-milestone"), header=True)]
    heads += [Column(say(lang, f"milestone-{name}")) for name in dates]
    heads += [Column(say(lang, "label-slip"), numeric=True), Column(say(lang, "label-state"))]
    rows: list[list[str | Markup]] = [
        [
            called(labels, str(row["milestone"])),
            *(number(iso(row[name]), lang, "date") if iso(row[name]) else MISSING for name in dates),
            number(row["slippage_days"], lang, "count"),
            state_cell(row["state"], lang),
        ]
        for _, row in _sorted(published).iterrows()
    ]
    title = caption(lang, "figure-milestones-title", published, labels)
    return html_table(heads, rows, caption=title, notes=[say(lang, "table-slip")])


def milestone_sentences(published: Publishable, lang: str, *, labels: Labels = UNNAMED) -> tuple[str, ...]:
    """Say how many milestones were met in time, late or not at all, and which slipped most.

    Parameters
    ----------
    published : Publishable
        The published check ``milestones``.
    lang : {"cs", "en"}
    labels : Labels

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    frame = only_published(published, "report.milestone_sentences").tables["table"]
    counts = {state: int((frame["state"] == state).sum()) for state in ("met", "met_late", "overdue", "due")}
    said = [say(lang, "milestones-counts", **counts, milestones=len(frame))]
    slipped = frame[frame["slippage_days"] > 0].sort_values("slippage_days", kind="stable")
    if len(slipped):
        row = slipped.iloc[-1]
        told = {
            "name": called(labels, str(row["milestone"])),
            "date": number(iso(row["planned"]), lang, "date"),
        }
        said.append(say(lang, "milestones-slipped", int(row["slippage_days"]), **told))
    overdue = [called(labels, str(name)) for name in frame.loc[frame["state"] == "overdue", "milestone"]]
    if overdue:
        said.append(say(lang, "milestones-overdue", len(overdue), names=tuple(overdue)))
    return tuple(said)
