"""Published indicators as a table: numerator, denominator, value, interval, who reported."""

from __future__ import annotations

import math
from typing import Any

from evaluation.disclosure import Publishable
from evaluation.report.html import HIDDEN, Column, html_table
from evaluation.report.numbers import MISSING, number
from evaluation.report.words import Labels, caption, named, say


def indicator_rows(published: Publishable, lang: str, labels: Labels, captioned: bool) -> str:
    """Write one row per term; a value that is not known says why, and one that is hidden is a dot."""
    frame = published.tables["indicator"]
    level = number(published.numbers["conf_level"], lang, "level")
    heads = [Column(say(lang, "label-term"), header=True)]
    names = ("label-numerator", "label-denominator", "label-value", "label-interval", "label-reporting")
    heads += [Column(say(lang, name, level=level), numeric=True) for name in names]
    rows = [_cells(row, published, lang) for row in frame.to_dict("records")]
    hidden = bool((frame["state"] == "hidden").any())
    notes = [say(lang, "table-hidden", threshold=published.profile.threshold)] if hidden else []
    title = caption(lang, "caption-indicator", published, labels) if captioned else ""
    return html_table(heads, rows, caption=title, notes=notes, hidden=say(lang, "table-hidden-short"))


def _cells(row: Any, published: Publishable, lang: str) -> list[str]:
    head = ", ".join([_term(row["term"], lang), number(row["period"], lang, "period")])
    reporting = say(lang, "value-of", value=row["n_reporting"], of=row["n_units"])
    if row["state"] == "hidden":
        return [head, HIDDEN, HIDDEN, HIDDEN, HIDDEN, reporting]
    counts = [_count(row[name], lang) for name in ("numerator", "denominator")]
    if row["state"] != "measured":
        return [head, *counts, say(lang, f"state-{row['state']}"), MISSING, reporting]
    value, low, high = (_value(row[name], published, lang) for name in ("estimate", "conf_low", "conf_high"))
    known = not math.isnan(row["conf_low"])
    interval = say(lang, "interval-range", low=low, high=high) if known else MISSING
    return [head, *counts, value, interval, reporting]


def _term(term: str, lang: str) -> str:
    return named(lang, "term", term) if term else say(lang, "group-unknown")


def _count(value: float, lang: str) -> str:
    return number(value, lang, "count" if math.isnan(value) or value.is_integer() else "significant")


def _value(value: float, published: Publishable, lang: str) -> str:
    share = published.numbers["estimand"] == "proportion" and published.numbers["factor"] == 1
    if share:
        return number(value, lang, "percent")
    whole = math.isnan(value) or float(value).is_integer()
    return number(value, lang, "count" if whole else "significant")
