"""Process charts: a measure over time with its centre, its limits and its signals."""

from __future__ import annotations

from typing import Any

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, GREY, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import alike
from evaluation.report.words import Labels, caption, only_published, say

SIGNALS = ("outside", "trend", "two_of_three", "shift", "run")
"""In the order in which a sentence names them."""


def process_chart(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the values with centre, limits and signals; return the SVG and the picture in words."""
    frame = published.tables["table"]
    x = list(range(len(frame)))
    with canvas(caption(lang, "figure-process_chart-title", published, labels)) as (figure, axes):
        axes.plot(x, frame["value"], marker="o", color=BLUE, linewidth=1.8, label=say(lang, "label-value"))
        axes.plot(x, frame["centre"], color=GREY, linewidth=1.6, label=_centre(published, lang))
        if frame["lower"].notna().any():
            limits = say(lang, "process_chart-limits")
            axes.plot(x, frame["lower"], color=GREY, linewidth=1.2, linestyle="--", label=limits)
            axes.plot(x, frame["upper"], color=GREY, linewidth=1.2, linestyle="--")
        marked = frame["signal"] != ""
        if marked.any():
            at = [i for i in x if marked.iloc[i]]
            axes.plot(
                at, frame["value"][marked], "D", color=VERMILLION, markersize=9, markeredgecolor="black",
                label=say(lang, "process_chart-signal"),
            )  # fmt: skip
        every = x[:: 1 + len(x) // 7]
        axes.set_xticks(every, [number(frame["period"].iloc[i], lang, "period_short") for i in every])
        write_axis(axes.yaxis, lang)
        axes.set_ylabel(labels.outcome_unit or say(lang, "label-value"))
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    return svg, " ".join(process_chart_sentences(published, lang))


def _centre(published: Publishable, lang: str) -> str:
    return say(lang, "process_chart-median" if published.numbers["chart"] == "run" else "process_chart-mean")


def process_chart_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the value, the centre, the limits and the signal of each period."""
    frame = published.tables["table"]
    limits = bool(frame["lower"].notna().any())
    numeric = ("value", "centre", *(("lower", "upper") if limits else ()))
    heads = [Column(say(lang, "label-period"), header=True)]
    heads += [Column(_head(name, published, lang), numeric=True) for name in numeric]
    heads += [Column(say(lang, "label-signal"))]
    write = alike(frame[list(numeric)].to_numpy().ravel(), lang)
    rows = [
        [
            number(row["period"], lang, "period"),
            *(write(row[name]) for name in numeric),
            say(lang, f"signal-{row['signal']}") if row["signal"] else MISSING,
        ]
        for _, row in frame.iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-process_chart-title", published, labels))


def _head(name: str, published: Publishable, lang: str) -> str:
    return _centre(published, lang) if name == "centre" else say(lang, f"label-{name}")


def process_chart_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say whether the process changed, by which rules, and how often they are wrong on such a series.

    Parameters
    ----------
    published : Publishable
        The published check ``process_chart``.
    lang : {"cs", "en"}

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.process_chart_sentences")
    numbers, frame = published.numbers, published.tables["table"]
    if not numbers["rules"]:
        return (say(lang, "process_chart-few", int(numbers["points"])),)
    marked = frame[frame["signal"] != ""]
    said = [_found(numbers, marked, lang)]
    if numbers["chart"] == "run":
        counts = ("longest_run", "longest_run_limit", "crossings", "crossings_limit")
        told: dict[str, Any] = {name: int(numbers[name]) for name in counts}
        said.append(say(lang, "process_chart-runs", None, **told))
    share = number(numbers["false_alarm"], lang, "percent")
    rho = number(numbers["rho"], lang, "estimate", decimals=2)
    said.append(say(lang, "process_chart-false", share=share, rho=rho))
    return tuple(said)


def _found(numbers: Any, marked: Any, lang: str) -> str:
    if not len(marked):
        few = numbers["chart"] == "run" and numbers["crossings"] < numbers["crossings_limit"]
        return say(lang, "process_chart-crossings" if few else "process_chart-steady")
    listed = ", ".join(say(lang, f"signal-{kind}") for kind in SIGNALS if kind in set(marked["signal"]))
    first = number(marked["period"].iloc[0], lang, "period")
    return say(lang, "process_chart-changed", len(marked), first=first, signals=listed)
