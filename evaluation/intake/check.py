"""Checking what was sent: all defects, none hiding another."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evaluation.errors import EvaluationError
from evaluation.intake.contract import Contract
from evaluation.intake.defects import HIDDEN, SEVERITIES, Defect, Severity
from evaluation.intake.layout import Filled, lay_out
from evaluation.intake.round import History, Round
from evaluation.intake.rules import RULES
from evaluation.intake.sheets import LIMITS, Book, Limits, read_book

if TYPE_CHECKING:
    import pandas as pd

_PERSONAL = frozenset({"birth_number", "email", "phone", "personal_name", "free_text"})


@dataclass(frozen=True)
class Submission:
    """One file that could be read.

    Attributes
    ----------
    name : str
    sha256 : str
    received : date or None
    units : tuple of str
        Codes of those it reports on.
    """

    name: str
    sha256: str
    received: datetime.date | None
    units: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Checked:
    """What a check found.

    Attributes
    ----------
    round : Round
        What was checked, as it was read.
    files : tuple of Submission
        The files that could be read; the others are named by a defect.
    defects : tuple of Defect
        By file, sheet and row.
    """

    round: Round
    files: tuple[Submission, ...]
    defects: tuple[Defect, ...]

    @property
    def contract(self) -> Contract:
        """The contract that was checked against."""
        return self.round.contract

    @property
    def quarter(self) -> str | None:
        """The quarter that was asked for."""
        return self.round.quarter

    def count(self, severity: Severity) -> int:
        """Return how many defects of a severity there are."""
        return sum(one.severity == severity for one in self.defects)

    @cached_property
    def accepted_files(self) -> tuple[str, ...]:
        """Files without an error."""
        wrong = {one.file for one in self.defects if one.severity == "error"}
        return tuple(one.name for one in self.files if one.name not in wrong)

    def rows(self, file: str) -> dict[str, pd.DataFrame]:
        """Return the typed rows of a file by sheet, with the contract's fields as columns.

        Integers are Int64, numbers float64, flags boolean; text, quarters and dates are text in their
        canonical form, codes are codes.
        """
        return {
            one.sheet.name: _frame(one.sheet, [row.value for row in one.rows])
            for one in self.round.filled
            if one.file == file
        }

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The rows of all files by sheet, with the columns ``file`` and ``row`` last."""
        found = {}
        for sheet in self.contract.sheets:
            pairs = list(self.round.of(sheet.name))
            frame = _frame(sheet, [row.value for _, row in pairs])
            frame["file"] = [filled.file for filled, _ in pairs]
            frame["row"] = [row.number for _, row in pairs]
            found[sheet.name] = frame
        return found


def check_files(
    files: Mapping[str, bytes],
    contract: Contract,
    *,
    quarter: str | None = None,
    received: Mapping[str, datetime.date] | None = None,
    history: Mapping[str, pd.DataFrame] | History | None = None,
    refused: Mapping[str, EvaluationError] | None = None,
    limits: Limits = LIMITS,
) -> Checked:
    """Check files against a contract, alone and together.

    Parameters
    ----------
    files : Mapping[str, bytes]
        Name -> content: xlsx, csv, ods, sav or dta.
    contract : Contract
    quarter : str, optional
        The quarter that was asked for, "2024Q4"; without it the files must hold the whole panel.
    received : Mapping[str, date], optional
        When a file came in.
    history : Mapping[str, DataFrame], optional
        Sheet -> what was accepted before, with the contract's fields as columns, typed or as text.
    refused : Mapping[str, EvaluationError], optional
        Files that were not read, and why.
    limits : Limits

    Returns
    -------
    Checked
        Nothing is raised whatever the files hold: what is wrong with them is a defect.
    """
    books: list[Book] = []
    filled: list[Filled] = []
    defects = [_refused(name, error) for name, error in (refused or {}).items()]
    for name, content in files.items():
        try:
            book = read_book(name, content, limits=limits)
        except EvaluationError as error:
            defects.append(_refused(name, error))
            continue
        found, wrong = lay_out(book, contract)
        books.append(book)
        filled += found
        defects += wrong
    past = {name: _records(contract, name, rows) for name, rows in (history or {}).items()}
    given = Round(contract, tuple(books), tuple(filled), quarter, dict(received or {}), past)
    for rule in RULES:
        defects += rule(given)
    names = tuple(one.name for one in books)
    return Checked(given, tuple(_submissions(given, files, names)), _finished(given, defects))


