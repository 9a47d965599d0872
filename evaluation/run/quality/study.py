"""`QualityStudy`: the returns of some quarters, one line per part of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from evaluation import process
from evaluation.design import Note
from evaluation.errors import MESSAGES
from evaluation.estimate import CheckResult
from evaluation.intake.check import Checked, check_files
from evaluation.intake.codelist import fold
from evaluation.intake.contract import Contract
from evaluation.intake.defects import SEVERITIES, Defect
from evaluation.intake.quality import quality
from evaluation.locales import text
from evaluation.run.contracts import FOLDER, read_contract
from evaluation.run.locate import digest, whole_digest
from evaluation.run.project import Project
from evaluation.run.quality.received import as_files, fingerprint_of, folder_returns, made_up, quarters_of
from evaluation.run.quality.spec import FolderReturns, QualityQuestion
from evaluation.run.returns import Returns

REFUSED = "refused"
"""Stands for every reason for which a whole file was not read."""
WHO_AND_WHEN = frozenset({"not_sent", "missing_unit", "missing_quarter", "late"})
"""Defects that the matrix of reports shows."""


@dataclass(frozen=True)
class QualityStudy:
    """What was sent for some quarters.

    Attributes
    ----------
    question : QualityQuestion
    contract : Contract
    quarter : str
        Last quarter that is looked at; all that came for it counts, whenever it came.
    project : Project
    """

    question: QualityQuestion
    contract: Contract
    quarter: str
    project: Project

    @property
    def notes(self) -> tuple[Note, ...]:
        """Whether the returns are made up."""
        name = self.question.contract
        return (Note("synthetic_data", {"dataset": name}),) if self.question.synthetic else ()

    @cached_property
    def rounds(self) -> tuple[Checked, ...]:
        """The check of each quarter; jumps are measured from what could be accepted the quarter before."""
        found: list[Checked] = []
        for quarter in quarters_of(self.question.returns, self.project, self.quarter):
            given = self._returns(quarter)
            before = _accepted(found[-1]) if found else {}
            found.append(
                check_files(
                    given.files,
                    self.contract,
                    quarter=quarter,
                    received=given.received,
                    history=before,
                    refused=given.refused,
                )
            )
        return tuple(found)

    def _returns(self, quarter: str) -> Returns:
        given = self.question.returns
        if isinstance(given, FolderReturns):
            shown = f"{given.folder}/{quarter}"
            return folder_returns(self.project.root / shown, shown)
        return as_files(self.contract, *made_up(self.contract, self.project, quarter, given.seed))

    def origin(self) -> list[dict[str, Any]]:
        """Where the returns come from, and the contract that they were checked against."""
        given = self.question.returns
        title = self.contract.agreement.title.model_dump()
        known = {"dataset": self.question.contract, "title": title, "synthetic": self.question.synthetic}
        if isinstance(given, FolderReturns):
            known |= {"file": given.folder, "sha256": whole_digest(self.project.root / given.folder)}
        else:
            quarters = quarters_of(given, self.project, self.quarter)
            made = [made_up(self.contract, self.project, quarter, given.seed) for quarter in quarters]
            source = {lang: text(lang, "quality-made-up") for lang in ("cs", "en")}
            known |= {
                "source": source,
                "sha256": fingerprint_of(made),
                "rows": sum(len(sent) for sent, _ in made),
            }
        file = FOLDER / f"{self.question.contract}.yml"
        agreed = {lang: text(lang, "quality-contract") for lang in ("cs", "en")}
        contract = {"dataset": file.stem, "title": agreed, "synthetic": False, "file": file.as_posix()}
        return [known, contract | {"sha256": digest(self.project.root / file)}]

    @cached_property
    def _quality(self) -> CheckResult:
        return quality(*self.rounds)

    def quality(self) -> CheckResult:
        """Completeness, timeliness, validity and missing items of each district and quarter."""
        found = self._quality
        return CheckResult(found.name, found.passed, found.table, found.numbers, self.notes)

    def reporting(self) -> dict[str, CheckResult]:
        """Who reported when, and the five rates.

        A return from which no district can be read is of nobody: its district has not reported.
        """
        table = self._quality.table
        came = table[table.actual_reports == 1]
        options: dict[str, Any] = {
            "unit": "unit",
            "period": "quarter",
            "units": list(dict.fromkeys(table.unit)),
            "periods": list(dict.fromkeys(table.quarter)),
            "due_days": self.contract.agreement.deadline.days,
        }
        found = (process.reporting_matrix(came, **options), process.reporting_rates(came, **options))
        return {
            one.name: CheckResult(one.name, one.passed, one.table, one.numbers, (*self.notes, *one.notes))
            for one in found
        }

    def defects(self) -> CheckResult:
        """Count what was wrong with the returns, by code, with the place of one example, never a value.

        Returns
        -------
        CheckResult
            ``submission_defects``. Table: code, severity, defects, returns (files that have it), quarter,
            file, sheet, cell of the last example; sheets that the contract does not know are not
            named. Numbers, of the last quarter: quarter, returns, returns_with_errors, defects by severity.
        """
        every = [(one.quarter or "", defect) for one in self.rounds for defect in _of_files(one)]
        codes = Counter((defect.severity, _code(defect)) for _, defect in every)
        rows: list[dict[str, Any]] = []
        for (severity, code), count in codes.items():
            same = [(q, one) for q, one in every if (one.severity, _code(one)) == (severity, code)]
            quarter, example = next(pair for pair in same if pair[0] == same[-1][0])
            rows.append(
                {
                    "code": code,
                    "severity": severity,
                    "defects": count,
                    "returns": len({(q, one.file) for q, one in same}),
                    "quarter": quarter,
                    "file": example.file,
                    "sheet": self._sheet(example.sheet),
                    "cell": example.cell,
                }
            )
        rows.sort(key=lambda row: (SEVERITIES.index(row["severity"]), -row["defects"], row["code"]))
        names = ["code", "severity", "defects", "returns", "quarter", "file", "sheet", "cell"]
        table = pd.DataFrame(rows, columns=names)
        last = self.rounds[-1]
        return CheckResult("submission_defects", None, table, _counts(last), self.notes)

    def _sheet(self, name: str) -> str:
        """Return the name of a sheet if the contract has it: any other is the sender's own words."""
        known = {fold(way) for one in self.contract.sheets for way in (one.name, one.title.cs, one.title.en)}
        return name if fold(name) in known else ""

    def items(self) -> CheckResult:
        """Count empty and unusable cells of each item, over all returns whose district is known.

        Returns
        -------
        CheckResult
            ``item_missingness``. Table: item, title_cs, title_en, cells, missing, share, invalid. Numbers as
            `process.item_missingness`.
        """
        sheet = self.contract.by_name[self.contract.panel.sheet]
        fields = [one for one in sheet.fields if one.name not in sheet.primary_key]
        names = [one.name for one in fields]
        rows, invalid = [], Counter[str]()
        for (name, (unit, quarter)), first in _first_rows(self.rounds):
            if name == sheet.name:
                cells = {item: "filled" if item in first.cells else None for item in names}
                rows.append({"unit": unit, "quarter": quarter, **cells})
                invalid.update(item for item in names if item in first.cells and item in first.invalid)
        frame = pd.DataFrame(rows, columns=["unit", "quarter", *names])
        found = process.item_missingness(frame, items=names, unit="unit", period="quarter")
        table = found.table.groupby("item", sort=False)[["cells", "missing"]].sum().reindex(names)
        table = table.assign(share=table.missing / table.cells, invalid=[invalid[one] for one in names])
        table.insert(0, "title_cs", [one.title.cs for one in fields])
        table.insert(1, "title_en", [one.title.en for one in fields])
        table = table.reset_index(names="item")
        return CheckResult(found.name, None, table, found.numbers, self.notes)


