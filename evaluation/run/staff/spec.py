"""Specification of an evaluation of staff by survey waves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evaluation.run.model import Model, Words
from evaluation.run.question import Question


class SurveyColumns(Model):
    """Which columns of the survey hold what; `cohort` is the quarter in which the district's pilot began."""

    person: str = "person"
    wave: str = "wave"
    office: str = "office"
    district: str = "district"
    cohort: str = "pilot_start"


class StaffQuestion(Question):
    """One question about staff that waves of a survey answer."""

    kind: Literal["staff"] = "staff"
    outcome_label: Words
    outcome_unit: Words
    unit_label: Words
    waves: str
    columns: SurveyColumns = SurveyColumns()
    items: tuple[str, ...] = Field(min_length=3, description="items of one scale, all in one direction")
    low: int = 1
    high: int = 5
    least_answered: float = Field(0.75, gt=0, le=1)
    draws: int = Field(9999, ge=99)

    @property
    def sources(self) -> tuple[str, ...]:
        """The one data set."""
        return (self.waves,)

    def settings(self) -> dict[str, object]:
        """Columns, items and the rule for missing ones."""
        columns = {f"columns.{key}": value for key, value in self.columns.model_dump().items()}
        scale = {"items": list(self.items), "low": self.low, "high": self.high}
        return {**columns, **scale, "least_answered": self.least_answered, "draws": self.draws}
