"""Adoption of tools: who used what and when, how many use any, how many tools each uses, and for how long."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import LOOKS, shade
from evaluation.report.process.strips import Strip, strips
from evaluation.report.words import UNNAMED, Labels, called, caption, only_published, say

ANY, MEMORANDUM = "any", "memorandum"
_LINES = {ANY: (BLUE, "o", "-"), MEMORANDUM: (VERMILLION, "s", "--")}


def adoption(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw how many units used each tool in each period; return the SVG and the picture in words."""
    return _heat(published, _by_tool(published), "adoption", lang, labels, above=True)


def dose(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw how many tools each unit used in each period; return the SVG and the picture in words."""
    counts = _by_unit(published)
    return _heat(published, counts[(counts > 0).any(axis=1)], "dose", lang, labels, above=False)


def _by_tool(published: Publishable) -> pd.DataFrame:
    """Count the units that use each tool: tools in rows, periods in columns, in the order of the table."""
    frame = published.tables["table"]
    counts = frame.pivot_table("in_use", "tool", "period", aggfunc="sum", sort=False, fill_value=0)
    return counts[sorted(counts.columns)]


def _by_unit(published: Publishable) -> pd.DataFrame:
    frame = published.tables["table"]
    counts = frame.pivot_table("tools_in_use", "unit", "period", aggfunc="first", sort=False, dropna=False)
    return counts[sorted(counts.columns)]


def _heat(
    published: Publishable, counts: pd.DataFrame, name: str, lang: str, labels: Labels, *, above: bool
) -> tuple[str, str]:
    """Draw counts as strips of tiles, the more the darker, with the count on each."""
    most = max(1.0, float(np.nanmax(counts.to_numpy(dtype=np.float64), initial=0.0)))
    rows = [
        Strip(
            called(labels, str(row)),
            tuple(LOOKS["unknown"] if np.isnan(one) else shade(one, 0, most) for one in values),
            tuple(number(one, lang, "count") for one in values),
        )
        for row, values in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    title = caption(lang, f"figure-{name}-title", published, labels)
    high = 1.1 + (0.31 * 1.9 if above else 0.26) * len(rows)
    with canvas(title, height=high) as (figure, axes):
        strips(axes, rows, [str(one) for one in counts.columns], lang, above=above)
        svg = to_svg(figure)
    last = str(counts.columns[-1])
    said = "; ".join(f"{row.name}: {row.words[-1]}" for row in rows)
    return svg, say(lang, f"alt-{name}", rows=said, period=number(last, lang, "period"))


def adoption_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write for each tool its first use and the units that use it at the end of each year and now."""
    return _yearly(published, _by_tool(published), "adoption", lang, labels)


def dose_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write for each unit how many tools it used at the end of each year and now."""
    counts = _by_unit(published)
    used = counts[(counts > 0).any(axis=1)]
    notes = [say(lang, "dose-none", len(counts) - len(used))] if len(used) < len(counts) else []
    return _yearly(published, used, "dose", lang, labels, notes=notes)


def _yearly(
    published: Publishable,
    counts: pd.DataFrame,
    name: str,
    lang: str,
    labels: Labels,
    *,
    notes: list[str] | None = None,
) -> str:
    periods = [str(one) for one in counts.columns]
    shown = [one for one in periods if one.endswith("Q4") or one == periods[-1]]
    heads = [Column(say(lang, f"label-{name}-row"), header=True), Column(say(lang, "label-first-use"))]
    heads += [Column(number(one, lang, "period_short"), numeric=True) for one in shown]
    rows = [
        [
            called(labels, str(row)),
            _first(values, lang),
            *(number(values[one], lang, "count") for one in shown),
        ]
        for row, values in counts.iterrows()
    ]
    title = caption(lang, f"figure-{name}-title", published, labels)
    return html_table(heads, rows, caption=title, notes=notes or [])


def _first(values: pd.Series[float], lang: str) -> str:
    used = values.index[values > 0]
    return number(used[0], lang, "period") if len(used) else MISSING


def curve(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw how many units use any tool; return the SVG and the picture in words."""
    frame = _of(published, ANY)
    title = caption(lang, "figure-curve-title", published, labels)
    with canvas(title, height=3.6) as (figure, axes):
        x = range(len(frame))
        for tool, (color, marker, line) in _LINES.items():
            counts = _of(published, tool)["units_in_use"]
            if len(counts):
                axes.step(x, counts, where="mid", color=color, linewidth=2.2, linestyle=line)
                axes.plot(x, counts, marker, color=color, markersize=4)
                label = say(lang, f"curve-{tool}")
                axes.plot([], [], marker=marker, color=color, linestyle=line, label=label)
        every = list(x)[:: 1 + len(frame) // 7]
        labelled = [number(frame["period"].iloc[i], lang, "period_short") for i in every]
        axes.set_xticks(every, labelled)
        axes.set_ylim(bottom=0)
        write_axis(axes.yaxis, lang, whole=True)
        axes.set_ylabel(say(lang, "figure-curve-axis", units=int(frame["units"].iloc[-1])))
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    return svg, " ".join(adoption_sentences(published, lang, labels=labels))


def _of(published: Publishable, tool: str) -> pd.DataFrame:
    frame = published.tables["table"]
    return frame[frame["tool"] == tool]


def curve_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write how many units use any tool in each period, and how many had signed where that is known."""
    signed = dict(_of(published, MEMORANDUM)[["period", "units_in_use"]].to_numpy().tolist())
    heads = [Column(say(lang, "label-period"), header=True)]
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in ("units-using", "share")]
    heads += [Column(say(lang, "curve-memorandum"), numeric=True)] if signed else []
    rows = [
        [
            number(row["period"], lang, "period"),
            number(row["units_in_use"], lang, "count"),
            number(row["share"], lang, "percent"),
            *([number(signed[row["period"]], lang, "count")] if signed else []),
        ]
        for _, row in _of(published, ANY).iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-curve-title", published, labels))


def adoption_sentences(published: Publishable, lang: str, *, labels: Labels = UNNAMED) -> tuple[str, ...]:
    """Say how many units use any tool at the end, and which tool most of them use.

    Parameters
    ----------
    published : Publishable
        The published check ``adoption_curve``.
    lang : {"cs", "en"}
    labels : Labels

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    frame = only_published(published, "report.adoption_sentences").tables["table"]
    last = frame[frame["period"] == frame["period"].max()]
    whole, tools = last[last["tool"] == ANY].iloc[0], last[~last["tool"].isin([ANY, MEMORANDUM])]
    said = [
        say(
            lang, "adoption-any", int(whole["units_in_use"]), units=int(whole["units"]),
            period=number(whole["period"], lang, "period"), share=float(whole["share"]),
        )
    ]  # fmt: skip
    signed = last.loc[last["tool"] == MEMORANDUM, "units_in_use"]
    if len(signed):
        said.append(say(lang, "adoption-signed", int(signed.iloc[0]), units=int(whole["units"])))
    if len(tools) and tools["units_in_use"].max() > 0:
        most = tools["units_in_use"].max()
        named = [called(labels, str(code)) for code in tools.loc[tools["units_in_use"] == most, "tool"]]
        said.append(say(lang, "adoption-most", int(most), tools=", ".join(named)))
    unused = tools.loc[tools["units_in_use"] == 0, "tool"]
    if len(unused):
        names = tuple(called(labels, str(code)) for code in unused)
        said.append(say(lang, "adoption-unused", len(unused), tools=names))
    return tuple(said)
