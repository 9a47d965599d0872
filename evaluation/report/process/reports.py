"""Reporting: which unit reported when, and which share of the expected reports came, in time or late."""

from __future__ import annotations

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.canvas import BLUE, VERMILLION, canvas, to_svg, write_axis
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.process.looks import LOOKS, legend, present
from evaluation.report.process.strips import Strip, strips
from evaluation.report.words import UNNAMED, Labels, called, caption, only_published, say

COUNTS = ("EXPECTED_REPORTS", "ACTUAL_REPORTS", "ACTUAL_REPORTS_ON_TIME")
RATES = {"REPORTING_RATE": (BLUE, "o", "-"), "REPORTING_RATE_ON_TIME": (VERMILLION, "s", "--")}


def matrix(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw one tile per unit and period: in time, late, missing; return the SVG and the picture in words."""
    states = _states(published)
    rows = [
        Strip(called(labels, str(unit)), tuple(LOOKS[one] for one in values), ("",) * len(values))
        for unit, values in zip(states.index, states.to_numpy(), strict=True)
    ]
    title = caption(lang, "figure-reporting-title", published, labels)
    with canvas(title, height=1.5 + 0.24 * len(rows)) as (figure, axes):
        strips(axes, rows, [str(one) for one in states.columns], lang, above=False)
        legend(figure, present(list(states.to_numpy().ravel())), lang, columns=4)
        svg = to_svg(figure)
    return svg, " ".join(reporting_sentences(published, lang, labels=labels))


def _states(published: Publishable) -> pd.DataFrame:
    """Return units in rows, periods in columns, in the order of the table."""
    frame = published.tables["table"]
    states = frame.pivot_table("state", "unit", "period", aggfunc="first", sort=False, fill_value="not_due")
    return states[sorted(states.columns)]


def _by_unit(published: Publishable) -> pd.DataFrame:
    frame = published.tables["table"]
    counts = pd.crosstab(frame["unit"], frame["state"])
    counts = counts.reindex(columns=["on_time", "late", "missing"], fill_value=0)
    return counts.loc[list(dict.fromkeys(frame["unit"]))]


def matrix_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write for each unit how many reports came in time, late or not at all."""
    counts = _by_unit(published)
    heads = [Column(say(lang, "label-place"), header=True)]
    heads += [Column(say(lang, f"state-{state}"), numeric=True) for state in counts.columns]
    rows = [
        [called(labels, str(unit)), *(number(one, lang, "count") for one in values)]
        for unit, values in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-reporting-title", published, labels))


def reporting_sentences(published: Publishable, lang: str, *, labels: Labels = UNNAMED) -> tuple[str, ...]:
    """Say how many reports of the last due period came in time, late or not at all, and who never missed.

    Parameters
    ----------
    published : Publishable
        The published check ``reporting_matrix`` or ``reporting_rates``.
    lang : {"cs", "en"}
    labels : Labels

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.reporting_sentences")
    if published.name == "reporting_rates":
        return (_rates_words(published, lang),)
    frame = published.tables["table"]
    due = frame[frame["state"] != "not_due"]
    if due.empty:
        return (say(lang, "reporting-nothing"),)
    last = due["period"].max()
    now = due[due["period"] == last]
    counts = {state: int((now["state"] == state).sum()) for state in ("on_time", "late", "missing")}
    said = [
        say(lang, "reporting-last", len(now), period=number(last, lang, "period"), **counts,
            share=(counts["on_time"] + counts["late"]) / len(now))
    ]  # fmt: skip
    missing = [called(labels, str(one)) for one in now.loc[now["state"] == "missing", "unit"]]
    if 0 < len(missing) <= 12:
        said.append(say(lang, "reporting-missing", len(missing), names=tuple(missing)))
    never = due.groupby("unit", sort=False)["state"].agg(lambda states: bool((states == "missing").all()))
    if never.any():
        said.append(say(lang, "reporting-never", int(never.sum()), units=len(never)))
    return tuple(said)


def rates(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the reporting rate and the rate in time; return the SVG and the picture in words."""
    frame = _by_period(published)
    title = caption(lang, "figure-rates-title", published, labels)
    with canvas(title, height=3.6) as (figure, axes):
        x = range(len(frame))
        for name, (color, marker, line) in RATES.items():
            label = say(lang, f"label-{name}")
            axes.plot(x, frame[name], marker=marker, color=color, linestyle=line, linewidth=2, label=label)
        every = list(x)[:: 1 + len(frame) // 7]
        axes.set_xticks(every, [number(frame["period"].iloc[i], lang, "period_short") for i in every])
        axes.set_ylim(0, 104)
        write_axis(axes.yaxis, lang)
        axes.set_ylabel(say(lang, "figure-rates-axis"))
        figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9.5)
        svg = to_svg(figure)
    return svg, _rates_words(published, lang)


def _rates_words(published: Publishable, lang: str) -> str:
    frame = _by_period(published)
    due = frame[frame["EXPECTED_REPORTS"] > 0]
    if due.empty:
        return say(lang, "reporting-nothing")
    last = due.iloc[-1]
    rate, in_time = (number(last[name] / 100, lang, "percent") for name in RATES)
    return say(lang, "alt-rates", period=number(last["period"], lang, "period"), rate=rate, in_time=in_time)


def _by_period(published: Publishable) -> pd.DataFrame:
    """Return counts and rates of each period, groups together."""
    counts = published.tables["table"].groupby("period", sort=False)[list(COUNTS)].sum().reset_index()
    expected = counts["EXPECTED_REPORTS"].where(counts["EXPECTED_REPORTS"] > 0)
    shares = zip(RATES, COUNTS[1:], strict=True)
    return counts.assign(**{rate: 100 * counts[name] / expected for rate, name in shares})


def rates_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write the expected and the actual reports of each period and their rates, in the terms of DHIS2."""
    frame = published.tables["table"]
    heads = [Column(say(lang, "label-period"), header=True)]
    heads += [Column(say(lang, "label-group"))] if "group" in frame else []
    heads += [Column(say(lang, f"label-{name}"), numeric=True) for name in (*COUNTS, *RATES)]
    rows = [
        [
            number(row["period"], lang, "period"),
            *([called(labels, str(row["group"]))] if "group" in frame else []),
            *(number(row[name], lang, "count") for name in COUNTS),
            *(number(row[name] / 100, lang, "percent") for name in RATES),
        ]
        for _, row in frame.iterrows()
    ]
    title = caption(lang, "figure-rates-title", published, labels)
    return html_table(heads, rows, caption=title, notes=[say(lang, "table-dhis2")])
