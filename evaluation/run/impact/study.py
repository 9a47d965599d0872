"""`Study`: an analysis as a notebook uses it, one line per step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

import evaluation.estimators  # noqa: F401 -- registers them
from evaluation import inference
from evaluation.aggregate import aggregate
from evaluation.checks import CheckResult, pretrends, raw_trends, selection_rule
from evaluation.design import Note, StudyDesign
from evaluation.disclosure import Cells
from evaluation.errors import DataError, EvaluationError, did_you_mean, listed
from evaluation.estimate import Estimate, Result, registry
from evaluation.inference import clustered, multiplier_bootstrap
from evaluation.recommend import infer
from evaluation.run.catalogue import Dataset, DeriveStart, read_catalogue
from evaluation.run.datafile import load
from evaluation.run.impact.calibration import calibrated
from evaluation.run.impact.context import timeline, with_context
from evaluation.run.impact.examine import examined
from evaluation.run.impact.inferences import Auto
from evaluation.run.impact.options import check_estimator
from evaluation.run.impact.spec import Analysis, Condition, Estimator, Rule
from evaluation.run.kinds import DefectsError
from evaluation.run.project import Project


@dataclass(frozen=True)
class Study:
    """One analysis of one quarter.

    Attributes
    ----------
    analysis : Analysis
    dataset : Dataset
        Its entry in the catalogue.
    quarter : str
        Data cut-off.
    project : Project
    """

    analysis: Analysis
    dataset: Dataset
    quarter: str
    project: Project

    @cached_property
    def loaded(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Data up to the quarter, checked against the catalogue, and where they come from."""
        return load(self.project, self.analysis.data, self.dataset, self.quarter)

    @property
    def frame(self) -> pd.DataFrame:
        """Data up to the quarter."""
        return sampled(self.loaded[0], self.analysis.sample)

    def design(self) -> StudyDesign:
        """Make the design that the specification describes.

        Raises
        ------
        DataError, DesignError
            Naming the file of the data.
        """
        return self._design(self.frame)

    def _design(self, frame: pd.DataFrame) -> StudyDesign:
        columns = self.analysis.design.model_dump()
        try:
            design = StudyDesign.from_frame(frame, **columns, notes=self._notes())
        except EvaluationError as error:
            example = _with_file_rows(error.example, frame.attrs["lines"])
            where = str(self.loaded[1]["file"])
            raise type(error)(error.code, where=where, example=example, **error.values) from None
        return with_context(design, self.analysis)

    def _notes(self) -> tuple[Note, ...]:
        outcome = self.analysis.design.outcome
        rule = self.dataset.columns.get(outcome)
        synthetic = (
            (Note("synthetic_data", {"dataset": self.analysis.data}),) if self.dataset.synthetic else ()
        )
        tool = (Note("outcome_from_tool", {"column": outcome}),) if rule and rule.outcome_from_tool else ()
        return synthetic + tool + self._reconstructed()

    def _reconstructed(self) -> tuple[Note, ...]:
        """Say so where a rank decides who counts as treated: that is a reconstruction, not a list."""
        steps = [step for step in self.dataset.derive if isinstance(step, DeriveStart) and step.highest]
        mine = [step for step in steps if step.column == self.analysis.design.cohort]
        return tuple(Note("treated_reconstructed", {"units": int(step.highest or 0)}) for step in mine)

    def facts(self, design: StudyDesign) -> CheckResult:
        """Describe the design in numbers: what is compared with what.

        Returns
        -------
        CheckResult
            Name "design"; one row per cohort: first treated period, units, clusters.
        """
        numbers: dict[str, float | int | str | bool | tuple[str, ...]] = {
            "n_units": design.n_units,
            "n_periods": design.n_periods,
            "n_obs": design.n_obs,
            "n_treated": int(design.treated_units.sum()),
            "n_clusters": design.cluster.n_groups,
            "n_treated_clusters": design.n_treated_clusters,
            "cluster": design.cluster.name,
            "assignment_unit": design.assignment.unit.name,
            "n_admissible": int(design.assignment.admissible.sum()),
            "first_period": str(design.periods[0]),
            "last_period": str(design.periods[-1]),
            "balanced": design.is_balanced,
            "anticipation": design.anticipation,
            "estimator": self.analysis.estimator.name,
        }
        return CheckResult("design", None, _cohorts(design), numbers, design.notes)

    def timeline(self, design: StudyDesign) -> CheckResult | None:
        """Lay the roll-out beside the programme and the shocks, where the specification declares them."""
        return timeline(design, self.analysis)

    def trends(self, design: StudyDesign) -> CheckResult:
        """Means of treated and comparison units per period."""
        return raw_trends(design)

    def estimate(self, design: StudyDesign) -> Estimate:
        """Apply the estimator of the specification with its options; effects by cohort are averaged."""
        return _averaged(self.analysis.estimator, design, "simple")

    def infer(self, effect: Estimate) -> Result:
        """Apply the inference of the specification; ``auto`` leaves the choice to the size study."""
        chosen = self.analysis.inference
        options = chosen.model_dump(exclude={"method"})
        if "seed" in options:
            options["seed"] = self.seed
        if isinstance(chosen, Auto):
            return infer(effect, **options)
        return effect.infer(getattr(inference, chosen.method), **options)

    @property
    def seed(self) -> int:
        """Seed of every draw: that of the specification, else that of the project."""
        own = self.analysis.own_seed
        return self.project.settings.seed if own is None else own

    def clustered(self, effect: Estimate) -> Result | None:
        """Clustered inference for comparison; None where there are too few clusters for it."""
        if effect.design.cluster.n_groups < 2:
            return None
        return effect.infer(clustered, conf_level=self.analysis.inference.conf_level)

    def calibration(self, design: StudyDesign) -> CheckResult | None:
        """Measure how often each inference rejects a true null on these data before the start.

        None where the specification says that it is off; an empty table, with the reason in a note, where no
        pilots can be pretended in the data.
        """
        return calibrated(self.analysis.calibration, design, self.estimate, seed=self.seed)

    @cached_property
    def _path(self) -> Estimate | None:
        asked = self.analysis.path
        if asked is None:
            return None
        design = self._design(sampled(self.loaded[0], asked.sample or self.analysis.sample))
        return _averaged(asked.estimator, design, "event_time")

    def path(self) -> Result | None:
        """Effects by distance from the start, where the specification asks for them.

        Regressions have clustered standard errors; effects with influence values only have those of the
        multiplier bootstrap and a band that holds for all distances at once.
        """
        effects = self._path
        if effects is None:
            return None
        level = self.analysis.inference.conf_level
        if effects.moments is None:
            return effects.infer(multiplier_bootstrap, seed=self.seed, conf_level=level)
        return effects.infer(clustered, conf_level=level)

    def checks(self, effect: Estimate) -> dict[str, CheckResult]:
        """Return what puts the estimate to the test, by name, as far as the specification asks for it.

        ``pretrends`` with a path: the joint test of the effects before the start. ``rule`` where the treated
        were the highest: the rule of selection in all periods. Then each of `checks`; ``bacon`` brings the
        ``twfe_weights`` along.

        Raises
        ------
        DesignError
            Naming the check that the design or the estimate does not allow.
        """
        found = {} if self._path is None else {"pretrends": pretrends(self._path)}
        if self.analysis.rule is not None:
            found["rule"] = self._rule(self.analysis.rule)
        return found | examined(self.analysis, effect, self._path)

    def _rule(self, asked: Rule) -> CheckResult:
        family = self.analysis.estimator.options.get("family", "gaussian")
        return selection_rule(
            self._design(self.loaded[0]),
            treated=asked.treated,
            comparison=asked.comparison,
            family=family,
            conf_level=self.analysis.inference.conf_level,
        )

    def cells(self) -> Cells | None:
        """Return the table of counts of the last quarter that the specification asks for, if it does."""
        asked = self.analysis.cells
        if asked is None:
            return None
        time = self.analysis.design.time
        last = self.frame[self.frame[time] == self.frame[time].max()]
        columns = [*asked.keys, *asked.counts, *asked.depends]
        table = last[list(dict.fromkeys(columns))].reset_index(drop=True)
        return Cells(table, keys=asked.keys, counts=asked.counts, depends=asked.depends)


