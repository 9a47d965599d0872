"""Words around numbers: what a page knows of its analysis, and sentences of the catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.disclosure import Publishable
from evaluation.errors import DisclosureError
from evaluation.locales import keys, text
from evaluation.report.numbers import number

_KIND = {
    "rejection": "percent",
    "share": "percent",
    "power_share": "percent",
    "p_value": "p_cell",
    "level": "level",
    "critical": "significant",
    "decided": "date",
    "data_from": "date",
}


@dataclass(frozen=True)
class Labels:
    """What a specification calls things, in one language.

    Attributes
    ----------
    outcome, outcome_unit, unit : str
        The outcome, its unit of measurement, and the unit of observation.
    synthetic : bool
        Whether the data are synthetic; a note of the data says so too.
    columns : Mapping[str, str]
        Meaning of the columns of tables of counts.
    events : sequence of (period, str)
        Dates that a reader of a figure should know.
    names : Mapping[str, str]
        Names of codes in this language: tools, milestones, units, groups.
    std_error : float
        Of the same estimate by another method: so precisely it is written where its own method has none.
    """

    outcome: str = ""
    outcome_unit: str = ""
    unit: str = ""
    synthetic: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    events: Sequence[tuple[str, str]] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    std_error: float = math.nan


UNNAMED = Labels()


def only_published(value: Any, what: str) -> Publishable:
    """Return the value if it went through `disclosure.publish`.

    Raises
    ------
    DisclosureError
        If it did not.
    """
    if not isinstance(value, Publishable):
        raise DisclosureError("not-published", what=what, type=type(value).__name__)
    return value


def all_published(values: Any, what: str) -> list[Publishable]:
    """Return one or several values that went through `disclosure.publish`, at least one.

    Raises
    ------
    DisclosureError
        If one of them did not.
    """
    several = list(values) if isinstance(values, (list, tuple)) and values else [values]
    return [only_published(one, what) for one in several]


def say(lang: str, key: str, /, n: float | None = None, **values: Any) -> str:
    r"""Return a sentence of the catalogue whose numbers are written by `number`.

    Examples
    --------
    >>> say("cs", "count-unit", 1200)
    '1\xa0200 sledovaných jednotek'
    """
    written = {name: _written(lang, name, value) for name, value in values.items()}
    if n is not None:
        written.setdefault("count", _written(lang, "count", n))
    return text(lang, key, n, **written)


def _written(lang: str, name: str, value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(_written(lang, name, item) for item in value)
    if isinstance(value, bool):
        return text(lang, "label-yes" if value else "label-no")
    if isinstance(value, (int, float)):
        usual = "count" if float(value).is_integer() else "significant"
        return number(value, lang, _KIND.get(name, usual))
    return number(value, lang, "date") if value and _KIND.get(name) == "date" else str(value)


def point(row: Any, lang: str, labels: Labels) -> str:
    """Write the estimate of a row of results, with the decimals of its standard error."""
    return number(row["estimate"], lang, "estimate", std_error=error_of(row, labels))


def error_of(row: Any, labels: Labels) -> float:
    """Return the standard error by which a row of results is written, its own or that of the page."""
    own = float(row["std_error"])
    return own if math.isfinite(own) else labels.std_error


def named(lang: str, prefix: str, code: str) -> str:
    """Return the label of a code, or the code itself where users may name things (terms, options)."""
    key = f"{prefix}-{code}"
    return text(lang, key) if key in keys(lang) else code


def called(labels: Labels, code: str) -> str:
    """Return the name of a code, or the code itself where it has none."""
    return labels.names.get(code, code)


def is_synthetic(published: Publishable, labels: Labels) -> bool:
    """Whether the numbers come from synthetic data."""
    return labels.synthetic or any(note.code == "synthetic_data" for note in published.notes)


def caption(lang: str, key: str, published: Publishable, labels: Labels, **values: Any) -> str:
    """Return a caption that names the outcome and says where data are synthetic."""
    outcome = labels.outcome or str(published.numbers.get("outcome", ""))
    bare = say(lang, key, outcome=outcome, synthetic="", **values).strip()
    mark = text(lang, "synthetic-in-caption")
    if not is_synthetic(published, labels) or mark.strip() in bare:
        return bare
    return say(lang, key, outcome=outcome, synthetic=mark, **values).strip()


def assignments(published: Publishable) -> Mapping[str, Any] | None:
    """Return what randomisation says of its assignments, if the result is by randomisation."""
    return next((note.numbers for note in published.notes if note.code == "assignments"), None)


def hits(p_value: float, drawn: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many assignments are at least as extreme, and of how many.

    Examples
    --------
    >>> hits(5 / 27, {"used": 27, "exact": True}), hits(0.0123, {"used": 9999, "exact": False})
    ((5, 27), (122, 9999))
    """
    used = int(drawn["used"])
    return (round(p_value * used), used) if drawn["exact"] else (round(p_value * (used + 1)) - 1, used)
