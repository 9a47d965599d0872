"""The plot of a regression discontinuity: means in bins and the fitted lines beside the cutoff."""

from __future__ import annotations

import numpy as np

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.process.looks import alike
from evaluation.report.words import Labels, called, caption, say

_LOOK = {"left": (BLUE, "o", "-"), "right": (VERMILLION, "s", "--")}


def discontinuity(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the bins, as large as they hold cases, and the fits; return the SVG and the picture in words."""
    frame, numbers = published.tables["table"], published.numbers
    running = called(labels, str(numbers["running"]))
    with canvas(caption(lang, "figure-rd-title", published, labels)) as (figure, axes):
        for side, (color, marker, line) in _LOOK.items():
            rows = frame[frame["side"] == side]
            bins, fit = rows[rows["kind"] == "bin"], rows[rows["kind"] == "fit"].sort_values("running")
            sizes = 14 + 60 * np.sqrt(bins["n"] / frame["n"].max())
            axes.scatter(
                bins["running"], bins["outcome"], s=sizes, color=color, marker=marker, alpha=0.75,
                label=say(lang, f"rd-{side}"),
            )  # fmt: skip
            axes.plot(fit["running"], fit["outcome"], color=color, linestyle=line, linewidth=2.2)
        axes.axvline(float(numbers["cutoff"]), color=BLACK, linewidth=1.3, linestyle=":")
        for axis in (axes.xaxis, axes.yaxis):
            write_axis(axis, lang)
        axes.set_xlabel(running)
        unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
        axes.set_ylabel(f"{labels.outcome or say(lang, 'label-value')}{unit}")
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    return svg, _words(published, running, lang)


def _words(published: Publishable, running: str, lang: str) -> str:
    """Say where both fits end at the cutoff."""
    frame, cutoff = published.tables["table"], float(published.numbers["cutoff"])
    fits = frame[frame["kind"] == "fit"]
    ends = {}
    for side in _LOOK:
        rows = fits[fits["side"] == side]
        nearest = int((rows["running"] - cutoff).abs().to_numpy().argmin())
        ends[side] = float(rows["outcome"].iloc[nearest])
    write = alike(ends.values(), lang)
    told = {"left": write(ends["left"]), "right": write(ends["right"])}
    at = number(cutoff, lang, "count" if cutoff.is_integer() else "significant")
    return say(lang, "alt-rd", None, running=running, cutoff=at, **told)


def discontinuity_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the bins: side, middle, mean outcome and cases."""
    frame = published.tables["table"]
    bins = frame[frame["kind"] == "bin"].sort_values("running")
    running = called(labels, str(published.numbers["running"]))
    heads = [Column(running, header=True, numeric=True), Column(say(lang, "label-side"))]
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in ("mean", "cases")]
    at, mean = alike(bins["running"], lang), alike(bins["outcome"], lang)
    rows = [
        [
            at(row["running"]),
            say(lang, f"rd-{row['side']}"),
            mean(row["outcome"]),
            number(row["n"], lang, "count"),
        ]
        for _, row in bins.iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-rd-title", published, labels))