def check_rows(contract: Contract, sheet: str, frame: pd.DataFrame, *, file: str = "") -> tuple[Defect, ...]:
    """Check rows of one sheet by the rules that need nothing but the rows themselves.

    Parameters
    ----------
    contract : Contract
    sheet : str
    frame : DataFrame
        With the contract's fields as columns; values typed or as text.
    file : str
        For the place of a defect; its cells count the header as row one.
    """
    from evaluation.intake.rows import as_table  # noqa: PLC0415 -- reads what pandas holds

    table = as_table(sheet, frame)
    found, wrong = lay_out(Book(f"{file}.csv", (table,)), contract)
    given = Round(contract, (), found)
    names = {"invalid_codes", "duplicate_keys", "broken_rules"}
    defects = [*wrong, *(one for rule in RULES if rule.__name__ in names for one in rule(given))]
    return tuple(dataclasses.replace(one, file=file) for one in _ordered(defects))


def _refused(name: str, error: EvaluationError) -> Defect:
    return Defect(error.code, "error", name, "", "", "", error.values)


def _records(contract: Contract, sheet: str, rows: Any) -> list[Mapping[str, Any]]:
    """Rows of a frame, or rows as they are, with numbers as numbers."""
    plain: list[dict[str, Any]] = rows.to_dict("records") if hasattr(rows, "to_dict") else list(rows)
    numbers = [one.name for one in contract.by_name[sheet].fields if one.is_number]
    return [
        row | {name: float(row[name]) for name in numbers if isinstance(row.get(name), str)} for row in plain
    ]


def _submissions(given: Round, files: Mapping[str, bytes], names: Iterable[str]) -> Iterator[Submission]:
    for name in names:
        digest = hashlib.sha256(files[name]).hexdigest()
        yield Submission(name, digest, given.received.get(name), given.units_of.get(name, ()))


def _finished(given: Round, defects: Iterable[Defect]) -> tuple[Defect, ...]:
    """Hide what may be personal, take coded explanations into account, put the defects in order."""
    found = list(defects)
    secret = {(one.file, one.sheet, one.cell) for one in found if one.code in _PERSONAL}
    hidden = [
        dataclasses.replace(one, value=HIDDEN)
        if one.value and (one.file, one.sheet, one.cell) in secret
        else one
        for one in found
    ]
    reasons = _reasons(given)
    return _ordered(_explained(one, reasons) for one in hidden)


def _reasons(given: Round) -> dict[tuple[str, str, str], dict[str, str]]:
    """Coded reasons by unit, quarter and field."""
    asked = given.contract.agreement.explanations
    if asked is None:
        return {}
    codes = given.contract.codes(given.contract.by_name[asked.sheet].by_name[asked.reason])
    found = {}
    for _, row in given.of(asked.sheet):
        key, item, reason = given.panel_key(row), row.value.get(asked.field), row.value.get(asked.reason)
        if key is not None and isinstance(item, str) and isinstance(reason, str):
            entry = codes.by_code.get(reason) if codes else None
            found[*key, item] = entry.name.model_dump() if entry else {"cs": reason, "en": reason}
    return found


def _explained(defect: Defect, reasons: Mapping[tuple[str, str, str], dict[str, str]]) -> Defect:
    unit, quarter, field = (str(defect.numbers.get(name, "")) for name in ("unit", "quarter", "field"))
    key = (unit, quarter, field)
    if defect.severity != "warning" or key not in reasons:
        return defect
    numbers = {**defect.numbers, "reason": reasons[key]}
    return dataclasses.replace(defect, severity="explained", numbers=numbers)


def _ordered(defects: Iterable[Defect]) -> tuple[Defect, ...]:
    def order(one: Defect) -> tuple[Any, ...]:
        letters = one.cell.rstrip("0123456789")
        row = int(one.cell[len(letters) :] or 0)
        return (one.file, one.sheet, row, len(letters), letters, SEVERITIES.index(one.severity), one.code)

    return tuple(sorted(dict.fromkeys(defects), key=order))


def _frame(sheet: Any, rows: list[Mapping[str, Any]]) -> pd.DataFrame:
    from evaluation.intake.rows import as_frame  # noqa: PLC0415 -- pandas only where frames are asked for

    return as_frame(sheet, rows)
