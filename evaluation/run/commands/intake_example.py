"""Synthetic returns of all districts: to try the check, to train, and for the documentation."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from evaluation.errors import RunError
from evaluation.intake import quarters
from evaluation.intake.contract import Contract
from evaluation.run.files import write, write_bytes
from evaluation.run.project import Project
from evaluation.run.returns import RECEIVED, population
from evaluation.run.workbook import template
from evaluation.simulate.returns import synthetic_returns, with_mistakes


def write_example(
    contract: Contract, project: Project, quarter: str, folder: Path, *, mistakes: bool, lang: str
) -> tuple[Path, ...]:
    """Write one workbook per district; nothing in them was observed.

    Raises
    ------
    RunError
        If the folder holds anything: nothing is written over.
    SpecError
        If the table of districts is missing.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RunError("folder-not-empty", folder=folder, count=len(list(folder.iterdir())))
    sent = synthetic_returns(population(project), quarter, tools=list(contract.codelists["tools"].by_code))
    if mistakes:
        sent = with_mistakes(sent)
    written = []
    for district, rows in sent.items():
        file = folder / f"synthetic-{district.replace(' ', '-')}.xlsx"
        write_bytes(file, template(contract, quarter, lang, rows=rows))
        written.append(file)
    _write_days(folder, written, quarter, late=mistakes)
    return tuple(written)


def _write_days(folder: Path, files: Sequence[Path], quarter: str, *, late: bool) -> None:
    """Write the list of days on which the files came in: in time, but for the last where one is late."""
    day = quarters.end(quarter) + datetime.timedelta(days=10)
    rows = [f"{file.name},{day.isoformat()}" for file in files]
    if late:
        rows[-1] = f"{files[-1].name},{(day + datetime.timedelta(days=30)).isoformat()}"
    write(folder / RECEIVED, "\n".join(["file,received", *rows]) + "\n")
