"""How often each inference rejects a true null on a study's own data: figure, table and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.words import Labels, caption, named, only_published, say

BY_RULE = "randomisation"
"""Keeps its level because the false pilots are drawn by the rule that it assumes."""


def calibration(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the rejection rates with two Monte Carlo errors; return the SVG and the picture in words."""
    frame, level = _at_level(published), float(published.numbers["level"])
    title = caption(lang, "figure-calibration-title", published, labels, share=level)
    with canvas(title, height=1.6 + 0.45 * len(frame)) as (figure, axes):
        for y, (_, row) in enumerate(frame.iterrows()):
            chosen = row["method"] == published.numbers["chosen"]
            color, marker = (VERMILLION, "D") if chosen else (BLUE, "o")
            rate, reach = 100 * row["rejection"], 200 * row["mc_error"]
            axes.plot([max(rate - reach, 0), rate + reach], [y, y], color=color, linewidth=2.2)
            axes.plot([rate], [y], color=color, marker=marker, markersize=8, linestyle="")
        axes.axvline(100 * level, color=GREY, linewidth=1.4, linestyle="--")
        words = f" {say(lang, 'figure-calibration-level')}"
        axes.annotate(words, (100 * level, -0.58), va="top", fontsize=9, color=GREY)
        axes.set_yticks(range(len(frame)), [named(lang, "method", name) for name in frame["method"]])
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.grid(visible=False)
        write_axis(axes.xaxis, lang)
        axes.set_xlabel(say(lang, "figure-calibration-axis"))
        svg = to_svg(figure)
    rows = "; ".join(_rate_words(row, lang) for _, row in frame.iterrows())
    return svg, say(lang, "alt-calibration", rows=rows, share=level)


def calibration_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the rejection rates at each level and the power, with Monte Carlo errors."""
    frame = published.tables["table"]
    levels = sorted(frame["level"].unique())
    heads = [Column(say(lang, "label-inference"), header=True)]
    heads += [Column(say(lang, "label-rejected-at", share=float(one)), numeric=True) for one in levels]
    heads.append(Column(say(lang, "label-power"), numeric=True))
    rates = frame.set_index(["method", "level"])
    power = _at_level(published)
    rows = [
        [
            named(lang, "method", row["method"]),
            *(_cell(rates.loc[(row["method"], one)], "rejection", "mc_error", lang) for one in levels),
            _cell(row, "power", "power_mc_error", lang),
        ]
        for _, row in power.iterrows()
    ]
    told = {name: int(published.numbers[name]) for name in ("draws", "with_effect")}
    return html_table(
        heads,
        rows,
        caption=caption(lang, "caption-calibration", published, labels),
        notes=[say(lang, "table-calibration", **told)],
    )


def calibration_sentence(published: Publishable, lang: str, method: str) -> str:
    """Say how often one inference rejected a true null; nothing if it was not tried.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.calibration_sentence")
    frame = _at_level(published)
    found = frame[frame["method"] == method]
    if found.empty:
        return ""
    row = found.iloc[0]
    return say(
        lang,
        f"calibration-rate-{published.numbers['source']}",
        method=named(lang, "method", method),
        rejection=float(row["rejection"]),
        points=_points(row["mc_error"], lang),
        share=float(published.numbers["level"]),
    )


def calibration_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say what was tried, how the chosen inference did, why it was chosen, and what could not be tried.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    numbers = only_published(published, "report.calibration_sentences").numbers
    chosen = str(numbers["chosen"])
    said = [
        say(
            lang,
            f"calibration-basis-{numbers['source']}",
            draws=int(numbers["draws"]),
            treated=int(numbers["treated_clusters"]),
            clusters=int(numbers["clusters"]),
            first=number(numbers["first_period"], lang, "period"),
            last=number(numbers["last_period"], lang, "period"),
        )
    ]
    if chosen:
        said.append(calibration_sentence(published, lang, chosen))
    said.append(_reason(numbers, lang))
    if chosen == BY_RULE:
        said.append(say(lang, "calibration-by-rule"))
    for name in ("excluded", "undefined"):
        if numbers[name]:
            said.append(say(lang, f"calibration-{name}", methods=_methods(numbers[name], lang)))
    return tuple(said)


def _reason(numbers: Any, lang: str) -> str:
    told = {"share": float(numbers["level"]), "most": 1.5 * float(numbers["level"])}
    written: dict[str, Any] = {name: number(value, lang, "percent") for name, value in told.items()}
    if numbers["chosen"]:
        written["method"] = named(lang, "method", str(numbers["chosen"]))
        written["power"] = number(numbers["power"], lang, "percent")
    return say(lang, f"calibration-choice-{numbers['reason']}", **written)


def _at_level(published: Publishable) -> pd.DataFrame:
    frame: pd.DataFrame = published.tables["table"]
    at_level: pd.DataFrame = frame[frame["level"] == float(published.numbers["level"])]
    return at_level


def _methods(codes: Iterable[str], lang: str) -> str:
    return ", ".join(named(lang, "method", code) for code in codes)


def _points(share: float, lang: str) -> str:
    return number(100 * share, lang, "estimate", decimals=1)


def _cell(row: Any, share: str, error: str, lang: str) -> str:
    if pd.isna(row[share]):
        return MISSING
    return f"{number(float(row[share]), lang, 'percent')} ±\u00a0{_points(row[error], lang)}"


def _rate_words(row: Any, lang: str) -> str:
    return f"{named(lang, 'method', row['method'])} {_cell(row, 'rejection', 'mc_error', lang)}"
