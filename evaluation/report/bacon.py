"""The figure of the comparisons that make up the coefficient of two-way fixed effects."""

from __future__ import annotations

from typing import Any

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.tables import decimals_between
from evaluation.report.words import Labels, caption, named, only_published, say

_LOOK = {
    "treated_vs_never": (BLUE, "s"),
    "earlier_vs_later": (GREEN, "D"),
    "later_vs_earlier": (VERMILLION, "o"),
    "treated_vs_always": (PURPLE, "v"),
    "both_treated": (GREEN, "D"),
    "within": (BLACK, "^"),
}
_GROUPS = ("never", "always")


def comparisons(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw each comparison by its weight and its estimate; return the SVG and the picture in words."""
    frame = published.tables["table"]
    title = caption(lang, "figure-bacon-title", published, labels)
    with canvas(title, height=5.2) as (figure, axes):
        for kind, part in frame.groupby("type", sort=False):
            color, marker = _LOOK[str(kind)]
            axes.scatter(
                100 * part["weight"], part["estimate"], color=color, marker=marker, s=44, alpha=0.85,
                label=named(lang, "bacon", str(kind)),
            )  # fmt: skip
        coefficient = float(published.numbers["estimate"])
        axes.axhline(
            coefficient, color=BLACK, linewidth=1.2, linestyle="--", label=say(lang, "bacon-coefficient")
        )
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set_xlim(left=-3 * float(frame["weight"].max()))
        write_axis(axes.xaxis, lang)
        write_axis(axes.yaxis, lang)
        axes.set_xlabel(say(lang, "figure-bacon-axis"))
        unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
        axes.set_ylabel(say(lang, "figure-estimate-axis") + unit)
        figure.legend(loc="outside lower center", ncols=1, frameon=False, handletextpad=0.3)
        svg = to_svg(figure)
    return svg, _alt(published, lang)


def _alt(published: Publishable, lang: str) -> str:
    rows = []
    for kind, part in published.tables["table"].groupby("type", sort=False):
        weight = float(part["weight"].sum())
        mean = float((part["weight"] * part["estimate"]).sum() / weight)
        rows.append(
            say(
                lang,
                "alt-bacon-row",
                len(part),
                kind=named(lang, "bacon", str(kind)),
                weight=number(weight, lang, "percent"),
                estimate=number(mean, lang, "significant"),
            )
        )
    coefficient = number(published.numbers["estimate"], lang, "significant")
    return say(lang, "alt-bacon", rows="; ".join(rows), estimate=coefficient)


def comparisons_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say what the coefficient is made of, and what its forbidden comparisons weigh.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    numbers = only_published(published, "report.comparisons_sentences").numbers
    decimals = decimals_between(published.tables["table"]["estimate"])
    told = {
        name: number(numbers[name], lang, "estimate", decimals=decimals)
        for name in ("estimate", "forbidden_estimate", "clean_estimate")
    }
    said = say(lang, "bacon-said", int(numbers["comparisons"]), estimate=told["estimate"])
    if not numbers["forbidden"]:
        return said, say(lang, "bacon-clean")
    share = number(numbers["forbidden"], lang, "percent")
    return said, say(lang, "bacon-forbidden", None, share=share, **told)


def comparisons_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the comparisons with their weights and estimates, the heaviest first."""
    heads = [
        Column(say(lang, "label-treated-group"), header=True),
        Column(say(lang, "label-control-group")),
        Column(say(lang, "label-comparison")),
        Column(say(lang, "label-weight"), numeric=True),
        Column(say(lang, "figure-estimate-axis"), numeric=True),
    ]
    rows = [
        [
            _group(row["treated"], lang),
            _group(row["control"], lang),
            named(lang, "bacon", row["type"]),
            number(row["weight"], lang, "percent"),
            number(row["estimate"], lang, "significant"),
        ]
        for _, row in published.tables["table"].iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "caption-bacon", published, labels))


def _group(label: Any, lang: str) -> str:
    if not label:
        return say(lang, "bacon-all")
    return named(lang, "bacon", label) if label in _GROUPS else number(label, lang, "period")
