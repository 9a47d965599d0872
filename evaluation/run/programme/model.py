"""What a programme file holds: typed, frozen, and strict about its keys."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from evaluation.run.model import Model, Quarter, Words

Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
Row = Annotated[str, Field(pattern=r"^[A-Z][0-9]+$")]
Concerned = Literal[
    "target_group", "district_staff", "city_staff", "organisations", "municipalities", "staff", "public"
]
Operator = Literal["at_least", "more_than", "at_most", "equal_to", "by_date"]


class Source(Model):
    """Where a fact stands; `checked` is false where nobody has seen it there."""

    title: Words
    address: str | None = Field(None, pattern=r"^https?://")
    checked: bool


class Target(Model):
    """What a promise asks for, exactly: a value, or for `by_date` the day `due`.

    `origin` says who set it: the document in numbers, the document in words that were made exact here, or
    good practice that the document does not name.
    """

    operator: Operator
    value: float | None = None
    due: datetime.date | None = None
    rule: Words
    origin: Literal["document", "made_exact", "practice"] = "document"
    needs: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.operator == "by_date" and (self.due is None or self.value is not None):
            raise ValueError("a day under the key due and no value, where the operator is by_date")
        if self.operator != "by_date" and self.value is None:
            raise ValueError("a number under the key value, where the operator is not by_date")
        return self


class Measure(Model):
    """How an operational table gives an indicator: which rows count, and which of them succeed.

    ``date`` is the column that says when a row happened: rows after the data cut-off do not count. ``where``
    selects the rows, ``success`` those of the numerator: a column that must be filled in, or have a value.
    ``distinct`` counts the values of a column instead of rows, ``total`` adds a column up, ``of`` is a fixed
    denominator, such as the 57 districts. ``sample`` says that other rows could have come as well, so that an
    interval is meant; a complete count has none.
    """

    table: Key
    date: str | None = None
    where: dict[str, str | None] = Field(default_factory=dict)
    success: dict[str, str | None] = Field(default_factory=dict)
    distinct: str | None = None
    total: str | None = None
    of: int | None = Field(None, ge=1)
    sample: bool = False


class Known(Model):
    """A value that is public, with the source that names it; `date` is empty where that is not public."""

    value: float
    date: datetime.date | None = None
    source: Key


class Indicator(Model):
    """What is measured: numerator, denominator, unit, and where the number comes from.

    Without a `measure` and without `known` values the report says "no data yet". `source_checked` is false
    where the definition was remembered and not seen in a source.
    """

    id: Key
    name: Words
    type: Literal["count", "share", "rate", "sum", "days", "date", "stage", "score", "index"]
    numerator: Words
    denominator: Words | None = None
    unit: Words
    source: Words
    frequency: Literal["quarterly", "twice_a_year", "annual", "once"]
    cumulative: bool = False
    target: Target | None = None
    disaggregation: tuple[Key, ...] = ()
    esf: str | None = Field(None, pattern=r"^\d \d\d \d\d$")
    source_checked: bool = True
    measure: Measure | None = None
    known: tuple[Known, ...] = ()

    @model_validator(mode="after")
    def _has_its_denominator(self) -> Self:
        if self.type in {"share", "rate"} and self.denominator is None:
            raise ValueError("share or rate only with the key denominator")
        return self


class Commitment(Model):
    """One row of what a document promises: its own words, and the indicators that show whether it is kept.

    `quotes` are exact pieces of the document in its order; where there are several, words between them are
    left out.
    """

    id: Row
    quotes: tuple[str, ...] = Field(min_length=1)
    english: str
    kind: Literal["process", "impact", "both", "fact"]
    concerns: tuple[Concerned, ...] = ()
    design: Words | None = None
    caveat: Words | None = None
    indicators: tuple[Indicator, ...] = ()

    @property
    def quote(self) -> str:
        """The sentence of the document, with an ellipsis where words are left out."""
        return " … ".join(self.quotes)


class Node(Model):
    """A box of the theory of change, and the promises that it stands for."""

    id: Key
    level: Literal["input", "activity", "output", "outcome", "impact"]
    label: Words
    commitments: tuple[Row, ...] = ()


class Arrow(Model):
    """From one box to the next, with the assumption it rests on."""

    source: Key = Field(alias="from")
    target: Key = Field(alias="to")
    assumption: Words | None = None


class Theory(Model):
    """The theory of change."""

    nodes: tuple[Node, ...] = Field(min_length=2)
    arrows: tuple[Arrow, ...] = Field(min_length=1)


class Question(Model):
    """An evaluation question, the indicators that answer it, and the analyses of its effect."""

    id: Key
    text: Words
    kind: Literal["process", "impact"]
    indicators: tuple[Key, ...] = Field(min_length=1)
    design: Words
    analyses: tuple[str, ...] = ()


class Activity(Model):
    """A key activity, and the promises that belong to it."""

    id: Key
    name: Words
    commitments: tuple[Row, ...] = ()


class Tool(Model):
    """One of the tested tools; without a public name it is a place kept free, and not verified.

    `continues` says what is known of the tool after the grant.
    """

    id: Key
    name: Words | None = None
    verified: bool
    source: Key | None = None
    continues: Literal["regular_budget", "follow_up_project", "no_evidence", "unknown"] = "unknown"
    continues_source: Key | None = None

    @model_validator(mode="after")
    def _names_are_found_not_invented(self) -> Self:
        if self.verified != (self.name is not None and self.source is not None):
            raise ValueError("true with the keys name and source, false without both")
        return self


class VerdictCriterion(Model):
    """One criterion of a verdict: an indicator of the tools and the value that it must reach."""

    indicator: Literal[
        "reach", "outcome", "fidelity", "acceptability", "appropriateness", "feasibility", "adoption",
        "sustainment",
    ]  # fmt: skip
    at_least: float
    required: bool = False


class VerdictRule(Model):
    """The rule of verdicts, and the day on which it was written: before the data that it judges."""

    key: Key
    decided: datetime.date
    criteria: tuple[VerdictCriterion, ...] = Field(min_length=1)
    partial_share: float = Field(0.5, gt=0, le=1)
    least_cases: int = Field(20, ge=1)
    least_months: int = Field(12, ge=0)


class Organisation(Model):
    """Who takes part."""

    id: Key
    name: Words
    part: Literal["implementer", "partner", "funder", "recipient"]


class Role(Model):
    """Who does what: a group of people, never a person."""

    id: Key
    name: Words
    organisation: Key
    commitments: tuple[Row, ...] = ()


class Revision(Model):
    """A later version of a planned date; `decided` is empty where the day of the decision is not public."""

    date: datetime.date
    decided: datetime.date | None = None
    source: Key


class Milestone(Model):
    """A date that was promised: first plan, later plans, and what happened. Empty is not known."""

    id: Key
    name: Words
    plan: datetime.date | None = None
    plan_source: Key | None = None
    revised: tuple[Revision, ...] = ()
    actual: datetime.date | None = None
    actual_source: Key | None = None
    commitments: tuple[Row, ...] = ()

    @model_validator(mode="after")
    def _dates_have_sources(self) -> Self:
        pairs = ((self.plan, self.plan_source), (self.actual, self.actual_source))
        if any((date is None) != (source is None) for date, source in pairs):
            raise ValueError("a date together with its source")
        return self


class Event(Model):
    """What happened around the programme."""

    id: Key
    name: Words
    first: Quarter
    last: Quarter | None = None
    contaminates: bool = False
    source: Key


class Duration(Model):
    """First and last day, as now in force."""

    first: datetime.date
    last: datetime.date


class Programme(Model):
    """A programme as its documents describe it."""

    schema_version: Literal[1]
    id: Key
    name: Words
    registration: str
    duration: Duration
    sources: dict[Key, Source]
    theory: Theory
    questions: tuple[Question, ...] = Field(min_length=1)
    activities: tuple[Activity, ...] = Field(min_length=1)
    tools: tuple[Tool, ...] = ()
    verdict_rule: VerdictRule | None = None
    organisations: tuple[Organisation, ...] = Field(min_length=1)
    roles: tuple[Role, ...] = Field(min_length=1)
    milestones: tuple[Milestone, ...] = Field(min_length=1)
    events: tuple[Event, ...] = ()
    commitments: tuple[Commitment, ...] = Field(min_length=1)

    @property
    def indicators(self) -> dict[str, Indicator]:
        """All indicators by id."""
        return {one.id: one for row in self.commitments for one in row.indicators}
