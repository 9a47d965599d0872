"""`StaffStudy`: surveyed staff at a quarter, one line per part of the report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from evaluation import staff
from evaluation.checks import raw_trends
from evaluation.design import Note, StudyDesign
from evaluation.disclosure import Cells
from evaluation.errors import DataError, DesignError, EvaluationError
from evaluation.estimate import CheckResult, Estimate, Result
from evaluation.estimators import att_gt, twfe
from evaluation.inference import clustered
from evaluation.recommend import infer
from evaluation.run.catalogue import Dataset, read_catalogue
from evaluation.run.datafile import load
from evaluation.run.project import Project
from evaluation.run.staff.spec import StaffQuestion
from evaluation.staff import Waves

GROUPS = ("pilot", "other")


@dataclass(frozen=True)
class StaffStudy:
    """Surveyed staff at one quarter.

    Attributes
    ----------
    question : StaffQuestion
    dataset : Dataset
        The survey.
    quarter : str
        Data cut-off: later waves are not known yet.
    project : Project
    """

    question: StaffQuestion
    dataset: Dataset
    quarter: str
    project: Project

    @cached_property
    def loaded(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        """The survey, checked against the catalogue, and where it comes from."""
        return load(self.project, self.question.waves, self.dataset, self.quarter)

    @cached_property
    def waves(self) -> Waves:
        """The linked answers of all waves up to the cut-off, with the group of each person's district."""
        columns, (frame, origin) = self.question.columns, self.loaded
        known = frame[frame[columns.wave].astype(str) <= self.quarter]
        grouped = known.assign(group=known[columns.cohort].notna().map({True: GROUPS[0], False: GROUPS[1]}))
        synthetic = (
            (Note("synthetic_data", {"dataset": self.question.waves}),) if self.dataset.synthetic else ()
        )
        try:
            return Waves.from_frame(
                grouped,
                items=self.question.items,
                person=columns.person,
                wave=columns.wave,
                office=columns.office,
                district=columns.district,
                low=self.question.low,
                high=self.question.high,
                notes=synthetic,
            )
        except (DataError, DesignError) as error:
            raise _located(error, str(origin["file"])) from error

    @cached_property
    def design(self) -> StudyDesign:
        """Persons by waves, clustered by district; those in one wave only say nothing about change."""
        return staff.design(
            self.waves, cohort=self.question.columns.cohort, least=self.question.least_answered
        )

    @cached_property
    def estimate(self) -> Estimate:
        """Difference in differences with effects of persons and waves."""
        return twfe(self.design)

    def effect(self) -> Result:
        """Infer the effect by the rule of the size study, which few pilots send to randomisation."""
        return infer(self.estimate, draws=self.question.draws, seed=self.project.settings.seed)

    def others(self) -> dict[str, Result]:
        """Return the same estimate with clustered errors, to compare, where the rule chose another way."""
        return {"clustered": self.estimate.infer(clustered, correction="CR3")}

    def by_wave(self) -> Result:
        """Estimate the effect in each wave after the start, each by its own comparison."""
        return infer(att_gt(self.design), draws=self.question.draws, seed=self.project.settings.seed)

    def trends(self) -> CheckResult:
        """Mean score of pilot and other districts in each wave."""
        return raw_trends(self.design)

    def response(self) -> Cells:
        """Count who was asked, who answered, and who of them was there from the first wave."""
        counts = ("asked", "answered", "from_first", "new")
        table = staff.response(self.waves, by="group")
        return Cells(table, keys=("wave", "group"), counts=counts, depends={"share": "answered"})

    def attrition(self) -> CheckResult | None:
        """Compare who was lost after the first wave, between the groups; None after one wave."""
        if len(self.waves.waves) < 2:
            return None
        return staff.attrition(self.waves, by="group", treated=GROUPS[0], seed=self.project.settings.seed)

    def reliability(self) -> CheckResult:
        """How reliable the scale is in each wave."""
        return staff.reliability(self.waves, seed=self.project.settings.seed)

    def paired(self) -> CheckResult:
        """Mean change within persons from the first to the last wave."""
        return staff.paired_change(self.waves, self.waves.waves[0], self.waves.waves[-1])


def _located(error: EvaluationError, file: str) -> EvaluationError:
    """Return the same error with the file in which it was found."""
    return type(error)(error.code, where=error.where or file, example=error.example, **error.values)


def make_study(question: StaffQuestion, quarter: str, project: Project) -> StaffStudy:
    """Make a study of a parsed specification.

    Raises
    ------
    SpecError
        If the data set is not in the catalogue.
    """
    dataset = read_catalogue(project).dataset(question.waves, where=question.id)
    return StaffStudy(question, dataset, project.require_quarter(quarter), project)


def check(question: StaffQuestion, quarter: str, project: Project, file: str) -> list[dict[str, Any]]:
    """Check the survey against the catalogue, the linkage of persons, and that groups can be compared.

    Raises
    ------
    EvaluationError
    """
    del file
    study = make_study(question, quarter, project)
    study.trends()
    return [study.loaded[1]]
