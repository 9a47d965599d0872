"""States: each with a fill, a sign and a word, so that none is told by its colour alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import matplotlib.colors
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch, Rectangle

from evaluation.report.html import HIDDEN, Markup
from evaluation.report.numbers import number
from evaluation.report.words import named, say

MOST_DECIMALS = 2
WHITE, BLACK, PALE, LINE = "#ffffff", "#000000", "#e4e7ea", "#7a7a7a"
_GREEN, _BLUE, _ORANGE, _RED = "#00785a", "#0072B2", "#E69F00", "#B84A00"


@dataclass(frozen=True)
class Look:
    """How a state is drawn.

    Attributes
    ----------
    fill, ink : str
        Colour of the tile, and of what is written on it: at least 4.5 to 1 apart.
    sign : str
        Beside the word, and in a tile that carries no other words.
    hatch : str
    """

    fill: str
    ink: str
    sign: str
    hatch: str = ""


_GOOD, _FAIR = Look(_GREEN, WHITE, "✓"), Look(_ORANGE, BLACK, "▲")
_BAD, _OPEN = Look(_RED, WHITE, "×"), Look(WHITE, BLACK, "–")
LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "met": _GOOD,
        "met_late": Look(_ORANGE, BLACK, "✓▲"),
        "on_track": Look(_BLUE, WHITE, "→"),
        "at_risk": _FAIR,
        "missed": _BAD,
        "no_data": _OPEN,
        "undefined": Look(WHITE, BLACK, "?"),
        "no_target": Look(PALE, BLACK, "·"),
        "open": Look("#cfe3f1", BLACK, "○"),
        "late": _FAIR,
        "due": Look("#cfe3f1", BLACK, "○"),
        "not_planned": _OPEN,
        "overdue": _BAD,
        "planned": Look("#cfe3f1", BLACK, "○"),
        "pilot": Look(_BLUE, WHITE, "●"),
        "pilot_before": Look(_ORANGE, BLACK, "◆"),
        "treated": Look(_BLUE, WHITE, "●"),
        "other": Look(PALE, BLACK, ""),
        "unknown": _OPEN,
        "adopted": _GOOD,
        "in_progress": Look("#cfe3f1", BLACK, "○"),
        "on_time": Look("#cfe3f1", BLACK, ""),
        "missing": _BAD,
        "not_due": Look(WHITE, BLACK, "·"),
        "success": _GOOD,
        "partial": Look(_ORANGE, BLACK, "◐"),
        "not_successful": _BAD,
        "too_early": Look("#cfe3f1", BLACK, "○"),
        "measured": Look("#cfe3f1", BLACK, ""),
        "small_n": Look("#fbe3b5", BLACK, "▲"),
        "hidden": Look(WHITE, BLACK, HIDDEN, "////"),
    }
)


def state_cell(state: str, lang: str) -> Markup:
    """Write a state for a table: its sign, which those who listen need not hear, and its word."""
    sign = LOOKS[state].sign
    mark = f'<span aria-hidden="true">{escape(sign)}</span>\u00a0' if sign else ""
    return Markup(f'<span class="state state-{escape(state)}">{mark}{escape(state_word(state, lang))}</span>')


def state_word(state: str, lang: str) -> str:
    """Return the word for a state."""
    return named(lang, "state", state)


def shade(value: float, low: float, high: float) -> Look:
    """Return the look of a value between the lowest and the highest: the larger, the darker."""
    share = (value - low) / (high - low) if high > low else 0.5
    red, green, blue, _ = mpl.colormaps["Blues"](0.08 + 0.87 * share)
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return Look(matplotlib.colors.to_hex((red, green, blue)), BLACK if light > 0.18 else WHITE, "")


def tile(axes: Axes, x: float, y: float, look: Look, words: str = "", **text: Any) -> None:
    """Draw a tile whose upper left corner is (x, y) in its look, with words or its sign in the middle."""
    painted = {"facecolor": look.fill, "edgecolor": LINE, "hatch": look.hatch, "linewidth": 0.6}
    axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, **painted))  # type: ignore[arg-type]
    said = words or look.sign
    if said:
        text = {"fontsize": 9.5, "linespacing": 1.1} | text
        box = {"facecolor": WHITE, "edgecolor": "none", "pad": 0.8} if look.hatch else None
        axes.text(x + 0.5, y + 0.5, said, ha="center", va="center", color=look.ink, bbox=box, **text)


def plain(axes: Axes) -> None:
    """Take the frame, the ticks and the grid away: what is drawn is no graph."""
    axes.set_axis_off()


def legend(figure: Canvas, states: Sequence[str], lang: str, *, columns: int = 3) -> None:
    """Write below the figure what each state is called."""
    handles = [
        Patch(facecolor=LOOKS[one].fill, edgecolor=LINE, hatch=LOOKS[one].hatch, label=_entry(one, lang))
        for one in states
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=columns, frameon=False, fontsize=9.5)


def _entry(state: str, lang: str) -> str:
    word = say(lang, "table-hidden-short") if state == "hidden" else state_word(state, lang)
    return f"{LOOKS[state].sign} {word}".strip()


def present(states: Sequence[str]) -> list[str]:
    """Return the states that occur, in the order in which `LOOKS` has them."""
    return [one for one in LOOKS if one in set(states)]


def alike(values: Iterable[float], lang: str) -> Callable[[Any], str]:
    """Return how to write numbers with equal decimals: as many as they need, at most two."""
    known = pd.Series(list(values), dtype=np.float64).dropna()
    exact = (d for d in range(MOST_DECIMALS) if np.allclose(known, known.round(d), rtol=1e-9, atol=0))
    decimals = next(exact, MOST_DECIMALS)
    return lambda value: number(value, lang, "estimate", decimals=decimals)
