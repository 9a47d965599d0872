"""Strips of tiles: one row per thing, one tile per period."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from evaluation.report.numbers import number
from evaluation.report.process.looks import LINE, Look

ABOVE, SMALL = 0.9, 8.5
"""Height of a name above its strip, in tiles; points of what stands in a tile."""
_YEAR = re.compile(r"(\d{4})(?:Q1|-01)?")


@dataclass(frozen=True)
class Strip:
    """A row of tiles under its name.

    Attributes
    ----------
    name : str
    looks : tuple of Look
        One per period.
    words : tuple of str
        One per period; the sign of the look where it is empty.
    """

    name: str
    looks: tuple[Look, ...]
    words: tuple[str, ...]


def strips(axes: Axes, rows: Sequence[Strip], periods: Sequence[str], lang: str, *, above: bool) -> None:
    """Draw strips below each other, their names above them or to their left, and the periods below."""
    step = 1 + (ABOVE if above else 0)
    for i, row in enumerate(rows):
        top = i * step + (ABOVE if above else 0)
        for x, (look, words) in enumerate(zip(row.looks, row.words, strict=True)):
            _tile(axes, x, top, look, words)
        if above:
            name = textwrap.shorten(row.name, 60, placeholder="…")
            axes.text(0, top - 0.12, name, va="bottom", fontsize=10.5)
    axes.set_xlim(-0.1, len(periods) + 0.1)
    axes.set_ylim(len(rows) * step + 0.1, -0.1)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    names = [] if above else [row.name for row in rows]
    axes.set_yticks([i + 0.5 for i in range(len(names))], names, fontsize=9)
    _periods(axes, periods, lang)


def _tile(axes: Axes, x: float, top: float, look: Look, words: str) -> None:
    painted = {"facecolor": look.fill, "edgecolor": LINE, "hatch": look.hatch, "linewidth": 0.5}
    axes.add_patch(Rectangle((x + 0.02, top + 0.04), 0.96, 0.92, **painted))  # type: ignore[arg-type]
    if said := words or look.sign:
        axes.text(x + 0.5, top + 0.52, said, ha="center", va="center", fontsize=SMALL, color=look.ink)


def _periods(axes: Axes, periods: Sequence[str], lang: str) -> None:
    """Write each year below its first quarter, or every period where they are few."""
    years = [(i, match[1]) for i, one in enumerate(periods) if (match := _YEAR.fullmatch(one))]
    if len(periods) <= 6 or not years:
        labels = [(i, number(one, lang, "period_short")) for i, one in enumerate(periods)]
        labels = labels[:: 1 + len(labels) // 8]
    else:
        labels = years
    axes.set_xticks([i + 0.5 for i, _ in labels], [label for _, label in labels])
