"""Tables of what an analysis compares, how it was run, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from evaluation.locales import text
from evaluation.report import Column, Markup, html_table, named, number, say

if TYPE_CHECKING:
    from evaluation.run.content import Content

Row = tuple[str, "str | Markup"]
_COUNTS = (
    "n_units", "n_treated", "n_comparison", "n_clusters", "n_treated_clusters", "n_admissible", "n_obs",
    "anticipation",
)  # fmt: skip
_COLUMNS = ("cluster", "assignment_unit")
_DESIGN = (
    "outcome", "unit", "n_units", "n_treated", "n_comparison", "span", "start", "n_obs", "balanced",
    "cluster", "n_clusters", "n_treated_clusters", "assignment_unit", "n_admissible", "anticipation",
    "estimator",
)  # fmt: skip


def pairs(rows: Iterable[Row], lang: str, *, name: str = "label-item") -> str:
    """Return a table of names and values."""
    heads = [Column(text(lang, name), header=True), Column(text(lang, "label-value"))]
    return html_table(heads, list(rows))


def design_table(content: Content) -> str:
    """Return what is compared with what, in numbers."""
    lang, labels = content.lang, content.labels
    numbers = dict(content.published["design"].numbers) if "design" in content.published else {}
    if "n_units" in numbers:
        numbers["n_comparison"] = numbers["n_units"] - numbers["n_treated"]
        numbers["span"] = (numbers["first_period"], numbers["last_period"])
    if "trends" in content.published:
        numbers["start"] = content.published["trends"].numbers["first_treatment"]
    unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
    numbers |= {"outcome": labels.outcome + unit, "unit": labels.unit}
    if not numbers.get("anticipation"):
        numbers.pop("anticipation", None)
    known = [name for name in _DESIGN if name in numbers]
    return pairs(
        ((text(lang, f"design-{name}"), _design(content, name, numbers[name])) for name in known), lang
    )


def _design(content: Content, name: str, value: Any) -> str:
    lang = content.lang
    if name in _COUNTS:
        return number(value, lang, "count")
    if name == "span":
        low, high = (number(one, lang, "period") for one in value)
        return say(lang, "interval-range", low=low, high=high)
    if name == "start":
        return ", ".join(number(one, lang, "period") for one in value)
    if name in _COLUMNS:
        return content.labels.columns.get(value, value)
    if name == "estimator":
        return named(lang, "estimator", value)
    return _plain(value, lang)


def _plain(value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return text(lang, "label-yes" if value else "label-no")
    return ", ".join(str(one) for one in value) if isinstance(value, (list, tuple)) else str(value)


def parameter_table(content: Content) -> str:
    """Return the parameters as they were used: names and values of the specification."""
    rows = [
        (name, Markup(f"<code>{escape(_plain(value, content.lang))}</code>"))
        for name, value in content.result["parameters"].items()
    ]
    return pairs(rows, content.lang, name="parameter-name")


def provenance_table(content: Content, manifest: Mapping[str, Any]) -> str:
    """Return where the numbers come from: data, specification, code."""
    lang = content.lang
    origin = content.result["provenance"]
    data, code = origin.get("data") or {}, manifest.get("code") or {}
    values: dict[str, Any] = {
        "title": (data.get("title") or {}).get(lang),
        "synthetic": _plain(bool(data.get("synthetic")), lang),
        **{key: _in_language(data.get(key), lang) for key in ("publisher", "source", "licence")},
        **{key: data.get(key) for key in ("address", "file")},
        **{key: _count(data.get(key), lang) for key in ("rows", "rows_used")},
        "sha256": _code(data.get("sha256")),
        "spec": _hashed(origin.get("spec")),
        "notebook": _hashed(origin.get("notebook")),
        "seed": _code(origin.get("seed")),
        "version": code.get("version"),
        "commit": _code(code.get("commit")),
        "dirty": None if code.get("dirty") is None else _plain(bool(code["dirty"]), lang),
        "tree": _code(code.get("tree_sha256")),
        "python": (manifest.get("versions") or {}).get("python"),
    }
    rows = [(text(lang, f"provenance-{key}"), value) for key, value in values.items() if value]
    return pairs(rows, lang)


def _in_language(value: Any, lang: str) -> str | None:
    return value.get(lang) if isinstance(value, Mapping) else value


def _count(value: Any, lang: str) -> str | None:
    return None if value is None else number(value, lang, "count")


def _code(value: Any) -> Markup | None:
    return None if value is None else Markup(f"<code>{escape(str(value))}</code>")


def _hashed(value: Mapping[str, str] | None) -> Markup | None:
    """Return a file with its fingerprint."""
    if not value:
        return None
    return Markup(f"{escape(value['file'])}<br><code>{escape(value['sha256'])}</code>")
