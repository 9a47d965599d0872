"""The files of one round of collection: which of them are read, when they came, what was known before."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.errors import DataError, EvaluationError, SpecError
from evaluation.intake.sheets import LIMITS

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.intake.contract import Contract
    from evaluation.run.project import Project

RECEIVED = "received.csv"
"""List of the days on which files came in (columns file, received). Without it no file is called late: the
day of a file's last change says no more than when it was copied."""

POPULATION = "data/reference/prague_districts.csv"

MOST_FILES = 500
"""Files that are checked at once."""


@dataclass(frozen=True)
class Returns:
    """What lies in a folder.

    Attributes
    ----------
    files : Mapping[str, bytes]
    received : Mapping[str, date]
    refused : Mapping[str, EvaluationError]
        Files that were not even opened, and why.
    """

    files: Mapping[str, bytes]
    received: Mapping[str, datetime.date]
    refused: Mapping[str, EvaluationError]


def read_returns(folder: Path) -> Returns:
    """Read the files of a folder; folders in it, hidden files and Excel's own lock files are passed over.

    Raises
    ------
    DataError
        If there is no file, there are more than `MOST_FILES`, or the list of days is wrong.
    """
    present = folder.iterdir() if folder.is_dir() else ()
    paths = sorted(
        path
        for path in present
        if not path.name.startswith((".", "~$")) and path.name != RECEIVED and not path.is_dir()
    )
    if not paths:
        raise DataError("no-submissions", folder=folder)
    if len(paths) > MOST_FILES:
        raise DataError("intake-many", where=str(folder), files=len(paths), limit=MOST_FILES)
    files: dict[str, bytes] = {}
    refused: dict[str, EvaluationError] = {}
    for path in paths:
        try:
            files[path.name] = _read(path, folder)
        except DataError as error:
            refused[path.name] = error
    return Returns(files, _listed(folder / RECEIVED), refused)


def _read(path: Path, folder: Path) -> bytes:
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise DataError("intake-name", where=path.name)
    size = path.stat().st_size
    if size > LIMITS.bytes:
        raise DataError("intake-large", where=path.name, size=size, limit=LIMITS.bytes)
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError("intake-damaged", where=path.name, suffix=path.suffix[1:], reason=reason) from None


def _listed(file: Path) -> dict[str, datetime.date]:
    if not file.is_file():
        return {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return {
                row["file"]: datetime.date.fromisoformat(row["received"]) for row in csv.DictReader(stream)
            }
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise DataError("intake-received", where=str(file), example=str(error)[:80]) from None


def history_of(project: Project, contract: Contract) -> dict[str, pd.DataFrame]:
    """Return what the store of vintages has of each sheet; empty where there is no store.

    Raises
    ------
    RequestError, DataError
        If the store is there and cannot be read.
    """
    from evaluation.run.store import open_store  # noqa: PLC0415 -- pandas only where there is a store

    store = open_store(project)
    if not store.exists:
        return {}
    return {sheet.name: store.as_of(contract.name, sheet.name).frame for sheet in contract.sheets}


def population(project: Project) -> dict[str, float]:
    """Inhabitants by the name of the district.

    Raises
    ------
    SpecError
        If the table of districts is missing.
    """
    file = project.root / POPULATION
    if not file.is_file():
        raise SpecError("missing-file", file=POPULATION, available="", suggestion="")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return {row["name"]: float(row["population"]) for row in csv.DictReader(stream)}
