"""`ProcessStudy`: a programme at a quarter as a notebook uses it, one line per part of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from evaluation import process
from evaluation.design import Note
from evaluation.disclosure import Cells
from evaluation.errors import DataError, SpecError, did_you_mean, listed
from evaluation.estimate import CheckResult
from evaluation.run.catalogue import Dataset, read_catalogue
from evaluation.run.datafile import load
from evaluation.run.kinds import DefectsError
from evaluation.run.process import described, tools
from evaluation.run.process import records as tables
from evaluation.run.process.commitments import commitments
from evaluation.run.process.records import Records
from evaluation.run.process.spec import DISTRICTS, ProcessQuestion
from evaluation.run.programme import Programme, read_programmes
from evaluation.run.project import Project


@dataclass(frozen=True)
class ProcessStudy:
    """One programme at one quarter.

    Attributes
    ----------
    question : ProcessQuestion
    programme : Programme
    datasets : Mapping of str to Dataset
        By the names of the tables.
    quarter : str
        Data cut-off.
    project : Project
    """

    question: ProcessQuestion
    programme: Programme
    datasets: Mapping[str, Dataset]
    quarter: str
    project: Project

    @cached_property
    def loaded(self) -> dict[str, tuple[pd.DataFrame, dict[str, Any]]]:
        """Every table of records, checked against the catalogue, and where it comes from."""
        return {
            name: load(self.project, dataset, self.datasets[name], self.quarter)
            for name, dataset in self.question.tables.items()
        }

    @cached_property
    def records(self) -> Records:
        """All tables at the cut-off, with those that follow from them."""
        day = tables.cut_off_of(self.quarter)
        found = {
            name: tables.as_of(tables.begun(frame, name, day), self.datasets[name], day)
            for name, (frame, _) in self.loaded.items()
        }
        synthetic = {name for name in found if self.datasets[name].synthetic}
        made = {"municipalities": tables.municipalities(self.project)}
        if "enquiries" in found:
            found["enquiries"] = tables.with_answers(found["enquiries"], self.question.answer_days)
        if "reports" in found:
            found["reports"] = tables.with_lateness(found["reports"])
        if "tool_starts" in found:
            made["tools_in_use"] = tables.in_use(found["tool_starts"])
        milestones = self._milestones(found.get("milestone_actuals"))
        done = milestones.table.done.replace("", None)
        made["milestones"] = milestones.table.assign(actual=done)
        basis = {"tools_in_use": "tool_starts", "milestones": "milestone_actuals"}
        synthetic |= {name for name, other in basis.items() if other in synthetic}
        return self._with_verdicts(Records(found | made, frozenset(synthetic), day))

    def _with_verdicts(self, records: Records) -> Records:
        """Add the verdicts on the tools, from which the promises about them are measured."""
        found = tools.judged(self.programme, records, self._districts())
        if found is None:
            return records
        table = tools.verdict_table(found, self.programme, records.tables.get("strategy_documents"))
        marked = {"tool_verdicts"} if "tool_results" in records.synthetic else set()
        return Records(
            {**records.tables, "tool_verdicts": table}, records.synthetic | marked, records.cut_off
        )

    def _milestones(self, actuals: pd.DataFrame | None) -> CheckResult:
        return tables.milestone_table(self.programme, actuals, tables.cut_off_of(self.quarter))

    def _noted(self, found: CheckResult, *names: str) -> CheckResult:
        """Say that a check rests on synthetic records where one of its tables does."""
        if not set(names) & self.records.synthetic:
            return found
        note = Note("synthetic_data", {"dataset": self.question.id})
        return CheckResult(found.name, found.passed, found.table, found.numbers, (note, *found.notes))

    def commitments(self) -> CheckResult:
        """Every promise, its state and its evidence."""
        return commitments(self.programme, self.records, quarter=self.quarter)

    def names(self) -> CheckResult:
        """Names of tools, milestones, indicators and groups in both languages, for what shows their codes."""
        return described.names(self.programme)

    def theory(self) -> CheckResult:
        """Return the theory of change: nodes and what they lead to."""
        return described.theory(self.programme)

    def questions(self) -> CheckResult:
        """Return the evaluation questions, with the indicators and the design that answer them."""
        return described.questions(self.programme)

    def milestones(self) -> CheckResult:
        """Plan, revised plan and what happened."""
        found = self._milestones(self.records.tables.get("milestone_actuals"))
        return self._noted(found, "milestone_actuals")

    def districts(self) -> CheckResult | None:
        """State of each of the 57 districts, where there are records of the starts of tools."""
        if "tool_starts" not in self.records.tables:
            return None
        facts = pd.read_csv(self.project.root / DISTRICTS)
        starts = self.starts()
        first = dict(zip(starts.table.unit, starts.table.cohort, strict=True))
        begin = str(pd.Period(self.programme.duration.first, freq="Q"))
        signed = self.records.tables.get("memoranda")
        agreed = set() if signed is None else set(signed[signed.signed.notna()].district)
        states = [_state(first.get(name, ""), begin, name in agreed) for name in facts.name]
        table = pd.DataFrame({"district": facts.name, "state": states})
        return self._noted(CheckResult("district_map", None, table), "tool_starts", "memoranda")

    def starts(self) -> CheckResult:
        """First quarter with a tool in use of each district: the treatment dates of the impact designs."""
        found = process.treatment_dates(
            self.records.tables["tool_starts"], units=self._districts(), at=self.records.cut_off
        )
        return self._noted(found, "tool_starts")

    def _districts(self) -> list[str]:
        return [str(name) for name in pd.read_csv(self.project.root / DISTRICTS).name]

    def municipalities(self) -> CheckResult | None:
        """State of each of the 16 pilots of the ministry, where there are records of their concepts."""
        concepts = self.records.tables.get("concepts")
        if concepts is None:
            return None
        facts = self.records.tables["municipalities"]
        adopted = set(concepts[concepts.adopted.notna()].municipality)
        states = ["adopted" if name in adopted else "in_progress" for name in facts.name]
        table = pd.DataFrame({"municipality": facts.name, "population": facts.population, "state": states})
        return self._noted(CheckResult("municipality_map", None, table), "concepts")

    def adoption(self) -> dict[str, CheckResult]:
        """Tools in districts by quarter: the heat map, the curve, the dose, and what stays in use."""
        starts = self.records.tables.get("tool_starts")
        if starts is None:
            return {}
        periods = _quarters(self.programme.duration.first, self.records.cut_off)
        options: dict[str, Any] = {
            "tools": [tool.id for tool in self.programme.tools],
            "units": self._districts(),
            "periods": periods,
        }
        found = {
            "adoption": process.adoption(starts, **options),
            "adoption_curve": process.adoption_curve(starts, **options),
            "sustainment": process.sustainment(
                starts, units=options["units"], tools=options["tools"], at=self.records.cut_off
            ),
        }
        return {name: self._noted(one, "tool_starts") for name, one in found.items()}

    def reporting(self) -> dict[str, CheckResult]:
        """Who reported when, and the five rates."""
        reports = self.records.tables.get("reports")
        if reports is None:
            return {}
        periods = sorted(reports[reports.due <= self.records.cut_off.isoformat()].quarter.unique())
        options: dict[str, Any] = {
            "units": self._districts(),
            "periods": periods,
            "at": self.records.cut_off,
        }
        kept = reports[reports.quarter.isin(periods)]
        found = {
            "reporting_matrix": process.reporting_matrix(kept, **options),
            "reporting_rates": process.reporting_rates(kept, **options),
        }
        return {name: self._noted(one, "reports") for name, one in found.items()}

    def training(self) -> Cells | None:
        """Persons enrolled, who completed, who passed, by employer: counts of people, so small ones hide."""
        records = self.records.tables.get("training")
        if records is None:
            return None
        found = process.training_funnel(records, by="employer_type", at=self.records.cut_off)
        counts = ["persons_enrolled", "persons_completed", "persons_passed"]
        table = found.table[["group", *counts]].replace({"group": {"total": "*"}})
        return Cells(table, keys=("group",), counts=tuple(counts))

    def verdicts(self) -> dict[str, CheckResult]:
        """Verdict on each tool by the programme's rule, and the share of the successful in strategies."""
        judged = tools.judged(self.programme, self.records, self._districts())
        if judged is None:
            return {}
        found = {"verdicts": judged}
        documents, promised = self.records.tables.get("strategy_documents"), self._adopted_target()
        if documents is not None and promised is not None:
            counts = process.adopted_of_successful(
                judged,
                documents[documents.tool.notna()],
                at=self.records.cut_off,
                kinds=tools.kinds_needed(self.programme),
            )
            path = process.indicator_path(counts, estimand="proportion")
            last = path.table.iloc[-1]
            target = process.Target(promised, due=self.programme.duration.last)
            found["adopted_path"] = path
            found["adopted_target"] = process.target_state(
                float(last.estimate), target, at=self.records.cut_off, state=str(last.state)
            )
        return {name: self._noted(one, "tool_results", "tool_starts") for name, one in found.items()}

    def _adopted_target(self) -> float | None:
        targets = (one.target for one in self.programme.indicators.values())
        return next((one.value for one in targets if one and one.needs), None)

    def scorecards(self) -> dict[str, CheckResult]:
        """RE-AIM and Proctor's outcomes of each tool, and how usable staff find it."""
        if "tool_starts" not in self.records.tables:
            return {}
        found = tools.scorecards(self.programme, self.records, self._districts())
        answers = self.records.tables.get("tool_assessments")
        if answers is not None:
            found |= {f"usability_{name}": one for name, one in tools.usability(answers).items()}
        return {name: self._noted(one, "tool_results", "tool_assessments") for name, one in found.items()}

    def progress(self) -> dict[str, CheckResult]:
        """Persons trained by quarter, where their target stands, and when it is reached at this pace."""
        records, name = self.records.tables.get("training"), self.question.forecast
        if records is None or name is None:
            return {}
        promised = self.programme.indicators[name].target
        if promised is None or promised.value is None:
            return {}
        end = self.programme.duration.last
        periods = _quarters(records.enrolled.dropna().min(), min(self.records.cut_off, end))
        added = process.training_increments(records, periods=periods).table.new_persons
        counts = process.Counts.from_frame(
            pd.DataFrame({"unit": "all", "quarter": periods, name: added.to_numpy()}),
            numerator=name,
            unit="unit",
            time="quarter",
        )
        target = process.Target(promised.value, due=promised.due or end, start=self.programme.duration.first)
        found = {
            "indicator_path": process.indicator_path(counts, estimand="count"),
            "target": process.target_state(float(added.sum()), target, at=self.records.cut_off),
            "forecast": process.forecast(added.tolist(), periods=periods, target=promised.value),
        }
        return {key: self._noted(one, "training") for key, one in found.items()}