def make_study(question: Analysis, quarter: str, project: Project) -> Study:
    """Make a study of a parsed specification."""
    dataset = read_catalogue(project).dataset(question.data, where=question.id)
    return Study(question, dataset, project.require_quarter(quarter), project)


def check(question: Analysis, quarter: str, project: Project, file: str) -> list[dict[str, Any]]:
    """Check options, data contract and design; return where the data come from.

    Raises
    ------
    DefectsError
        With everything that is wrong with the estimator and its options.
    EvaluationError
        If the data or the design are wrong.
    """
    if defects := check_estimator(question, file):
        raise DefectsError(defects)
    study = make_study(question, quarter, project)
    study.design()
    return [study.loaded[1]]


def _averaged(chosen: Estimator, design: StudyDesign, by: Literal["simple", "event_time"]) -> Estimate:
    """Apply an estimator, and average its effects where there is one per cohort and period."""
    effects = registry()[chosen.name].function(design, **chosen.options)
    term = effects.terms[0]
    return aggregate(effects, by=by) if term.cohort is not None and term.event_time is not None else effects


def sampled(frame: pd.DataFrame, conditions: tuple[Condition, ...]) -> pd.DataFrame:
    """Return the rows that meet all conditions; ``attrs["lines"]`` stays with them.

    Raises
    ------
    DataError
        If a column is missing, or no row is left.
    """
    keep = pd.Series(True, index=frame.index)
    for one in conditions:
        if one.column not in frame:
            raise DataError(
                "missing-column",
                column=one.column,
                role="sample",
                available=listed(frame.columns),
                suggestion=did_you_mean(one.column, frame.columns),
            )
        if one.at_least is not None:
            keep &= frame[one.column] >= one.at_least
        if one.at_most is not None:
            keep &= frame[one.column] <= one.at_most
    if not keep.any():
        raise DataError("no-rows")
    chosen = frame[keep].reset_index(drop=True)
    lines = frame.attrs["lines"]
    chosen.attrs["lines"] = tuple(lines[i] for i in frame.index[keep])
    return chosen


def _with_file_rows(example: str, lines: tuple[int, ...]) -> str:
    """Replace the row of the table, which an error names, by the row of the file."""

    def of_file(match: re.Match[str]) -> str:
        row = int(match[1])
        return f"row {lines[row - 1]}" if 0 < row <= len(lines) else match[0]

    return re.sub(r"\brow (\d+)", of_file, example)


def _cohorts(design: StudyDesign) -> pd.DataFrame:
    if design.cohort is None:
        return pd.DataFrame({"cohort": [], "n_units": [], "n_clusters": []})
    rows: list[dict[str, Any]] = []
    for start in sorted(set(design.cohort.tolist())):
        units = design.cohort == start
        label = None if start == float("inf") else str(design.period_of(start))
        clusters = len(set(design.cluster.codes[units].tolist()))
        rows.append({"cohort": label, "n_units": int(units.sum()), "n_clusters": clusters})
    return pd.DataFrame(rows)
