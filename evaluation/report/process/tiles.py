"""The 57 districts of Prague as equal tiles: a state or a value of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from evaluation.disclosure import Publishable
from evaluation.errors import DisclosureError
from evaluation.report.canvas import canvas, to_svg
from evaluation.report.html import HIDDEN, Column, Markup, html_table
from evaluation.report.process.looks import (
    LINE,
    LOOKS,
    Look,
    alike,
    legend,
    present,
    shade,
    state_cell,
    state_word,
    tile,
)
from evaluation.report.process.places import TILES, tile_words
from evaluation.report.words import Labels, caption, say

WIDE, HIGH = (1 + max(place[axis] for place in TILES.values()) for axis in (0, 1))
TOTAL = "*"


def tiles(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw a tile for each district; return the SVG and the picture in words."""
    frame = _read(published)
    with canvas(_title(published, lang, labels), height=6.1) as (figure, axes):
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_xlim(0, WIDE)
        axes.set_ylim(HIGH, 0)
        if "state" in frame:
            _states(figure, axes, frame, lang)
        else:
            _values(figure, axes, frame, _measure(published, lang, labels), lang)
        svg = to_svg(figure)
    return svg, _alt(published, frame, lang, labels)


def _read(published: Publishable) -> pd.DataFrame:
    """Return district with state, or with value and hidden.

    Raises
    ------
    DisclosureError
        If a district is not one of Prague's, or has several rows: a map shows one value of each.
    """
    if published.kind == "cells":
        table, value = published.tables["cells"], _counted(published)
        hidden = published.suppressed["cells"][value]
        frame = pd.DataFrame({"district": table["district"], "value": table[value], "hidden": hidden})
        frame = frame[frame["district"] != TOTAL]
    else:
        frame = published.tables["table"]
        frame = frame if "state" in frame or "hidden" in frame else frame.assign(hidden=False)
    unknown = [name for name in frame["district"] if name not in TILES]
    if unknown:
        raise DisclosureError("not-on-map", name=unknown[0], count=len(unknown))
    if frame["district"].duplicated().any():
        raise DisclosureError("no-figure", name=published.name)
    return frame


def _counted(published: Publishable) -> str:
    """Return the column that a table of cells is about: the last one, which may rest on a count."""
    return str(published.tables["cells"].columns[-1])


def _measure(published: Publishable, lang: str, labels: Labels) -> str:
    if published.kind == "cells":
        return labels.columns.get(_counted(published), _counted(published))
    return str(published.numbers.get(f"measure_{lang}", ""))


def _title(published: Publishable, lang: str, labels: Labels) -> str:
    measure = _measure(published, lang, labels)
    key = "figure-tiles-title-value" if measure else "figure-tiles-title"
    return caption(lang, key, published, labels, measure=measure)


def _states(figure: Canvas, axes: Axes, frame: pd.DataFrame, lang: str) -> None:
    state = dict(zip(frame["district"], frame["state"], strict=True))
    for district in TILES:
        look = LOOKS[state.get(district, "unknown")]
        _tile(axes, district, look, look.sign)
    legend(figure, present([state.get(district, "unknown") for district in TILES]), lang, columns=2)


def _values(figure: Canvas, axes: Axes, frame: pd.DataFrame, measure: str, lang: str) -> None:
    """Write the value on each tile; the darker, the larger."""
    rows = {row["district"]: row for _, row in frame.iterrows()}
    known, write = frame["value"].dropna(), alike(frame["value"], lang)
    ends = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    for district in TILES:
        look = _look(rows.get(district), ends)
        _tile(axes, district, look, look.sign or write(rows[district]["value"]))
    span = say(lang, "interval-range", low=write(ends[0]), high=write(ends[1]))
    darkest = Patch(facecolor=shade(1, 0, 1).fill, edgecolor=LINE, label=f"{measure}: {span}")
    handles = [darkest, *_also(frame, lang)]
    figure.legend(handles=handles, loc="outside lower left", frameon=False, fontsize=9.5)


def _also(frame: pd.DataFrame, lang: str) -> list[Patch]:
    """Entries of the legend for what is hidden and what is not known."""
    unknown = len(frame) < len(TILES) or (frame["value"].isna() & ~frame["hidden"]).any()
    words = {
        "hidden": say(lang, "table-hidden-short") if frame["hidden"].any() else "",
        "unknown": state_word("unknown", lang) if unknown else "",
    }
    looks = {f"{LOOKS[name].sign} {word}": LOOKS[name] for name, word in words.items() if word}
    return [
        Patch(facecolor=look.fill, edgecolor=LINE, hatch=look.hatch, label=label)
        for label, look in looks.items()
    ]


def _look(row: Any, ends: tuple[float, float]) -> Look:
    if row is not None and row["hidden"]:
        return LOOKS["hidden"]
    return LOOKS["unknown"] if row is None or math.isnan(row["value"]) else shade(float(row["value"]), *ends)


def _tile(axes: Axes, district: str, look: Look, said: str) -> None:
    column, row = TILES[district]
    tile(axes, column, row, look, f"{tile_words(district)}\n{said}".strip(), fontsize=9)


def _alt(published: Publishable, frame: pd.DataFrame, lang: str, labels: Labels) -> str:
    if "state" in frame:
        parts = [
            say(lang, "alt-tiles-state", state=state_word(state, lang), names=_named(frame, state))
            for state in present(list(frame["state"]))
        ]
        return say(lang, "alt-tiles", rows="; ".join(parts))
    write, known = alike(frame["value"], lang), frame.dropna(subset="value").sort_values("value")
    if known.empty:
        return say(lang, "alt-tiles-nothing", measure=_measure(published, lang, labels))
    low, high = known.iloc[0], known.iloc[-1]
    return say(
        lang, "alt-tiles-value", measure=_measure(published, lang, labels), districts=len(known),
        low=write(low["value"]), lowest=low["district"], high=write(high["value"]), highest=high["district"],
        hidden=int(frame["hidden"].sum()),
    )  # fmt: skip


def _named(frame: pd.DataFrame, state: str, most: int = 8) -> str:
    """Name the districts in a state, or count them where they are many."""
    names = list(frame.loc[frame["state"] == state, "district"])
    return ", ".join(names) if len(names) <= most else str(len(names))


def tiles_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the state or the value of each district, with what stands on its tile."""
    frame = _read(published)
    by_state = "state" in frame
    what = say(lang, "label-state") if by_state else _measure(published, lang, labels)
    heads = [
        Column(say(lang, "label-district"), header=True),
        Column(say(lang, "label-on-tile")),
        Column(what, numeric=not by_state),
    ]
    write = _state if by_state else _value(frame, lang)
    rows = [[row["district"], tile_words(row["district"]), write(row, lang)] for _, row in frame.iterrows()]
    hidden = say(lang, "table-hidden-short")
    return html_table(heads, rows, caption=_title(published, lang, labels), hidden=hidden)


def _state(row: Any, lang: str) -> Markup:
    return state_cell(row["state"], lang)


def _value(frame: pd.DataFrame, lang: str) -> Callable[[Any, str], str]:
    write = alike(frame["value"], lang)
    return lambda row, _: HIDDEN if row["hidden"] else write(row["value"])
