"""Retention: which share still holds a home after so many months, with those at risk below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, DARK, GREEN, PURPLE, VERMILLION, panels, to_svg, write_axis
from evaluation.report.html import HIDDEN, Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.words import Labels, called, caption, say

_LOOK = ((BLUE, "-", "o"), (VERMILLION, "--", "s"), (BLACK, ":", "^"), (GREEN, "-.", "D"), (PURPLE, "-", "v"))
COLUMNS = 7  # months below the figure for which those at risk are written


def retention(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the curve of each group with its band and those at risk; return the SVG and its words."""
    groups = _groups(published)
    sizes = (3.0, 0.32 + 0.27 * len(groups))
    title = caption(lang, "figure-retention-title", published, labels)
    with panels(title, heights=sizes, height=1.5 + sum(sizes)) as (figure, (axes, below)):
        for (group, rows), (color, line, marker) in zip(groups.items(), _LOOK, strict=False):
            _curve(axes, rows, color, line, marker, called(labels, group))
        axes.set_ylim(0, 104)
        axes.set_xlim(0, 1.03 * max(float(rows["month"].max()) for rows in groups.values()))
        write_axis(axes.yaxis, lang)
        write_axis(axes.xaxis, lang, whole=True)
        axes.set_ylabel(say(lang, "figure-retention-axis"))
        axes.set_xlabel(say(lang, "label-months-since"))
        _at_risk(below, groups, axes.get_xlim(), lang, labels)
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    said = "; ".join(_words(called(labels, group), rows, lang) for group, rows in groups.items())
    return svg, say(lang, "alt-retention", rows=said)


def _groups(published: Publishable) -> dict[str, pd.DataFrame]:
    """Return the rows of each group by month; a column says which of them are hidden."""
    frame = published.tables["cells"].assign(hidden=published.suppressed["cells"]["at_risk"])
    return {str(name): part.sort_values("month") for name, part in frame.groupby("group", sort=False)}


def _curve(axes: Axes, rows: pd.DataFrame, color: str, line: str, marker: str, name: str) -> None:
    """Draw steps; where small numbers are hidden, the curve ends."""
    months = rows["month"].to_numpy(dtype=np.float64)
    kept, low, high = (
        100 * rows[one].to_numpy(dtype=np.float64) for one in ("survival", "conf_low", "conf_high")
    )
    axes.step(months, kept, where="post", color=color, linestyle=line, linewidth=2)
    axes.plot(months, kept, marker, color=color, markersize=4.5)
    axes.fill_between(months, low, high, step="post", color=color, alpha=0.14, linewidth=0)
    axes.plot([], [], color=color, linestyle=line, marker=marker, label=name)


def _at_risk(
    below: Axes, groups: dict[str, pd.DataFrame], limits: tuple[float, float], lang: str, labels: Labels
) -> None:
    """Write how many are followed still, below the months they belong to."""
    below.set_axis_off()
    below.set_xlim(*limits)
    below.set_ylim(len(groups) + 0.2, -1.0)
    below.text(0, -0.6, say(lang, "label-at-risk"), va="center", fontsize=9.5, weight="bold")
    for y, (group, rows) in enumerate(groups.items()):
        color = _LOOK[y % len(_LOOK)][0]
        shown = rows.iloc[:: 1 + (len(rows) - 1) // COLUMNS]
        below.annotate(
            called(labels, group), (0, y), xycoords=("axes fraction", "data"), xytext=(-12, 0), va="center",
            textcoords="offset points", ha="right", fontsize=9, color=DARK.get(color, BLACK),
        )  # fmt: skip
        for _, row in shown.iterrows():
            said = _count(row, lang)
            below.text(row["month"], y, said, ha="center", va="center", fontsize=9)


def _count(row: pd.Series[Any], lang: str) -> str:
    return HIDDEN if row["hidden"] else number(row["at_risk"], lang, "count")


def _words(name: str, rows: pd.DataFrame, lang: str) -> str:
    known = rows.dropna(subset="survival")
    if known.empty:
        return f"{name}: {say(lang, 'state-no_data')}"
    said = ", ".join(
        f"{say(lang, 'count-month', int(row['month']))} {number(row['survival'], lang, 'percent')}"
        for _, row in known.iloc[:: 1 + (len(known) - 1) // 4].iterrows()
    )
    return f"{name}: {said}"


def retention_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write for each group and month the share, its interval and those at risk."""
    heads = [Column(say(lang, "label-group"), header=True)]
    names = ("months-since", "retained", "interval-plain", "at-risk")
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in names]
    rows = [
        [
            called(labels, group),
            number(row["month"], lang, "count"),
            HIDDEN if row["hidden"] else number(row["survival"], lang, "percent"),
            _interval(row, lang),
            _count(row, lang),
        ]
        for group, part in _groups(published).items()
        for _, row in part.iterrows()
    ]
    hidden = any(HIDDEN in row for row in rows)
    notes = [say(lang, "table-hidden", threshold=published.profile.threshold)] if hidden else []
    title = caption(lang, "figure-retention-title", published, labels)
    return html_table(heads, rows, caption=title, notes=notes, hidden=say(lang, "table-hidden-short"))


def _interval(row: pd.Series[Any], lang: str) -> str:
    if row["hidden"]:
        return HIDDEN
    if pd.isna(row["conf_low"]):
        return MISSING
    low, high = (number(row[end], lang, "percent") for end in ("conf_low", "conf_high"))
    return say(lang, "interval-range", low=low, high=high)
