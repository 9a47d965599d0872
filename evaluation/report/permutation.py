"""The figure of the permutation distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.numbers import number
from evaluation.report.tables import decimals_between, p_words
from evaluation.report.words import Labels, caption, point, say

Floats = NDArray[np.float64]

DOTS = 120
"""Up to as many values are drawn as dots, more as a histogram."""
COLUMNS = 45


def permutation(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the estimates under the assignments and the actual one; return the SVG and the words for it."""
    row = published.tables["tidy"].iloc[0]
    frame = published.tables["distribution"]
    frame = frame[frame["term"] == row["term"]]
    actual = point(row, lang, labels)
    title = caption(lang, "figure-permutation-title", published, labels)
    values = np.repeat(frame["low"].to_numpy(), frame["assignments"].to_numpy())
    column, level = stacked(values)
    few = len(values) <= DOTS
    with canvas(title, height=1.9 + 0.17 * min(level.max(), 10) if few else 3.6) as (figure, axes):
        if few:
            dots(axes, values, column, level, float(row["estimate"]), say(lang, "figure-other"))
        else:
            bars(axes, frame, lang, say(lang, "figure-assignments-axis"))
        p_value = p_words(published, row["p_value"], lang)
        actual_line(axes, float(row["estimate"]), f"{say(lang, 'figure-actual')} {actual}\n{p_value}")
        write_axis(axes.xaxis, lang)
        unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
        axes.set_xlabel(say(lang, "figure-estimate-axis") + unit)
        svg = to_svg(figure)
    return svg, _alt(published, frame, row, lang, labels)


def stacked(values: Floats) -> tuple[Floats, Floats]:
    """Place values in columns of equal width, one above the other."""
    span = max(float(np.ptp(values)), 1e-12)
    column = np.floor((values - values.min()) / span * (COLUMNS - 1) + 0.5)
    level = np.array([(column[:i] == column[i]).sum() + 0.5 for i in range(len(values))])
    return values.min() + column / (COLUMNS - 1) * span, level


def dots(axes: Axes, values: Floats, column: Floats, level: Floats, actual: float, others: str) -> None:
    """Draw one dot per value under the name of the others; the actual one stands where it is exactly."""
    own = int(np.abs(values - actual).argmin())
    rest = np.arange(len(values)) != own
    axes.scatter(column[rest], level[rest], s=42, color=BLUE, label=others)
    axes.scatter([actual], [level[own]], s=70, color=VERMILLION, marker="D", zorder=4)
    axes.set_ylim(0, max(float(level.max()) + 2.6, 4.6))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.legend(loc="upper right", frameon=False, handletextpad=0.2)


def bars(axes: Axes, frame: pd.DataFrame, lang: str, counted: str) -> None:
    """Draw counts of values as a histogram, under the name of what is counted."""
    low, high = frame["low"].to_numpy(), frame["high"].to_numpy()
    counts = frame["assignments"].to_numpy()
    if (low == high).all():
        counts, edges = np.histogram(low, bins=30, weights=counts)
        low, high = edges[:-1], edges[1:]
    axes.bar(low, counts, width=high - low, align="edge", color=BLUE, edgecolor="white", linewidth=0.4)
    axes.set_ylim(0, float(counts.max()) * 1.3)
    axes.set_ylabel(counted)
    write_axis(axes.yaxis, lang, steps=4)


def actual_line(axes: Axes, value: float, words: str) -> None:
    """Draw the estimate as a line with its words on the side that has room."""
    axes.axvline(value, color=VERMILLION, linewidth=2.0)
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, value - 0.05 * (right - left)), max(right, value + 0.05 * (right - left)))
    left, right = axes.get_xlim()
    late = value > left + 0.55 * (right - left)
    axes.annotate(
        words, (value, 0.98), xycoords=("data", "axes fraction"), xytext=(-6 if late else 6, 0),
        textcoords="offset points", ha="right" if late else "left", va="top", fontsize=10,
    )  # fmt: skip


def _alt(published: Publishable, frame: pd.DataFrame, row: pd.Series, lang: str, labels: Labels) -> str:
    decimals = decimals_between(frame["low"])
    return say(
        lang,
        "alt-permutation",
        total=int(frame["assignments"].sum()),
        low=number(frame["low"].min(), lang, "estimate", decimals=decimals),
        high=number(frame["high"].max(), lang, "estimate", decimals=decimals),
        estimate=point(row, lang, labels),
        p=p_words(published, row["p_value"], lang),
    )
