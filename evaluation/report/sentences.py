"""What a result says in words, and what a reader must be warned of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.design import Note
from evaluation.disclosure import Publishable
from evaluation.report.numbers import number
from evaluation.report.timeline import span
from evaluation.report.words import (
    UNNAMED,
    Labels,
    assignments,
    error_of,
    hits,
    only_published,
    point,
    say,
)

STRONG, MODERATE = 0.01, 0.05
_QUIET = (
    "assignments",
    "cluster_t",
    "conformal_iid",
    "conformal_moving_block",
    "default_inference",
    "interval_no_effect",
    "interval_not_linear",
    "interval_several_treatments",
    "rearrangement",
    "rearrangement_up_to",
    "residuals_by_size",
    "sign_changes",
    "signs",
    "simultaneous_band",
    "spatial",
    "studentised",
    "synthetic_data",
    "untreated_residuals",
)
"""Notes that explain rather than warn; synthetic data are named first."""


def sentence(
    published: Publishable,
    lang: str,
    *,
    labels: Labels = UNNAMED,
    term: int = 0,
    pretrends: Publishable | None = None,
) -> str:
    """Say a result in words.

    With randomisation it leads with the share of assignments that give an estimate at least as extreme, and
    then gives the interval of the same test; otherwise with the estimate and its interval. Then what that
    means, and on how much it rests. A p-value of 0.05 or more is never called "no effect".

    Parameters
    ----------
    published : Publishable
        A published `Result`.
    lang : {"cs", "en"}
    labels : Labels
    term : int
        Row of the result.
    pretrends : Publishable, optional
        The test of the effects before the start; where it fails, the estimate is not called an effect.

    Returns
    -------
    str

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.sentence")
    means = say(lang, f"reading-{strength(published, term=term, pretrends=pretrends)}")
    return " ".join(
        [finding(published, lang, labels=labels, term=term), means, basis(published, lang, labels)]
    )


def finding(published: Publishable, lang: str, *, labels: Labels = UNNAMED, term: int = 0) -> str:
    """Return the leading sentence: the permutation p, or the estimate with its interval."""
    published = only_published(published, "report.finding")
    row = published.tables["tidy"].iloc[term]
    lead = _lead(published, row, lang, labels)
    if published.numbers.get("estimand") == "log_ratio":
        change = number(math.exp(row["estimate"]) - 1, lang, "percent")
        lead += " " + say(lang, "lead-ratio", change=change)
    return lead


def _lead(published: Publishable, row: pd.Series[Any], lang: str, labels: Labels) -> str:
    value = point(row, lang, labels)
    if assignments(published) is not None and math.isfinite(row["p_value"]):
        return _share(published, row, lang, value) + _inverted(published, row, lang, labels)
    ends = [float(row[end]) for end in ("conf_low", "conf_high")]
    if not math.isfinite(row["p_value"]) or any(math.isnan(end) for end in ends):
        return say(lang, "lead-estimate", estimate=value)
    p_value = number(row["p_value"], lang, "p_value")
    level = number(published.numbers["conf_level"], lang, "level")
    if all(math.isinf(end) for end in ends):
        return say(lang, "lead-unbounded", estimate=value, level=level, p=p_value)
    low, high = (number(end, lang, "estimate", std_error=error_of(row, labels)) for end in ends)
    return say(lang, "lead-interval", estimate=value, level=level, low=low, high=high, p=p_value)


def _share(published: Publishable, row: pd.Series[Any], lang: str, value: str) -> str:
    """Say under how many assignments the statistic is at least as extreme."""
    drawn = assignments(published)
    assert drawn is not None
    count, total = hits(row["p_value"], drawn)
    studentised = any(note.code == "studentised" for note in published.notes)
    said: dict[str, Any] = {"estimate": value, "hits": count, "total": total}
    if not drawn["exact"]:
        sampled = "lead-t-sampled" if studentised else "lead-sampled"
        return say(lang, sampled, p=number(row["p_value"], lang, "p_value"), **said)
    fraction = number((count, total), lang, "fraction")
    p_cell = number(row["p_value"], lang, "p_cell")
    exact = "lead-t-exact" if studentised else "lead-exact"
    return say(lang, exact, fraction=fraction, p=p_cell, **said)


def _inverted(published: Publishable, row: pd.Series[Any], lang: str, labels: Labels) -> str:
    """Say the interval of the same test, where it has one, also where it excludes nothing."""
    ends = [float(row[end]) for end in ("conf_low", "conf_high")]
    if any(math.isnan(end) for end in ends):
        return ""
    level = number(published.numbers["conf_level"], lang, "level")
    if all(math.isinf(end) for end in ends):
        return " " + say(lang, "lead-inverted-unbounded", level=level)
    low, high = (number(end, lang, "estimate", std_error=error_of(row, labels)) for end in ends)
    return " " + say(lang, "lead-inverted", level=level, low=low, high=high)


