"""An analysis as its page sees it: results, labels, captions, and what its head says already."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.report import Labels, say


@dataclass(frozen=True, eq=False)
class Content:
    """An analysis as its page sees it.

    Attributes
    ----------
    result : Mapping
        The file of results.
    published : Mapping[str, Publishable]
    labels : Labels
    lang : str
    """

    result: Mapping[str, Any]
    published: Mapping[str, Publishable]
    labels: Labels
    lang: str

    @classmethod
    def of(cls, result: Mapping[str, Any], lang: str) -> Content:
        """Read a result for one language."""
        published = {name: Publishable.from_json(value) for name, value in result["published"].items()}
        other = published.get("clustered", published["effect"]).tables["tidy"]["std_error"]
        labels = dataclasses.replace(labels_of(result, lang), std_error=float(other.iloc[0]))
        return cls(result, published, labels, lang)

    @property
    def estimates(self) -> list[Publishable]:
        """The result that leads, and the one by clustered errors for comparison where it is another."""
        lead, other = self.published["effect"], self.published.get("clustered")
        same = other is None or other.numbers["inference"] == lead.numbers["inference"]
        return [lead] if same or other is None else [lead, other]


def labels_of(result: Mapping[str, Any], lang: str) -> Labels:
    """Return what the specification and the catalogue call things."""
    spec = result["spec"]
    unit = spec.get("outcome_unit")
    columns = {
        name: column["meaning"][lang] + (f" ({column['unit'][lang]})" if column.get("unit") else "")
        for name, column in (result.get("columns") or {}).items()
    }
    return Labels(
        outcome=spec["outcome_label"][lang],
        outcome_unit=unit[lang] if unit else "",
        unit=spec["unit_label"][lang],
        synthetic=bool(spec.get("synthetic")),
        columns=columns,
        events=tuple((event["quarter"], event["label"][lang]) for event in spec.get("events") or ()),
    )


def caption(content: Content, name: str) -> str:
    """Return a caption that says where data are synthetic."""
    return report.caption(content.lang, f"caption-{name}", content.published["effect"], content.labels)


def above(content: Content) -> set[str]:
    """Return the warnings that stand at the head of the page already."""
    said = {line for one in content.estimates for line in report.warnings(one, content.lang)}
    return said | {say(content.lang, "note-synthetic_data")}
