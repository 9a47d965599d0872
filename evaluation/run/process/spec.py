"""Specification of a process evaluation: which programme, which records, which rules."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field

from evaluation.run.model import Model
from evaluation.run.programme.model import Key
from evaluation.run.question import Question

ESF = "data/reference/esf_indicators.csv"
MUNICIPALITIES = "data/reference/mpsv_municipalities.csv"
DISTRICTS = "data/reference/prague_districts.csv"
Table = Literal[
    "memoranda", "tool_starts", "reports", "staff_posts", "strategy_documents", "tool_results",
    "tool_assessments", "training", "enquiries", "concepts", "milestone_actuals",
]  # fmt: skip


class CriterionSpec(Model):
    """One criterion of a verdict: an indicator of the tools and the value that it must reach."""

    indicator: Literal["reach", "outcome", "fidelity", "acceptability", "appropriateness", "feasibility"]
    at_least: float
    required: bool = True


class RuleSpec(Model):
    """The rule of verdicts, and the day on which it was written: before the data that it judges."""

    key: Key
    decided: datetime.date
    criteria: tuple[CriterionSpec, ...] = Field(min_length=1)
    least_n: int = Field(ge=1)
    least_months: int = Field(ge=0)
    partial_share: float = Field(0.5, gt=0, le=1)


class ProcessQuestion(Question):
    """One question about a programme that its records answer."""

    kind: Literal["process"] = "process"
    programme: Key
    tables: dict[Table, str] = Field(min_length=1)
    rule: RuleSpec | None = None
    forecast: Key | None = None
    answer_days: int = Field(5, ge=1)

    @property
    def sources(self) -> tuple[str, ...]:
        """Every data set that a table of records is read from."""
        return tuple(self.tables.values())

    @property
    def files(self) -> tuple[str, ...]:
        """The file of the programme and the reference tables."""
        return (f"analyses/programmes/{self.programme}.yml", ESF, MUNICIPALITIES, DISTRICTS)

    def settings(self) -> dict[str, object]:
        """Programme, forecast and the rule of verdicts."""
        rule = self.rule.model_dump(mode="json", exclude={"criteria"}) if self.rule else {}
        criteria = {
            f"rule.{one.indicator}": one.at_least for one in (self.rule.criteria if self.rule else ())
        }
        flat = {"programme": self.programme, "forecast": self.forecast, "answer_days": self.answer_days}
        return {**flat, **{f"rule.{key}": value for key, value in rule.items()}, **criteria}
