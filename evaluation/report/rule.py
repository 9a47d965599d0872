"""The rule of selection in all periods: figure, table, and what follows for the estimate."""

from __future__ import annotations

import math
from typing import Any

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.words import Labels, caption, only_published, say


def rule(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the change under the rule in each period; return the SVG and the picture in words."""
    frame = published.tables["table"]
    title = caption(lang, "figure-rule-title", published, labels)
    with canvas(title) as (figure, axes):
        for y, (_, row) in enumerate(frame.iterrows()):
            color, marker = (VERMILLION, "o") if row["programme"] else (BLUE, "s")
            ends = [100 * math.expm1(row[name]) for name in ("conf_low", "conf_high")]
            axes.plot(ends, [y, y], color=color, linewidth=1.8)
            axes.plot([100 * math.expm1(row["estimate"])], [y], color=color, marker=marker, markersize=7)
        axes.axvline(0, color=GREY, linewidth=1.0)
        names = [_period(row, lang) for _, row in frame.iterrows()]
        axes.set_yticks(range(len(frame)), names)
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.grid(visible=False)
        axes.axhline(-0.6, color=BLACK, linewidth=0)
        write_axis(axes.xaxis, lang)
        axes.set_xlabel(say(lang, "figure-rule-axis"))
        svg = to_svg(figure)
    rows = "; ".join(f"{_period(row, lang)}: {_change(row['estimate'], lang)}" for _, row in frame.iterrows())
    return svg, say(lang, "alt-rule", rows=rows)


def rule_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the change under the rule in each period with its interval."""
    heads = [
        Column(say(lang, "label-period"), header=True),
        Column(say(lang, "label-change"), numeric=True),
        Column(say(lang, "label-interval", level=number(0.95, lang, "level")), numeric=True),
    ]
    rows = [
        [
            _period(row, lang),
            _change(row["estimate"], lang),
            say(
                lang,
                "interval-range",
                low=_change(row["conf_low"], lang),
                high=_change(row["conf_high"], lang),
            ),
        ]
        for _, row in published.tables["table"].iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "caption-rule", published, labels))


def rule_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say what the rule does without a programme, and how far the estimate hangs on ties.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    numbers = only_published(published, "report.rule_sentences").numbers
    said = []
    if numbers["others"]:
        ends = {name: _change(numbers[name], lang) for name in ("lowest", "highest", "estimate")}
        said.append(say(lang, "rule-others", int(numbers["others"]), **ends))
    if numbers["choices"] > 1 and "ties_low" in numbers:
        ends = {"low": _change(numbers["ties_low"], lang), "high": _change(numbers["ties_high"], lang)}
        said.append(say(lang, "rule-ties", int(numbers["choices"]), **ends))
    return tuple(said)


def _period(row: Any, lang: str) -> str:
    name = number(row["period"], lang, "period")
    return say(lang, "rule-programme", period=name) if row["programme"] else name


def _change(log_ratio: float, lang: str) -> str:
    return number(math.expm1(log_ratio), lang, "percent")
