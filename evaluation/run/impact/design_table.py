"""Table of what an analysis of impact compares, in numbers."""

from __future__ import annotations

from typing import Any

from evaluation.locales import text
from evaluation.report import named, number, say
from evaluation.run.impact.content import Content
from evaluation.run.origin import pairs, plain_value

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
    return plain_value(value, lang)
