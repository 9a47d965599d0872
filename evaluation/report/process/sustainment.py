"""Sustainment: which share of tools was still in use after so many months."""

from __future__ import annotations

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, canvas, drawn_ends, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.words import Labels, called, caption, say


def sustained(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the share of starts that were still in use after so many months, with intervals."""
    frame = published.tables["table"]
    rows = [_sustained_words(row, lang, labels) for _, row in frame.iterrows()]
    title = caption(lang, "figure-sustained-title", published, labels)
    with canvas(title, height=1.5 + 0.42 * len(frame)) as (figure, axes):
        names = {"estimate": "share", "conf_low": "conf_low", "conf_high": "conf_high"}
        points = pd.DataFrame({name: 100 * frame[source] for name, source in names.items()})
        for y, (ends, point) in enumerate(zip(drawn_ends(points), points["estimate"], strict=True)):
            axes.plot(ends, [y, y], color=BLUE, linewidth=2.2)
            axes.plot([point], [y], "o", color=BLUE, markersize=8)
            if pd.isna(point):
                axes.annotate(rows[y][1], (2, y), va="center", fontsize=9.5)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 102)
        axes.grid(visible=True, axis="x")
        write_axis(axes.xaxis, lang)
        axes.set_xlabel(say(lang, "figure-sustained-axis"))
        svg = to_svg(figure)
    return svg, say(lang, "alt-sustained", rows="; ".join(f"{name}: {said}" for name, said in rows))


def _sustained_words(row: pd.Series, lang: str, labels: Labels) -> tuple[str, str]:
    months = say(lang, "count-month", int(row["months"]))
    by = [str(row[name]) for name in row.index[:1] if name != "months"]
    whose = (say(lang, "label-all-groups") if code == "total" else called(labels, code) for code in by)
    name = ", ".join([*whose, months])
    if pd.isna(row["share"]):
        return name, say(lang, "state-no_data")
    share = number(row["share"], lang, "percent")
    return name, f"{_fraction(row, lang)}, {share} ({_interval(row, lang)})"


def _fraction(row: pd.Series, lang: str) -> str:
    if not row["followed"]:
        return MISSING
    return number((int(row["sustained"]), int(row["followed"])), lang, "fraction")


def _interval(row: pd.Series, lang: str) -> str:
    if pd.isna(row["conf_low"]):
        return MISSING
    low, high = (number(row[f"conf_{end}"], lang, "percent") for end in ("low", "high"))
    return say(lang, "interval-range", low=low, high=high)


def sustained_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write how many starts could be followed so long, how many lasted, and how many are too recent."""
    names = ("sustained", "share", "interval-plain", "too-recent")
    heads = [Column(say(lang, "label-after-months"), header=True)]
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in names]
    rows = [
        [
            _sustained_words(row, lang, labels)[0],
            _fraction(row, lang),
            number(row["share"], lang, "percent"),
            _interval(row, lang),
            number(row["too_recent"], lang, "count"),
        ]
        for _, row in published.tables["table"].iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-sustained-title", published, labels))
