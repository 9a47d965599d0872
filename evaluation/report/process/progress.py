"""Progress of an indicator towards its target: what was reached, the target, and the forecast."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, Markup, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.process.looks import state_cell, state_word
from evaluation.report.process.milestones import year_of
from evaluation.report.process.targets import SHARES, iso, measured, reached, target_words
from evaluation.report.timeline import years_of
from evaluation.report.words import Labels, all_published, called, caption, say

PATH, TARGET, FORECAST = "indicator_path", "target", "forecast"
_LOOK = ((BLUE, "o"), (VERMILLION, "s"), (BLACK, "^"), (GREEN, "D"), (PURPLE, "v"))
SHORT = 1.6  # years
AHEAD = 8  # periods of a forecast that are drawn where it does not reach the target


def progress(every: Sequence[Publishable], lang: str, labels: Labels) -> tuple[str, str]:
    """Draw an indicator, its target and its forecast; return the SVG and the picture in words."""
    parts = {one.name: one for one in every}
    path, unit = parts[PATH], _unit(parts)
    name = called(labels, str(path.numbers["outcome"]))
    with canvas(caption(lang, "figure-progress-title", path, labels, name=name)) as (figure, axes):
        scale = 100 if unit in SHARES else 1
        _measured(axes, path, scale, labels)
        if TARGET in parts:
            _target(axes, parts[TARGET].tables["table"].iloc[0], scale, unit, lang)
        if FORECAST in parts:
            _forecast(axes, parts[FORECAST], scale, _last(path), lang)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        axes.margins(x=0.03)
        _periods(axes, path, lang)
        write_axis(axes.yaxis, lang)
        axes.set_ylabel("%" if scale == 100 else say(lang, "figure-progress-axis"))
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    return svg, " ".join([_path_words(path, unit, name, lang), *progress_sentences(every, lang)])


def _periods(axes: Axes, path: Publishable, lang: str) -> None:
    """Write the years, or each period where all lie within little more than one."""
    low, high = axes.get_xlim()
    if high - low > SHORT:
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: str(int(value))))
        return
    every = list(dict.fromkeys(path.tables["table"]["period"]))
    axes.set_xticks([years_of(one)[1] for one in every], [number(one, lang, "period_short") for one in every])


def _unit(parts: Mapping[str, Publishable]) -> str:
    return str(parts[PATH].numbers["estimand"]) if PATH in parts else "count"


def _measured(axes: Axes, path: Publishable, scale: int, labels: Labels) -> None:
    """Draw each term of the indicator at the ends of its periods, with intervals where there is one term."""
    frame = path.tables["table"]
    terms = list(dict.fromkeys(frame["term"]))
    for term, (color, marker) in zip(terms, _LOOK, strict=False):
        rows = frame[frame["term"] == term]
        x = [years_of(one)[1] for one in rows["period"]]
        if len(terms) == 1:
            low, high = (scale * rows[name].to_numpy(dtype=np.float64) for name in ("conf_low", "conf_high"))
            axes.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(
            x,
            scale * rows["estimate"],
            marker=marker,
            color=color,
            linewidth=2,
            label=called(labels, str(term)),
        )


def _target(axes: Axes, row: Any, scale: int, unit: str, lang: str) -> None:
    """Draw the target as a line, its date, and what the path asks for at the cut-off."""
    if row["operator"] == "by_date" or math.isnan(row["target"]):
        return
    words = target_words(row["operator"], row["target"], unit, row["due"], lang)
    axes.axhline(scale * row["target"], color=BLACK, linewidth=1.4, linestyle="--", label=words)
    if iso(row["due"]):
        due = year_of(iso(row["due"]))
        axes.plot([due], [scale * row["target"]], "D", color=BLACK, markersize=8)
    if not math.isnan(row["expected"]):
        at, expected = year_of(iso(row["at"])), scale * row["expected"]
        label = say(lang, "figure-progress-expected")
        axes.plot(
            [at],
            [expected],
            "D",
            color=GREY,
            markerfacecolor="white",
            markersize=8,
            linestyle="",
            label=label,
        )


def _last(path: Publishable) -> str:
    return str(path.tables["table"]["period"].iloc[-1])


def _forecast(axes: Axes, forecast: Publishable, scale: int, after: str, lang: str) -> None:
    """Draw the forecast with its interval from the total so far, until the late end of the date."""
    frame, numbers = forecast.tables["table"], forecast.numbers
    if numbers["state"] in ("no_data", "reached", "never_at_this_pace"):
        return
    last = str(numbers["reach_high"] or numbers["reach"] or frame["period"].iloc[min(AHEAD, len(frame)) - 1])
    start = {"period": after} | dict.fromkeys(("expected", "low", "high"), numbers["total"])
    shown = pd.concat([pd.DataFrame([start]), frame[frame["period"] <= last]], ignore_index=True)
    x = [years_of(one)[1] for one in shown["period"]]
    level = number(numbers["level"], lang, "level")
    axes.plot(x, scale * shown["expected"], color=PURPLE, linewidth=1.8, linestyle=":")
    axes.fill_between(
        x, scale * shown["low"], scale * shown["high"], color=PURPLE, alpha=0.22, linewidth=0, hatch="..",
        label=say(lang, "figure-progress-forecast", level=level),
    )  # fmt: skip


def _path_words(path: Publishable, unit: str, name: str, lang: str) -> str:
    known = path.tables["table"].dropna(subset="estimate")
    if known.empty:
        return say(lang, "alt-progress-nothing", name=name)
    first, last = known.iloc[0], known[known["term"] == known["term"].iloc[0]].iloc[-1]
    told: dict[str, Any] = {
        "low": measured(first["estimate"], unit, lang),
        "high": measured(last["estimate"], unit, lang),
    }
    begin, end = (number(row["period"], lang, "period") for row in (first, last))
    return say(lang, "alt-progress", name=name, first=begin, last=end, **told)


def progress_table(every: Sequence[Publishable], lang: str, labels: Labels) -> str:
    """Write numerator, denominator, value and interval of each period."""
    path = {one.name: one for one in every}[PATH]
    unit, name = str(path.numbers["estimand"]), called(labels, str(path.numbers["outcome"]))
    level = number(path.numbers["conf_level"], lang, "level")
    several = len(set(path.tables["table"]["term"])) > 1
    heads = [Column(say(lang, "label-period"), header=True)]
    heads += [Column(say(lang, "label-group"))] if several else []
    heads += [
        Column(say(lang, f"label-{one}"), numeric=True) for one in ("numerator", "denominator", "value")
    ]
    heads += [Column(say(lang, "label-interval", level=level), numeric=True)]
    rows: list[list[str | Markup]] = [
        [
            number(row["period"], lang, "period"),
            *([called(labels, str(row["term"]))] if several else []),
            *(measured(row[one], "count", lang) for one in ("numerator", "denominator")),
            measured(row["estimate"], unit, lang)
            if row["state"] == "measured"
            else state_cell(row["state"], lang),
            interval(row, unit, lang),
        ]
        for _, row in path.tables["table"].iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-progress-title", path, labels, name=name))


def interval(row: Any, unit: str, lang: str) -> str:
    """Write the interval of a row; an en dash where there is none."""
    if math.isnan(row["conf_low"]):
        return MISSING
    low, high = (measured(row[end], unit, lang) for end in ("conf_low", "conf_high"))
    return say(lang, "interval-range", low=low, high=high)


def progress_sentences(every: Publishable | Sequence[Publishable], lang: str) -> tuple[str, ...]:
    """Say where an indicator stands against its target, and when it will be reached at this pace.

    Parameters
    ----------
    every : Publishable or sequence of Publishable
        Any of the published checks ``indicator_path``, ``target`` and ``forecast`` of one indicator.
    lang : {"cs", "en"}

    Raises
    ------
    DisclosureError
        If a value was not published.
    """
    parts = {one.name: one for one in all_published(every, "report.progress_sentences")}
    said = []
    if TARGET in parts:
        said.append(_target_sentence(parts[TARGET].tables["table"].iloc[0], _unit(parts), lang))
    if FORECAST in parts:
        said.append(_forecast_sentence(parts[FORECAST].numbers, lang))
    return tuple(said)


def _target_sentence(row: pd.Series[Any], unit: str, lang: str) -> str:
    target = target_words(row["operator"], row["target"], unit, row["due"], lang)
    state = state_word(row["state"], lang)
    if math.isnan(row["value"]):
        return say(lang, "progress-unknown", target=target, state=state)
    value = reached(row["value"], row["operator"], unit, lang)
    said = say(lang, "progress-target", target=target, value=value, state=state)
    if math.isnan(row["expected"]) or row["state"] == "met":
        return said
    expected = measured(_rounded(row["expected"], unit), unit, lang)
    return f"{said} {say(lang, 'progress-expected', expected=expected)}"


def _rounded(value: float, unit: str) -> float:
    return value if unit in SHARES else round(value)


def _forecast_sentence(numbers: Mapping[str, Any], lang: str) -> str:
    written: dict[str, Any] = {
        name: number(numbers[name], lang, "period") if numbers.get(name) else say(lang, "forecast-beyond")
        for name in ("reach", "reach_low", "reach_high")
    }
    level = number(numbers["level"], lang, "level")
    pace = measured(float(numbers["pace"]), "count", lang)
    return say(lang, f"forecast-{numbers['state']}", **written, level=level, pace=pace)
