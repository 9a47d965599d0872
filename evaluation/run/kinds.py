"""The kinds of questions: each is a folder of its own with specification, study and page.

A new kind is one folder and one line here. ``evaluation/run/<kind>/`` holds ``spec`` (the model of its
files), ``study`` (`Studies`: what its notebook opens) and ``page`` (`Pages`: what the report shows of it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from evaluation.errors import EvaluationError, SpecError, did_you_mean, listed
from evaluation.run.impact.spec import Analysis
from evaluation.run.individuals.spec import IndividualsQuestion
from evaluation.run.process.spec import ProcessQuestion
from evaluation.run.quality.spec import QualityQuestion
from evaluation.run.question import Question
from evaluation.run.staff.spec import StaffQuestion

if TYPE_CHECKING:
    from evaluation.run.project import Project

DEFAULT = "impact"
"""The kind of files, and of results of earlier versions, that name none."""
MODELS: Mapping[str, type[Question]] = {
    "impact": Analysis,
    "process": ProcessQuestion,
    "individuals": IndividualsQuestion,
    "staff": StaffQuestion,
    "quality": QualityQuestion,
}
"""Kind -> model of its specification."""


class DefectsError(Exception):
    """Everything that is wrong with one question."""

    def __init__(self, defects: Sequence[EvaluationError]) -> None:
        super().__init__()
        self.defects = tuple(defects)


@dataclass(frozen=True)
class Finding:
    """What the cover says of a question: the finding, and lines on how strong its evidence is."""

    said: str
    evidence: tuple[str, ...] = ()


class Studies(Protocol):
    """Module ``study`` of a kind."""

    def make_study(self, question: Any, quarter: str, project: Project) -> Any:
        """Return what a notebook uses, one line per step."""

    def check(self, question: Any, quarter: str, project: Project, file: str) -> list[dict[str, Any]]:
        """Check everything before estimation; return the provenance of each source.

        Raises
        ------
        DefectsError, EvaluationError
        """


class Pages(Protocol):
    """Module ``page`` of a kind."""

    def files(self, result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
        """Return the fragments of the page by name."""

    def sections(self, result: Mapping[str, Any]) -> dict[str, bool]:
        """Return which optional sections have something to show."""

    def finding(self, result: Mapping[str, Any], lang: str) -> Finding:
        """Return what the cover says."""


def model_of(kind: str, *, where: str) -> type[Question]:
    """Return the model of a kind.

    Raises
    ------
    SpecError
        If there is no such kind.
    """
    if kind not in MODELS:
        expected = f"one of: {listed(MODELS)}. {did_you_mean(kind, MODELS)}".strip()
        raise SpecError("bad-value", where=where, key="kind", value=kind, expected=expected)
    return MODELS[kind]


def studies(kind: str) -> Studies:
    """Return the module that makes studies of a kind; imported only when it is needed."""
    return cast("Studies", import_module(study_module(kind)))


def study_module(kind: str) -> str:
    """Return the name of that module."""
    return f"evaluation.run.{kind}.study"


def pages(kind: str) -> Pages:
    """Return the module that makes pages of a kind."""
    return cast("Pages", import_module(f"evaluation.run.{kind}.page"))