def strength(published: Publishable, *, term: int = 0, pretrends: Publishable | None = None) -> str:
    """Return the code of what a p-value says: strong, moderate, open, none, unreliable, or contested.

    It is strong below 0.01, moderate below 0.05, else open; unreliable where it comes from clustered standard
    errors with few treated clusters; contested where the groups moved apart before the start already.
    """
    if pretrends is not None and pretrends.numbers["passed"] is False:
        return "contested"
    if any(note.code.startswith("few_treated") for note in published.notes):
        return "unreliable"
    return judged(float(published.tables["tidy"]["p_value"].iloc[term]))


def judged(p_value: float) -> str:
    """Return the code of a p-value that can be relied on.

    Examples
    --------
    >>> judged(0.004), judged(0.03), judged(0.05), judged(math.nan)
    ('strong', 'moderate', 'open', 'none')
    """
    if math.isnan(p_value):
        return "none"
    return "strong" if p_value < STRONG else "moderate" if p_value < MODERATE else "open"


def basis(published: Publishable, lang: str, labels: Labels = UNNAMED) -> str:
    """Say on how many units, clusters and periods a result rests."""
    numbers = published.numbers
    units = say(lang, "count-unit", int(numbers["n_units"]))
    unit = f" ({labels.unit})" if labels.unit else ""
    return say(
        lang,
        "finding-basis",
        units=units + unit,
        treated=int(numbers["n_treated"]),
        clusters=say(lang, "count-cluster", int(numbers["n_clusters"])),
        first=number(numbers["first_period"], lang, "period"),
        last=number(numbers["last_period"], lang, "period"),
    )


def warnings(published: Publishable, lang: str) -> tuple[str, ...]:
    """Return one sentence for each note that a reader must know before the numbers.

    Synthetic data come first. How the inference was chosen and counted is told by `explanations`.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.warnings")
    first = [note for note in published.notes if note.code == "synthetic_data"]
    rest = [note for note in published.notes if note.code not in _QUIET and not _repeated(note, published)]
    said = [note_words(note.code, note.numbers, lang) for note in (*first, *rest)]
    drawn = assignments(published)
    if drawn is not None and drawn["smallest_p"] >= MODERATE:
        said.append(say(lang, "note-smallest_p", smallest_p=_smallest(drawn, lang)))
    return tuple(dict.fromkeys(said))


def _repeated(note: Note, published: Publishable) -> bool:
    """Whether a later note says the same of the same units, and more: that they were left out."""
    left_out = [one for one in published.notes if one.code == "no_untreated_period"]
    return note.code == "always_treated" and any(
        one.numbers["names"] == note.numbers["names"] for one in left_out
    )


def explanations(published: Publishable, lang: str) -> tuple[str, ...]:
    """Return one sentence for each note on how the inference was chosen and counted.

    Raises
    ------
    DisclosureError
        If the value was not published.
    """
    published = only_published(published, "report.explanations")
    quiet = [note for note in published.notes if note.code in _QUIET and note.code != "synthetic_data"]
    return tuple(note_words(note.code, note.numbers, lang) for note in quiet)


def note_words(code: str, numbers: Mapping[str, Any], lang: str) -> str:
    """Say a note; the first of these numbers that it has chooses the plural."""
    values = dict(numbers)
    if code == "assignments":
        key = f"note-assignments-{'exact' if values['exact'] else 'sampled'}"
        n = int(values["admissible"]) if values["exact"] else None
        return say(lang, key, n, **{**values, "smallest_p": _smallest(values, lang)})
    if code == "default_inference":
        return say(lang, f"note-default_inference-{values['reason']}", **values)
    n = next((int(values[name]) for name in ("units", "rows", "observations") if name in values), None)
    return say(lang, f"note-{code}", n, **_dated(values, lang))


def _dated(values: dict[str, Any], lang: str) -> dict[str, Any]:
    """Take the names in this language, and write periods in words: beside each name, or from when to when."""
    mine = {key.removesuffix(f"_{lang}"): value for key, value in values.items()}
    if "starts" in mine:
        starts, ends = mine.pop("starts"), mine.pop("ends", None)
        spans = (
            (number(start, lang, "period") for start in starts)
            if ends is None
            else (span(start, end, lang) for start, end in zip(starts, ends, strict=True))
        )
        mine["names"] = tuple(f"{name} ({when})" for name, when in zip(mine["names"], spans, strict=True))
    if "end" in mine:
        mine["when"] = span(mine["start"], mine["end"], lang)
    return mine | ({"start": number(mine["start"], lang, "period")} if "start" in mine else {})


def _smallest(drawn: Mapping[str, Any], lang: str) -> str:
    """Write the smallest p-value that so many assignments can give."""
    return number((1, int(drawn["used"]) + (not drawn["exact"])), lang, "fraction")
