"""Published values as tables that could be printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.report.html import HIDDEN, Column, html_table
from evaluation.report.indicator import indicator_rows
from evaluation.report.numbers import MISSING, decimals_of, number
from evaluation.report.words import UNNAMED, Labels, all_published, assignments, caption, hits, named, say

Published = Publishable | Sequence[Publishable]

ROUNDING = 1e-9
"""Values that differ by less than this share of themselves are equal."""


def table(
    published: Published, lang: str, *, labels: Labels = UNNAMED, captioned: bool = True, name: str = ""
) -> str:
    """Return an HTML table of published values.

    Parameters
    ----------
    published : Publishable or sequence of Publishable
        A result or several of one estimate (one row per term and method of inference), a check, or cells.
    lang : {"cs", "en"}
    labels : Labels
    captioned : bool
        Whether the table carries its caption; where a page numbers its tables, the page does.
    name : str
        For a result: ``"distribution"`` gives the estimates under the assignments instead.

    Returns
    -------
    str
        HTML. Suppressed values are dots with an explanation below.

    Raises
    ------
    DisclosureError
        If a value was not published.
    """
    every = all_published(published, "report.table")
    first = every[0]
    if first.kind == "cells":
        return _cells(first, lang, labels, captioned)
    if first.kind == "check":
        return _trends(first, lang, labels, captioned) if first.name == "raw_trends" else _plain(first, lang)
    if first.name == "indicator":
        return indicator_rows(first, lang, labels, captioned)
    if name == "distribution":
        return _distribution(first, lang, labels, captioned)
    return _estimates(every, lang, labels, captioned)


def _estimates(every: list[Publishable], lang: str, labels: Labels, captioned: bool) -> str:
    """Methods side by side where there is one term, else one row per term and method."""
    level = number(every[0].numbers["conf_level"], lang, "level")
    unit = f" ({labels.outcome_unit})" if labels.outcome_unit and not _is_log(every[0]) else ""
    facts = [
        say(lang, "label-estimate") + unit,
        say(lang, "label-std-error"),
        say(lang, "label-p-value"),
        say(lang, "label-interval", level=level),
        *(say(lang, f"label-{name}") for name in ("units", "treated", "clusters", "treated-clusters")),
    ]
    error = _common_error(every)
    one_term = len(every[0].tables["tidy"]) == 1
    rows = [
        (_heads(one, row, lang), _facts(one, row, lang, error))
        for one in every
        for _, row in one.tables["tidy"].iterrows()
    ]
    if one_term:
        heads = [Column(say(lang, "label-item"), header=True)]
        heads += [Column(method[-1], numeric=True) for method, _ in rows]
        cells = [
            [fact, *values] for fact, *values in zip(facts, *(values for _, values in rows), strict=True)
        ]
    else:
        heads = [Column(say(lang, f"label-{name}"), header=True) for name in ("term", "inference")]
        heads += [Column(fact, numeric=True) for fact in facts]
        cells = [[*method, *values] for method, values in rows]
    title = caption(lang, "caption-estimates", every[0], labels) if captioned else ""
    return html_table(heads, cells, caption=title, notes=_estimate_notes(every, cells, lang))


def _estimate_notes(every: list[Publishable], cells: list[list[str]], lang: str) -> list[str]:
    dashes = any(MISSING in row for row in cells)
    few = any(note.code == "few_treated_clusters" for one in every[1:] for note in one.notes)
    wanted = {"table-no-interval": dashes, "table-comparison-only": few}
    return [say(lang, key) for key, present in wanted.items() if present]


def _is_log(published: Publishable) -> bool:
    return published.numbers.get("estimand") == "log_ratio"


def _common_error(every: list[Publishable]) -> float:
    """Smallest standard error of all rows, so that one estimate is written alike in each of them."""
    errors = [
        float(e) for one in every for e in one.tables["tidy"]["std_error"] if math.isfinite(e) and e > 0
    ]
    return min(errors, default=math.nan)


def term_words(row: Any, lang: str) -> str:
    """Name a term with its cohort, period and distance from the start."""
    name = named(lang, "term", str(row["term"]))
    when = [number(row[key], lang, "period") for key in ("cohort", "period") if _given(row[key])]
    distance = [number(row["event_time"], lang, "count")] if _given(row["event_time"]) else []
    return ", ".join([name, *when, *distance])


def _given(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _heads(published: Publishable, row: Any, lang: str) -> list[str]:
    return [term_words(row, lang), named(lang, "method", str(published.numbers["inference"]))]


def _facts(published: Publishable, row: Any, lang: str, error: float) -> list[str]:
    numbers = published.numbers

    def written(name: str) -> str:
        return number(row[name], lang, "estimate", std_error=error)

    bounds = not math.isnan(row["conf_low"])
    interval = say(lang, "interval-range", low=written("conf_low"), high=written("conf_high"))
    counts = ("n_units", "n_treated", "n_clusters", "n_treated_clusters")
    return [
        written("estimate"),
        number(row["std_error"], lang, "significant"),
        p_cell(published, row["p_value"], lang),
        interval if bounds else MISSING,
        *(number(numbers[name], lang, "count") for name in counts),
    ]


def p_cell(published: Publishable, p_value: float, lang: str) -> str:
    """Write a p-value for a cell; an exact permutation p also as a fraction."""
    drawn = assignments(published)
    if drawn is None or not drawn["exact"] or not math.isfinite(p_value):
        return number(p_value, lang, "p_cell")
    fraction = number(hits(p_value, drawn), lang, "fraction")
    return say(lang, "p-exact", fraction=fraction, p=number(p_value, lang, "p_cell"))


def p_words(published: Publishable, p_value: float, lang: str) -> str:
    """Write a p-value for a sentence or a figure: ``p = 5/27 ≈ 0.185``, ``p < 0.001``."""
    cell = p_cell(published, p_value, lang)
    return f"p\u00a0{cell}" if cell.startswith("<") else f"p\u00a0=\u00a0{cell}"


def _trends(published: Publishable, lang: str, labels: Labels, captioned: bool) -> str:
    frame = published.tables["table"]
    unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
    groups = [name for name in ("treated", "comparison") if (frame["group"] == name).any()]
    heads = [Column(say(lang, "label-period"), header=True)]
    for group in groups:
        who = say(lang, f"group-{group}")
        heads.append(Column(f"{say(lang, 'label-mean')}, {who}{unit}", numeric=True))
        heads.append(Column(f"{say(lang, 'label-units-observed')}, {who}", numeric=True))
    decimals = decimals_between(frame["mean"])
    by_period = {key: part.set_index("group") for key, part in frame.groupby("period", sort=False)}
    rows = [
        [number(period, lang, "period"), *_means(part, groups, lang, decimals)]
        for period, part in by_period.items()
    ]
    title = caption(lang, "caption-trends", published, labels) if captioned else ""
    return html_table(heads, rows, caption=title)


def _means(part: pd.DataFrame, groups: list[str], lang: str, decimals: int) -> list[str]:
    cells = []
    for group in groups:
        known = group in part.index
        mean = part.loc[group, "mean"] if known else math.nan
        cells.append(number(mean, lang, "estimate", decimals=decimals))
        cells.append(number(part.loc[group, "n_units"] if known else 0, lang, "count"))
    return cells


def decimals_between(values: pd.Series[float]) -> int:
    """Decimals that show three significant digits of the typical distance between values."""
    size = abs(float(values.iloc[0]))
    spread = float(values.std()) if len(values) > 1 else math.nan
    return decimals_of(spread if spread > ROUNDING * size else size)


def _distribution(published: Publishable, lang: str, labels: Labels, captioned: bool) -> str:
    frame = published.tables["distribution"]
    frame = frame[frame["term"] == frame["term"].iloc[0]]
    binned = bool((frame["low"] != frame["high"]).any())
    ends = ["low", "high"] if binned else ["low"]
    labelled = {"low": "label-low" if binned else "label-estimate", "high": "label-high"}
    heads = [Column(say(lang, labelled[end]), numeric=True) for end in ends]
    heads.append(Column(say(lang, "label-assignments"), numeric=True))
    decimals = decimals_between(frame["low"])
    rows = [
        [
            *(number(row[end], lang, "estimate", decimals=decimals) for end in ends),
            number(row["assignments"], lang, "count"),
        ]
        for _, row in frame.iterrows()
    ]
    title = caption(lang, "caption-permutation", published, labels) if captioned else ""
    return html_table(heads, rows, caption=title)


def _cells(published: Publishable, lang: str, labels: Labels, captioned: bool) -> str:
    frame, flags = published.tables["cells"], published.suppressed["cells"]
    names = [str(name) for name in frame.columns]
    numeric = [frame[name].dtype.kind == "f" for name in names]
    heads = [
        Column(labels.columns.get(name, name), numeric=known, header=not known)
        for name, known in zip(names, numeric, strict=True)
    ]
    decimals = [
        _cell_decimals(frame[name]) if known else None for name, known in zip(names, numeric, strict=True)
    ]
    rows = [
        [HIDDEN if hidden else _cell(v, lang, d) for v, hidden, d in zip(row, flag, decimals, strict=True)]
        for row, flag in zip(
            frame.itertuples(index=False, name=None), flags[names].to_numpy().tolist(), strict=True
        )
    ]
    notes = [say(lang, "table-hidden", threshold=published.profile.threshold)] if flags.any(axis=None) else []
    title = caption(lang, "caption-cells", published, labels) if captioned else ""
    return html_table(heads, rows, caption=title, notes=notes, hidden=say(lang, "table-hidden-short"))


def _cell_decimals(values: pd.Series[float]) -> int:
    known = values.dropna()
    return 0 if (known == known.round()).all() else 2


def _cell(value: Any, lang: str, decimals: int | None) -> str:
    if decimals is None:
        return str(value)
    return number(value, lang, "estimate", decimals=decimals)


def _plain(published: Publishable, lang: str) -> str:
    """Write the table of any other check with the names of its columns."""
    frame = published.tables["table"]
    heads = [
        Column(named(lang, "label", str(name)), numeric=frame[name].dtype.kind in "fiu") for name in frame
    ]
    rows = [[_any(value, lang) for value in row] for row in frame.itertuples(index=False)]
    return html_table(heads, rows)


def _any(value: Any, lang: str) -> str:
    if isinstance(value, str):
        return number(value, lang, "period")
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return number(value, lang, "count" if whole else "significant")
