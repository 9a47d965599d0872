"""Specification of a process evaluation: which programme, which records, which rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evaluation.run.programme.model import Key
from evaluation.run.question import Question

ESF = "data/reference/esf_indicators.csv"
MUNICIPALITIES = "data/reference/mpsv_municipalities.csv"
DISTRICTS = "data/reference/prague_districts.csv"
Table = Literal[
    "memoranda", "tool_starts", "reports", "staff_posts", "strategy_documents", "tool_results",
    "tool_assessments", "training", "enquiries", "concepts", "milestone_actuals",
]  # fmt: skip


class ProcessQuestion(Question):
    """One question about a programme that its records answer."""

    kind: Literal["process"] = "process"
    programme: Key
    tables: dict[Table, str] = Field(min_length=1)
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
        """Programme, forecast and the time for an answer."""
        return {"programme": self.programme, "forecast": self.forecast, "answer_days": self.answer_days}
