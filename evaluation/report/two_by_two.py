"""The exhibit of a difference in differences that reviewers know: means, first differences, the second."""

from __future__ import annotations

import math
from typing import Any

from evaluation.disclosure import Publishable
from evaluation.errors import DisclosureError
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import MISSING, decimals_of, number
from evaluation.report.tables import p_words
from evaluation.report.words import UNNAMED, Labels, all_published, caption, named, say

_ROWS = (
    ("treated", "mean_treated_before", "mean_treated_after", "change_treated"),
    ("comparison", "mean_comparison_before", "mean_comparison_after", "change_comparison"),
    ("second", None, None, "att"),
)


def dd_table(published: Publishable, lang: str, *, labels: Labels = UNNAMED, captioned: bool = True) -> str:
    """Return the table of two groups, two times and their differences, in the form of Stata's ``ieddtab``.

    Parameters
    ----------
    published : Publishable
        A result of `did_2x2`.
    lang : {"cs", "en"}
    labels : Labels
    captioned : bool
        Whether the table carries its caption; where a page numbers its tables, the page does.

    Returns
    -------
    str
        HTML: a row for each group with its number of units, mean before and after and their difference, and
        one for the difference of the differences; standard errors in brackets.

    Raises
    ------
    DisclosureError
        If the value was not published, or is no result of `did_2x2`.
    """
    one = all_published(published, "report.dd_table")[0]
    if one.name != "did_2x2" or one.kind != "result":
        raise DisclosureError("not-two-by-two", name=one.name)
    terms = {str(row["term"]): row for _, row in one.tables["tidy"].iterrows()}
    unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
    heads = [Column(say(lang, "label-group"), header=True), Column(say(lang, "label-units"), numeric=True)]
    heads += [
        Column(say(lang, f"label-{name}") + unit, numeric=True) for name in ("before", "after", "difference")
    ]
    decimals = _decimals(terms)
    rows = [
        [
            _capital(say(lang, f"group-{group}")),
            number(_units(one, group), lang, "count"),
            *(_cell(terms[name], lang, decimals) if name else "" for name in names),
        ]
        for group, *names in _ROWS
    ]
    title = caption(lang, "caption-dd", one, labels) if captioned else ""
    return html_table(heads, rows, caption=title, notes=_notes(one, terms["att"], lang, decimals))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _units(published: Publishable, group: str) -> int:
    every, treated = int(published.numbers["n_units"]), int(published.numbers["n_treated"])
    return {"treated": treated, "comparison": every - treated, "second": every}[group]


def _decimals(terms: dict[str, Any]) -> int:
    """Write all cells alike: as the difference of the differences."""
    error = float(terms["att"]["std_error"])
    return decimals_of(error if math.isfinite(error) and error > 0 else abs(float(terms["att"]["estimate"])))


def _cell(row: Any, lang: str, decimals: int) -> str:
    value = number(row["estimate"], lang, "estimate", decimals=decimals)
    if not math.isfinite(row["std_error"]):
        return value
    return f"{value} ({number(row['std_error'], lang, 'estimate', decimals=decimals)})"


def _notes(published: Publishable, att: Any, lang: str, decimals: int) -> list[str]:
    method = named(lang, "method", str(published.numbers["inference"]))
    low, high = (number(att[end], lang, "estimate", decimals=decimals) for end in ("conf_low", "conf_high"))
    known = not math.isnan(att["conf_low"])
    interval = say(lang, "interval-range", low=low, high=high) if known else MISSING
    level = number(published.numbers["conf_level"], lang, "level")
    p = p_words(published, att["p_value"], lang)
    notes = [say(lang, "dd-second", level=level, interval=interval, p=p)]
    if math.isfinite(att["std_error"]):
        notes.insert(0, say(lang, "dd-brackets", method=method))
    return notes
