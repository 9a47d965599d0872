"""Questions of impact as data: design, estimator, inference, checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluation.run.impact.inferences import Auto, Draws, InferenceChoice
from evaluation.run.model import Model, Quarter, Words
from evaluation.run.question import Question

CheckName = Literal[
    "placebo_in_time",
    "placebo_in_space",
    "compare_estimators",
    "bacon",
    "leave_one_out",
    "pretrends_power",
]


class Columns(Model):
    """Which columns of the data make the design; the names are those of `StudyDesign.from_frame`."""

    outcome: str
    unit: str
    time: str
    cohort: str | None = None
    treatment: str | tuple[str, ...] | None = None
    covariates: tuple[str, ...] = ()
    weights: str | None = None
    exposure: str | None = None
    cluster: str | None = None
    strata: str | None = None
    assignment_unit: str | None = None
    admissible: str | None = None
    groups: tuple[str, ...] = ()
    anticipation: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_treatment(self) -> Columns:
        if (self.cohort is None) == (self.treatment is None):
            raise ValueError("exactly one of the keys cohort and treatment")
        return self


class Estimator(BaseModel):
    """Name of a registered estimator; all further keys are its options."""

    model_config = ConfigDict(frozen=True, extra="allow")
    name: str

    @property
    def options(self) -> Mapping[str, Any]:
        """What the estimator is called with."""
        return dict(self.__pydantic_extra__ or {})


class Calibration(Model):
    """How often each inference rejects a true null on the data before the start; `off` says why not."""

    draws: Draws | None = None
    off: Words | None = None

    @model_validator(mode="after")
    def _on_or_off(self) -> Self:
        if self.draws is not None and self.off is not None:
            raise ValueError("one of the keys draws and off")
        return self


class Counts(Model):
    """A table of counts of the last quarter to publish: small ones are hidden, and what rests on them."""

    keys: tuple[str, ...] = Field(min_length=1)
    counts: tuple[str, ...] = Field(min_length=1)
    depends: dict[str, str] = Field(default_factory=dict)


class Condition(Model):
    """Rows that an analysis uses: those in which a column lies between two values, ends included."""

    column: str
    at_least: float | str | None = None
    at_most: float | str | None = None


class EffectPath(Model):
    """Effects by distance from the start of the measure, on a sample of their own."""

    sample: tuple[Condition, ...] = ()
    estimator: Estimator


class Rule(Model):
    """The rule by which the treated were chosen, to be repeated in the periods without a programme."""

    treated: int = Field(ge=1)
    comparison: int = Field(ge=1)


class Published(Model):
    """An estimate that somebody else published of the same question: a share, -0.32 for minus 32 %."""

    change: float
    source: Words


class Event(Model):
    """A date that a reader of the figures should know."""

    quarter: Quarter
    label: Words


class Span(Model):
    """What lasted from one quarter to another, or on: a programme, and where its dates stand."""

    name: Words
    first: Quarter
    last: Quarter | None = None
    source: Words
    address: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError("a quarter that is not before the key first")
        return self


class Shock(Span):
    """What else happened, and to whom; `contaminates` where it gives others what the measure gives."""

    reaches: Literal["all", "treated", "comparison"] = "all"
    contaminates: bool = False

    @model_validator(mode="after")
    def _reaches_comparison(self) -> Self:
        if self.contaminates and self.reaches == "treated":
            raise ValueError("false where the key reaches is treated: no comparison unit is contaminated")
        return self


class Analysis(Question):
    """One question of impact and how it is answered."""

    kind: Literal["impact"] = "impact"
    outcome_label: Words
    outcome_unit: Words | None = None
    unit_label: Words
    data: str
    sample: tuple[Condition, ...] = ()
    design: Columns
    estimator: Estimator
    inference: InferenceChoice = Auto()
    calibration: Calibration = Calibration()
    path: EffectPath | None = None
    rule: Rule | None = None
    published: Published | None = None
    cells: Counts | None = None
    events: tuple[Event, ...] = ()
    programme: Span | None = None
    shocks: tuple[Shock, ...] = ()
    checks: tuple[CheckName, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The one data set."""
        return (self.data,)

    @property
    def own_seed(self) -> int | None:
        """Seed of the inference, where the specification sets one."""
        seed: int | None = getattr(self.inference, "seed", None)
        return seed

    def settings(self) -> dict[str, object]:
        """Design, estimator and inference as they were asked for."""
        spec = self.model_dump(mode="json")
        return {
            f"{part}.{key}": value
            for part in ("design", "estimator", "inference")
            for key, value in spec[part].items()
        }
