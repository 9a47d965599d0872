"""The returns of each quarter: those in a folder, or synthetic ones with mistakes in them."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook

from evaluation.errors import DataError
from evaluation.intake import quarters
from evaluation.intake.contract import Contract
from evaluation.run.project import Project
from evaluation.run.quality.spec import FolderReturns, SyntheticReturns
from evaluation.run.returns import Returns, population, read_returns
from evaluation.run.workbook import sheet_title, to_bytes
from evaluation.simulate.returns import synthetic_returns, with_mistakes

Sent = Mapping[str, Mapping[str, list[dict[str, Any]]]]

LANG = "cs"
"""Language of the headers in synthetic workbooks: that of the districts."""


def quarters_of(given: SyntheticReturns | FolderReturns, project: Project, quarter: str) -> tuple[str, ...]:
    """Return the quarters that there are returns of, up to the one that is run.

    Raises
    ------
    DataError
        If there is none.
    """
    if isinstance(given, SyntheticReturns):
        last = quarters.number(quarter)
        return tuple(quarters.label(one) for one in range(last - given.quarters + 1, last + 1))
    folders = [one.name for one in (project.root / given.folder).iterdir() if one.is_dir()]
    found = tuple(sorted(one for one in folders if quarters.is_quarter(one) and one <= quarter))
    if not found:
        raise DataError("no-rounds", folder=given.folder, quarter=quarter)
    return found


def folder_returns(folder: Path, shown: str) -> Returns:
    """Read the returns of one quarter.

    Raises
    ------
    DataError
        If there are none, or it is not known of each when it came in: without that nothing is in time.
    """
    found = read_returns(folder)
    unknown = [name for name in found.files if name not in found.received]
    if unknown:
        raise DataError("intake-days", where=shown, count=len(unknown), example=unknown[0])
    return found


def made_up(
    contract: Contract, project: Project, quarter: str, seed: int
) -> tuple[Sent, dict[str, datetime.date]]:
    """Return what districts sent for a quarter, and when: synthetic, with mistakes, some late, some never.

    Each quarter has other districts at fault; the same seed gives the same returns.
    """
    rng = np.random.default_rng([seed, quarters.number(quarter)])
    tools = list(contract.codelists["tools"].by_code)
    every = synthetic_returns(population(project), quarter, tools=tools, seed=seed)
    order = [list(every)[i] for i in rng.permutation(len(every))]
    sent = with_mistakes({name: every[name] for name in order[: len(order) - int(rng.integers(0, 3))]})
    deadline = contract.agreement.deadline.days
    days = rng.integers(1, deadline + 1, size=len(sent))
    late = int(rng.integers(2, 6))
    days[-late:] = deadline + rng.integers(1, 40, size=late)
    end = quarters.end(quarter)
    return sent, {name: end + datetime.timedelta(days=int(one)) for name, one in zip(sent, days, strict=True)}


def as_files(contract: Contract, sent: Sent, days: Mapping[str, datetime.date]) -> Returns:
    """Write what districts sent into workbooks of their own, with titles and rows only."""
    names = {district: f"synthetic-{district.replace(' ', '-')}.xlsx" for district in sent}
    files = {names[district]: _workbook(contract, rows) for district, rows in sent.items()}
    return Returns(files, {names[district]: day for district, day in days.items()}, {})


def _workbook(contract: Contract, rows: Mapping[str, list[dict[str, Any]]]) -> bytes:
    book = Workbook(write_only=True)
    for declared in contract.sheets:
        sheet = book.create_sheet(sheet_title(declared, LANG))
        sheet.append([getattr(one.title, LANG) for one in declared.fields])
        for row in rows.get(declared.name, ()):
            sheet.append([row.get(one.name) for one in declared.fields])
    return to_bytes(book)


def fingerprint_of(every: Sequence[tuple[Sent, Mapping[str, datetime.date]]]) -> str:
    """Hash of what was sent and when; a workbook's own bytes hold the time at which it was written."""
    plain = [[sent, {name: day.isoformat() for name, day in days.items()}] for sent, days in every]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()
