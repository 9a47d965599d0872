"""An analysis of impact as its page sees it: the leading result, and what the head says already."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.report import say
from evaluation.run import content


@dataclass(frozen=True, eq=False)
class Content(content.Content):
    """An analysis of impact as its page sees it."""

    @classmethod
    def of(cls, result: Mapping[str, Any], lang: str) -> Self:
        """Read a result for one language."""
        bare = super().of(result, lang)
        other = bare.published.get("clustered", bare.lead).tables["tidy"]["std_error"]
        return dataclasses.replace(
            bare, labels=dataclasses.replace(bare.labels, std_error=float(other.iloc[0]))
        )

    @property
    def lead(self) -> Publishable:
        """The effect."""
        return self.published["effect"]

    @property
    def estimates(self) -> list[Publishable]:
        """The result that leads, and the one by clustered errors for comparison where it is another."""
        other = self.published.get("clustered")
        same = other is None or other.numbers["inference"] == self.lead.numbers["inference"]
        return [self.lead] if same or other is None else [self.lead, other]


def above(content: Content) -> set[str]:
    """Return the warnings that stand at the head of the page already."""
    said = {line for one in content.estimates for line in report.warnings(one, content.lang)}
    return said | {say(content.lang, "note-synthetic_data")}
