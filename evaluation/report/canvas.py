"""What all figures share: palette, canvas, axes in a language, and the SVG they become."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from evaluation.report.numbers import decimals_of, number

BLUE, VERMILLION, BLACK, GREEN, PURPLE = "#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7"
GREY = "#595959"
DARK = {BLUE: "#00578A", VERMILLION: "#A34700"}
"""Of the palette, dark enough for text on white."""

SIZE = (6.4, 4.0)  # inches: wide enough for a page, readable when a phone halves it

_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "#222222",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.7,
    "xtick.color": "#222222",
    "ytick.color": "#222222",
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "evaluation",
    "svg.fonttype": "path",
}


@contextmanager
def canvas(title: str, *, height: float = SIZE[1], title_width: int = 62) -> Iterator[tuple[Canvas, Axes]]:
    """Open a figure with one pair of axes in the style of the report."""
    with panels(title, heights=(1.0,), height=height, title_width=title_width) as (figure, (axes,)):
        yield figure, axes


@contextmanager
def panels(
    title: str, *, heights: Sequence[float], height: float, title_width: int = 62
) -> Iterator[tuple[Canvas, list[Axes]]]:
    """Open a figure with axes of these relative heights below each other; the title stands on the first."""
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Canvas(figsize=(SIZE[0], height))
        FigureCanvasSVG(figure)
        grid = figure.add_gridspec(len(heights), 1, height_ratios=list(heights))
        axes = [figure.add_subplot(grid[i, 0]) for i in range(len(heights))]
        axes[0].set_title(textwrap.fill(_kept_together(title), title_width), pad=10)
        yield figure, axes


def _kept_together(title: str) -> str:
    """Keep a last bracket on one line."""
    head, bracket, tail = title.rpartition("(")
    if not bracket:
        return title
    return head + bracket + tail.replace(" ", "\u00a0")


def to_svg(figure: Canvas) -> str:
    """Return the figure as SVG; the same figure gives the same bytes."""
    stream = StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def write_axis(axis: Any, lang: str, *, steps: int = 6, whole: bool = False) -> None:
    """Write the numbers of an axis in a language, with the decimals that its steps need, or whole ones."""
    axis.set_major_locator(MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10], integer=whole))

    def written(value: float, _: int) -> str:
        ticks = axis.get_majorticklocs()
        step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
        return number(value, lang, "estimate", decimals=_axis_decimals(step))

    axis.set_major_formatter(FuncFormatter(written))


def _axis_decimals(step: float) -> int:
    most = decimals_of(step)
    return next(d for d in range(most + 1) if abs(round(step, d) - step) <= 1e-6 * step or d == most)


def drawn_ends(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return the ends of intervals as they are drawn, shape (n, 2).

    An infinite one lies beyond all finite values; an arrowhead there says that it goes on.

    Examples
    --------
    >>> import math
    >>> rows = pd.DataFrame({"estimate": [1.0, 2.0], "conf_low": [0.0, -math.inf], "conf_high": [2.0, 3.0]})
    >>> drawn_ends(rows).tolist()
    [[0.0, 2.0], [-1.5, 3.0]]
    """
    ends = frame[["conf_low", "conf_high"]].to_numpy(dtype=np.float64)
    finite = np.append(ends[np.isfinite(ends)], frame["estimate"].dropna())
    if not len(finite):
        return ends
    beyond = float(np.ptp(finite)) / 2 or max(1.0, float(np.abs(finite).max()))
    shown = np.where(np.isneginf(ends), finite.min() - beyond, ends)
    return np.where(np.isposinf(ends), finite.max() + beyond, shown)