def _accepted(checked: Checked) -> dict[str, pd.DataFrame]:
    """Rows of the files without an error, by sheet."""
    return {name: rows[rows.file.isin(checked.accepted_files)] for name, rows in checked.tables.items()}


def _of_files(checked: Checked) -> Iterator[Defect]:
    return (one for one in checked.defects if one.file and one.code not in WHO_AND_WHEN)


def _code(defect: Defect) -> str:
    return REFUSED if defect.code in MESSAGES else defect.code


def _counts(checked: Checked) -> dict[str, Any]:
    found = list(_of_files(checked))
    wrong = {one.file for one in found if one.severity == "error"}
    read = {one.name for one in checked.files}
    severities: dict[str, int] = {
        str(severity): sum(one.severity == severity for one in found) for severity in SEVERITIES
    }
    returns = {"returns": len(read | {one.file for one in found}), "returns_with_errors": len(wrong)}
    return {"quarter": checked.quarter, **returns, **severities}


def _first_rows(rounds: tuple[Checked, ...]) -> Iterator[tuple[tuple[str, tuple[str, str]], Any]]:
    """Yield the first row of each sheet, unit and quarter: of two the second is a defect."""
    for one in rounds:
        for key, rows in one.round.by_panel_key.items():
            yield key, rows[0]


def make_study(question: QualityQuestion, quarter: str, project: Project) -> QualityStudy:
    """Make a study of a parsed specification.

    Raises
    ------
    SpecError
        If the contract is not there or is wrong.
    """
    contract = read_contract(project, question.contract)
    return QualityStudy(question, contract, project.require_quarter(quarter), project)


def check(question: QualityQuestion, quarter: str, project: Project, file: str) -> list[dict[str, Any]]:
    """Check the contract, and of a folder that each return has a day; what is in them is never an error here.

    Raises
    ------
    EvaluationError
    """
    del file
    study = make_study(question, quarter, project)
    if isinstance(question.returns, FolderReturns):
        for one in quarters_of(question.returns, project, quarter):
            study._returns(one)
    return study.origin()
