"""Transitions: who moved from which state to which, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, GREEN, GREY, PURPLE, VERMILLION, canvas, to_svg
from evaluation.report.html import HIDDEN, Column, html_table
from evaluation.report.numbers import number
from evaluation.report.words import Labels, called, caption, say

_COLORS = (GREEN, BLUE, PURPLE, VERMILLION, GREY)
WIDE, SPACE = 0.16, 0.03
"""Width of a bar of states, and the space between two of them, as a share of all persons."""
NAMED = 0.055  # share of all persons from which a bar carries its name


def transitions(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw bars of states joined by flows; return the SVG and the picture in words."""
    frame = published.tables["cells"]
    states = list(dict.fromkeys([*frame["state"], *frame["next_state"]]))
    stages, hidden = _stages(frame, states), int(published.suppressed["cells"]["persons"].sum())
    with canvas(caption(lang, "figure-transitions-title", published, labels), height=4.6) as (figure, axes):
        axes.set_axis_off()
        total = max(stage.sum() for stage in stages.values())
        tops = {period: _tops(stage, total) for period, stage in stages.items()}
        color = {state: _COLORS[i % len(_COLORS)] for i, state in enumerate(states)}
        _flows(axes, frame, list(stages), tops, color, total)
        for x, (period, stage) in enumerate(stages.items()):
            _bars(axes, x, stage, tops[period], total, color, labels)
            words = number(period, lang, "period_short") if period else say(lang, "transitions-after")
            axes.text(x + WIDE / 2, -0.03, words, ha="center", va="bottom", fontsize=9.5, weight="bold")
        axes.set_xlim(-0.05, len(stages) - 1 + WIDE + 0.95)
        axes.set_ylim(1.05 + SPACE * len(states), -0.12)
        if hidden:
            words = say(lang, "transitions-hidden", hidden)
            axes.text(0, 1 + SPACE * len(states), words, va="top", fontsize=9)
        svg = to_svg(figure)
    return svg, say(lang, "alt-transitions", rows=_words(stages, labels, lang), hidden=hidden)


def _stages(frame: pd.DataFrame, states: list[str]) -> dict[str, pd.Series[float]]:
    """Return the persons in each state in each period, and after the last one (named by an empty text)."""
    periods = sorted(dict.fromkeys(frame["period"]))
    stages = {
        str(one): frame[frame["period"] == one]
        .groupby("state")["persons"]
        .sum()
        .reindex(states, fill_value=0.0)
        for one in periods
    }
    last = frame[frame["period"] == periods[-1]]
    return stages | {"": last.groupby("next_state")["persons"].sum().reindex(states, fill_value=0.0)}


def _tops(stage: pd.Series[float], total: float) -> dict[str, float]:
    """Return where the bar of each state begins, from above."""
    shares = stage.to_numpy() / total
    begin = np.concatenate([[0.0], np.cumsum(shares + SPACE)[:-1]])
    return dict(zip(stage.index, begin, strict=True))


def _bars(
    axes: Axes, x: float, stage: pd.Series[float], tops: Mapping[str, float], total: float,
    color: Mapping[str, str], labels: Labels,
) -> None:  # fmt: skip
    for state, persons in stage.items():
        high = persons / total
        axes.add_patch(Rectangle((x, tops[str(state)]), WIDE, high, facecolor=color[str(state)], linewidth=0))
        if high >= NAMED:
            at = (x + WIDE + 0.02, tops[str(state)] + high / 2)
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
            axes.text(*at, called(labels, str(state)), va="center", fontsize=9, bbox=box, zorder=5)


def _flows(
    axes: Axes, frame: pd.DataFrame, periods: list[str], tops: Mapping[str, Mapping[str, float]],
    color: Mapping[str, str], total: float,
) -> None:  # fmt: skip
    """Draw a band per flow, from the bar it leaves to the bar it reaches; hidden flows leave a gap."""
    for x, period in enumerate(periods[:-1]):
        left, right = dict(tops[period]), dict(tops[periods[x + 1]])
        for _, row in frame[frame["period"] == period].iterrows():
            if pd.isna(row["persons"]) or row["persons"] == 0:
                continue
            high = row["persons"] / total
            ends = (x + WIDE, left[row["state"]], x + 1.0, right[row["next_state"]])
            axes.add_patch(_band(*ends, high, color[row["state"]]))
            left[row["state"]] += high
            right[row["next_state"]] += high


def _band(x: float, y: float, to_x: float, to_y: float, high: float, color: str) -> PathPatch:
    middle = (x + to_x) / 2
    above = [(x, y), (middle, y), (middle, to_y), (to_x, to_y)]
    under = [(to_x, to_y + high), (middle, to_y + high), (middle, y + high), (x, y + high)]
    curve = [Path.CURVE4] * 3
    codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    return PathPatch(Path([*above, *under, (x, y)], codes), facecolor=color, alpha=0.35, linewidth=0)


def _words(stages: Mapping[str, pd.Series[float]], labels: Labels, lang: str) -> str:
    first, last = next(iter(stages.values())), stages[""]
    return "; ".join(
        say(
            lang, "transitions-row", None, state=called(labels, str(state)),
            first=number(first[state], lang, "count"), last=number(last[state], lang, "count"),
        )
        for state in first.index
    )  # fmt: skip


def transitions_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write how many moved from which state to which in each period."""
    frame, flags = published.tables["cells"], published.suppressed["cells"]["persons"]
    heads = [Column(say(lang, "label-period"), header=True)]
    heads += [Column(say(lang, f"label-{name}")) for name in ("from-state", "to-state")]
    heads += [Column(say(lang, "label-persons"), numeric=True)]
    rows = [
        _row(row, bool(hidden), lang, labels)
        for (_, row), hidden in zip(frame.iterrows(), flags, strict=True)
    ]
    notes = [say(lang, "table-hidden", threshold=published.profile.threshold)] if flags.any() else []
    title = caption(lang, "figure-transitions-title", published, labels)
    return html_table(heads, rows, caption=title, notes=notes, hidden=say(lang, "table-hidden-short"))


def _row(row: Any, hidden: bool, lang: str, labels: Labels) -> list[str]:
    moved = [called(labels, str(row[name])) for name in ("state", "next_state")]
    count = HIDDEN if hidden else number(row["persons"], lang, "count")
    return [number(row["period"], lang, "period"), *moved, count]
