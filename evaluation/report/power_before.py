"""What the test of the periods before treatment could have found, as a table and in words."""

from __future__ import annotations

from evaluation.disclosure import Publishable
from evaluation.report.html import Column, html_table
from evaluation.report.numbers import number
from evaluation.report.scale import is_log, writer
from evaluation.report.words import UNNAMED, Labels, only_published, say

SHOWN = ("slope_50", "slope_80", "effect", "bias", "bias_if_passed")


def power_table(published: Publishable, lang: str, *, labels: Labels = UNNAMED) -> str:
    """Write the trends that the test finds, and what they do to the estimate, without a caption.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.power_table")
    write = writer(published, [float(published.numbers[name]) for name in SHOWN], lang)
    unit = f" ({labels.outcome_unit})" if labels.outcome_unit and not is_log(published) else ""
    heads = [
        Column(say(lang, "label-item"), header=True),
        Column(say(lang, "label-change" if is_log(published) else "label-value") + unit, numeric=True),
    ]
    rows = [[say(lang, f"power-{name}"), write(published.numbers[name])] for name in SHOWN]
    return html_table(heads, rows)


def power_sentences(published: Publishable, lang: str) -> tuple[str, ...]:
    """Say which drift the test would miss, and what such a drift does to the estimate.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.power_sentences")
    numbers = published.numbers
    write = writer(published, [float(numbers[name]) for name in SHOWN], lang)
    told = {name: write(numbers[name]) for name in SHOWN}
    none = number(numbers["power_none"], lang, "percent")
    large = any(note.code == "pretrends_power" for note in published.notes)
    return (
        say(lang, "power-found", int(numbers["terms"]), none=none, **told),
        say(lang, "power-large" if large else "power-small", None, **told),
    )