def make_study(question: ProcessQuestion, quarter: str, project: Project) -> ProcessStudy:
    """Make a study of a parsed specification.

    Raises
    ------
    SpecError, DefectsError
        If the programme is not there or has defects, or a data set is not in the catalogue.
    """
    catalogue = read_catalogue(project)
    datasets: dict[str, Dataset] = {
        name: catalogue.dataset(one, where=question.id) for name, one in question.tables.items()
    }
    programme = _programme(question, project)
    return ProcessStudy(question, programme, datasets, project.require_quarter(quarter), project)


def _programme(question: ProcessQuestion, project: Project) -> Programme:
    loaded = read_programmes(project)
    defects = [error for one in loaded for error in one.defects if question.programme in one.file]
    if defects:
        raise DefectsError(defects)
    found = {one.programme.id: one.programme for one in loaded if one.programme}
    if question.programme not in found:
        near = f"{listed(found)}. {did_you_mean(question.programme, found)}".strip()
        raise SpecError(
            "bad-value",
            where=question.id,
            key="programme",
            value=question.programme,
            expected=f"one of: {near}",
        )
    return found[question.programme]


def check(question: ProcessQuestion, quarter: str, project: Project, file: str) -> list[dict[str, Any]]:
    """Check the programme, the records against the catalogue, and that everything can be measured.

    Raises
    ------
    DefectsError, EvaluationError
    """
    study = make_study(question, quarter, project)
    known = study.programme.indicators
    if question.forecast is not None and question.forecast not in known:
        raise SpecError(
            "bad-value",
            where=file,
            key="forecast",
            value=question.forecast,
            expected=f"one of: {listed(known)}. {did_you_mean(question.forecast, known)}".strip(),
        )
    _refuse_unknown_tools(study)
    study.commitments()
    return [origin for _, origin in study.loaded.values()]


def _refuse_unknown_tools(study: ProcessStudy) -> None:
    known = {tool.id for tool in study.programme.tools}
    for name in ("tool_starts", "tool_results", "tool_assessments"):
        if name not in study.loaded:
            continue
        frame, origin = study.loaded[name]
        strange = frame[~frame.tool.isin(known)]
        if len(strange):
            first = strange.index[0]
            raise DataError(
                "unknown-code",
                where=str(origin["file"]),
                example=f"row {frame.attrs['lines'][first]}: {strange.tool.iloc[0]!r}",
                column="tool",
                count=len(strange),
                code_list=f"analyses/programmes/{study.programme.id}.yml",
                suggestion=did_you_mean(strange.tool.iloc[0], known),
            )


def _state(first: str, begin: str, agreed: bool) -> str:
    """Return the state of a district on the map: by its first tool, else by its memorandum."""
    if not first:
        return "planned" if agreed else "other"
    return "pilot_before" if first < begin else "pilot"


def _quarters(first: Any, last: Any) -> list[str]:
    """Return the quarters from one day to another."""
    every = pd.period_range(pd.Period(first, freq="Q"), pd.Period(last, freq="Q"), freq="Q")
    return [f"{one.year}Q{one.quarter}" for one in every]
