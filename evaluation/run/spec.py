"""Analyses as data: one YAML file per question, typed and frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evaluation.errors import EvaluationError, SpecError
from evaluation.run import yamlfile
from evaluation.run.model import Model, Quarter, Words, validate
from evaluation.run.project import Project

FOLDER = "analyses"
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
ConfLevel = Annotated[float, Field(gt=0, lt=1)]
Draws = Annotated[int, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]
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


class Auto(Model):
    """The rule of the size study chooses (see `evaluation.infer`)."""

    method: Literal["auto"] = "auto"
    draws: Draws = 9999
    seed: Seed | None = None
    conf_level: ConfLevel = 0.95


class Clustered(Model):
    """Clustered standard errors."""

    method: Literal["clustered"]
    correction: Literal["CR1", "CR0"] = "CR1"
    count_effects: Literal["nonnested", "all", "none"] = "nonnested"
    conf_level: ConfLevel = 0.95


class Randomisation(Model):
    """Randomisation inference over the other assignments that the rule admits."""

    method: Literal["randomisation"]
    statistic: Literal["estimate", "t"] = "estimate"
    draws: Draws = 9999
    seed: Seed | None = None
    max_exact: Draws = 50_000
    alternative: Literal["two-sided", "greater", "less"] = "two-sided"
    conf_level: ConfLevel = 0.95


InferenceChoice = Annotated[Auto | Clustered | Randomisation, Field(discriminator="method")]


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


class Analysis(Model):
    """One evaluation question and how it is answered."""

    schema_version: Literal[1]
    id: Name
    title: Words
    question: Words
    outcome_label: Words
    outcome_unit: Words | None = None
    unit_label: Words
    data: str
    sample: tuple[Condition, ...] = ()
    design: Columns
    estimator: Estimator
    inference: InferenceChoice = Auto()
    path: EffectPath | None = None
    rule: Rule | None = None
    published: Published | None = None
    cells: Counts | None = None
    events: tuple[Event, ...] = ()
    programme: Span | None = None
    shocks: tuple[Shock, ...] = ()
    checks: tuple[CheckName, ...] = ()
    notebook: Name = "impact"
    report: Name = "impact"

    def canonical(self) -> str:
        """Return JSON with sorted keys: what is hashed, and what the notebook receives."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Hash of the canonical form: comments and the order of keys do not change it."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


@dataclass(frozen=True)
class Loaded:
    """One file of analyses/: the analysis, or what is wrong with it.

    Attributes
    ----------
    id : str
        Of the analysis, or the file's name where it cannot be read.
    file : str
    analysis : Analysis or None
    defects : tuple of EvaluationError
    """

    id: str
    file: str
    analysis: Analysis | None
    defects: tuple[EvaluationError, ...] = ()


def from_json(text: str) -> Analysis:
    """Read the canonical form.

    Raises
    ------
    SpecError
        The first defect.
    """
    analysis, defects = validate(Analysis, json.loads(text), file="spec")
    if analysis is None:
        raise defects[0]
    return analysis


def read_analyses(project: Project) -> list[Loaded]:
    """Read every file of analyses/, in the order of their names; never stops at a defect."""
    files = sorted((project.root / FOLDER).glob("*.yml"))
    loaded = [_load(path, f"{FOLDER}/{path.name}") for path in files]
    seen: dict[str, str] = {}
    result = []
    for one in loaded:
        if one.id in seen:
            error = SpecError("duplicate-id", where=f"{one.file} and {seen[one.id]}", analysis=one.id)
            one = Loaded(f"{one.id}@{one.file.split('/')[-1]}", one.file, None, (error,))  # noqa: PLW2901
        seen[one.id] = one.file
        result.append(one)
    return result


def _load(path: Path, file: str) -> Loaded:
    try:
        document = yamlfile.read(path, file)
    except SpecError as error:
        return Loaded(path.stem, file, None, (error,))
    analysis, defects = validate(Analysis, document.raw, file=file, line_of=document.line)
    named = document.raw.get("id") if isinstance(document.raw, dict) else None
    return Loaded(named if isinstance(named, str) else path.stem, file, analysis, tuple(defects))
