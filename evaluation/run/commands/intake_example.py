"""Synthetic returns of all districts: to try the check, to train, and for the documentation."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.errors import RunError, SpecError
from evaluation.intake import quarters
from evaluation.intake.contract import Contract
from evaluation.run.files import write, write_bytes
from evaluation.run.project import Project
from evaluation.run.returns import RECEIVED
from evaluation.run.workbook import template
from evaluation.simulate.returns import synthetic_returns

POPULATION = "data/reference/prague_districts.csv"

Sent = dict[str, list[dict[str, Any]]]


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
    sent = synthetic_returns(_population(project), quarter, tools=list(contract.codelists["tools"].by_code))
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


def _population(project: Project) -> dict[str, float]:
    file = project.root / POPULATION
    if not file.is_file():
        raise SpecError("missing-file", file=POPULATION, available="", suggestion="")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return {row["name"]: float(row["population"]) for row in csv.DictReader(stream)}


def with_mistakes(sent: Mapping[str, Sent]) -> dict[str, Sent]:
    """Return the returns with one mistake in each of some districts, and without the last district."""
    names = list(sent)
    found = {name: sent[name] for name in names[:-1]}
    for name, (sheet, field, change) in zip(names, _MISTAKES, strict=False):
        first, *rest = sent[name][sheet]
        found[name] = {**sent[name], sheet: [{**first, field: change(first[field])}, *rest]}
    return found


_MISTAKES: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("need", "district", lambda value: f"{value}a"),
    ("need", "quarter", lambda value: f"{value[:4]}Q5"),
    ("need", "clients", lambda _: None),
    ("need", "clients", lambda value: f"asi {value}"),
    ("need", "housed", lambda value: 1000 + value),
    ("need", "share_active_step", lambda _: 1.4),
    ("need", "share_active_step", lambda value: str(value).replace(".", ",")),
    ("need", "households_in_need", lambda value: -value),
    ("staff", "fte", lambda value: value + 1),
    ("staff", "role", lambda _: "=1+1"),
)
