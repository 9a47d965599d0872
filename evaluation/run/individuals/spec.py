"""Specification of an evaluation of people in housing need: their log of cases, and the lottery."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from evaluation.run.model import Model, Words
from evaluation.run.question import Question


class Lottery(Model):
    """Who was drawn: columns of the table of households, and the two values of the assignment."""

    assigned: str
    day: str
    treated: str
    comparison: str
    strata: str | None = None


class IndividualsQuestion(Question):
    """One question about people that a log of cases answers."""

    kind: Literal["individuals"] = "individuals"
    outcome_label: Words
    log: str
    households: str
    lottery: Lottery
    horizon_months: int = Field(24, ge=1)
    months: tuple[int, ...] = (6, 12, 24)
    states_at: tuple[str, ...] = Field((), description="months such as 2020-12, in order")
    tool_produced: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.states_at) != sorted(set(self.states_at)) or list(self.months) != sorted(
            set(self.months)
        ):
            raise ValueError("months in order, each once")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The log and the table of households."""
        return (self.log, self.households)

    def settings(self) -> dict[str, object]:
        """Horizon, months and the lottery."""
        lottery = {f"lottery.{key}": value for key, value in self.lottery.model_dump().items()}
        return {"horizon_months": self.horizon_months, "months": list(self.months), **lottery}
