"""How often each inference rejects a true null on a study's own data: figure, table and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.sentences import warnings
from evaluation.report.words import UNNAMED, Labels, caption, named, only_published, say

BY_RULE = "randomisation"
"""Keeps its level because the false pilots are drawn by the rule that it assumes."""

LIBERAL = 1.5
"""Up to this multiple of its level a test is accepted: Bradley's criterion."""


def calibration(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the rejection rates with two Monte Carlo errors; return the SVG and the picture in words."""
    frame, level = _at_level(published), float(published.numbers["level"])
    title = caption(lang, "figure-calibration-title", published, labels, share=level)
    with canvas(title, height=1.7 + 0.45 * len(frame), title_width=40) as (figure, axes):
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


def calibration_table(
    published: Publishable, lang: str, labels: Labels = UNNAMED, *, captioned: bool = True
) -> str:
    """Write the rejection rates at each level and the power, with Monte Carlo errors.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.calibration_table")
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
        caption=caption(lang, "caption-calibration", published, labels) if captioned else "",
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


def is_liberal(published: Publishable, method: str) -> bool:
    """Whether an inference rejected a true null demonstrably more often than one and a half times its level.

    Two Monte Carlo errors are allowed; Bradley (1978), doi:10.1111/j.2044-8317.1978.tb00581.x.
    """
    if published.tables["table"].empty:
        return False
    frame = _at_level(published)
    row = frame[frame["method"] == method]
    level = float(published.numbers["level"])
    return bool((row["rejection"] - 2 * row["mc_error"] > LIBERAL * level).any())


def calibration_sentences(published: Publishable, lang: str, used: Sequence[str] = ()) -> tuple[str, ...]:
    """Say what was tried, how often the used inferences and the chosen one erred, and why it was chosen.

    Parameters
    ----------
    published : Publishable
        The check ``inference_calibration``; where nothing could be tried, the reason is all that is said.
    lang : {"cs", "en"}
    used : sequence of str
        The inferences of the estimate itself, the leading one first.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.calibration_sentences")
    if published.tables["table"].empty:
        synthetic = say(lang, "note-synthetic_data")
        return tuple(line for line in warnings(published, lang) if line != synthetic)
    numbers = published.numbers
    chosen = str(numbers["chosen"])
    names = list(dict.fromkeys(name for name in (*used, chosen) if name))
    rates = [calibration_sentence(published, lang, name) for name in names[:1]]
    rates.append(_compared(published, names[1:], lang))
    said = [one for one in (_basis(numbers, lang), *rates, _reason(numbers, lang)) if one]
    if chosen == BY_RULE:
        said.append(say(lang, "calibration-by-rule"))
    if used and chosen not in ("", used[0]):
        said.append(say(lang, "calibration-not-followed", method=named(lang, "method", used[0])))
    for name in ("excluded", "undefined"):
        if numbers[name]:
            said.append(say(lang, f"calibration-{name}", methods=_methods(numbers[name], lang)))
    return tuple(said)


def _compared(published: Publishable, others: Sequence[str], lang: str) -> str:
    frame = _at_level(published)
    rows = [_rate_words(row, lang) for _, row in frame[frame["method"].isin(others)].iterrows()]
    return say(lang, "calibration-compared", rows="; ".join(rows)) if rows else ""


def _basis(numbers: Any, lang: str) -> str:
    return say(
        lang,
        f"calibration-basis-{numbers['source']}",
        draws=int(numbers["draws"]),
        treated=int(numbers["treated_clusters"]),
        clusters=int(numbers["clusters"]),
        first=number(numbers["first_period"], lang, "period"),
        last=number(numbers["last_period"], lang, "period"),
    )


def _reason(numbers: Any, lang: str) -> str:
    told = {"share": float(numbers["level"]), "most": LIBERAL * float(numbers["level"])}
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
