"""From what passed the check to the store: deliveries, and corrections by the same rules."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from evaluation.errors import DataError, EvaluationError
from evaluation.intake.check import Checked, Submission, check_rows
from evaluation.intake.contract import Contract, Sheet
from evaluation.intake.corrections import WHOLE_ROW, Correction, read_corrections
from evaluation.intake.delivery import Delivery, Table
from evaluation.intake.entries import Batch, Check
from evaluation.intake.keys import Key, require_key
from evaluation.intake.protect import (
    canonical_code,
    fields_by_name,
    needs_key,
    protected,
    protected_fields,
    protected_table,
)
from evaluation.intake.register import Vintage
from evaluation.intake.vintages import Store
from evaluation.run.project import Project


@dataclass(frozen=True)
class Answer:
    """What became of a file.

    Attributes
    ----------
    file : str
    state : {"accepted", "known", "refused"}
        ``known``: everything in it had been accepted before.
    vintages : tuple of Vintage
    error : EvaluationError or None
        Why it was refused; None where the check had found errors in it.
    """

    file: str
    state: str
    vintages: tuple[Vintage, ...] = ()
    error: EvaluationError | None = None


def key_of(project: Project, contract: Contract) -> Key | None:
    """Return the key of pseudonyms where the contract needs one.

    Raises
    ------
    RequestError
        If it needs one and there is none, or it cannot be used.
    """
    return require_key("pseudonym", project.root) if needs_key(contract) else None


def accept_checked(
    store: Store, checked: Checked, key: Key | None, *, by: str, round_: str, reason: str = ""
) -> Iterator[Answer]:
    """Keep every file that passed the check.

    A file that the store does not take is refused with its reason, and the next one goes on.

    Parameters
    ----------
    store : Store
    checked : Checked
    key : Key or None
        Of pseudonyms.
    by : str
        Who accepts.
    round_ : str
        Round of collection.
    reason : str

    Yields
    ------
    Answer
        For each file, in their order.
    """
    refused = [one.file for one in checked.defects if one.severity == "error" and one.file]
    for file in dict.fromkeys([one.name for one in checked.files] + refused):
        if file not in checked.accepted_files:
            yield Answer(file, "refused")
            continue
        sent = next(one for one in checked.files if one.name == file)
        try:
            made = [
                store.accept(one, by=by, reason=reason, pseudonym_key=key.id if key else "")
                for one in deliveries(checked, sent, key, round_)
            ]
        except DataError as error:
            yield Answer(file, "refused", error=error)
            continue
        kept = tuple(one for one in made if one)
        yield Answer(file, "accepted" if kept else "known", kept)


def deliveries(checked: Checked, sent: Submission, key: Key | None, round_: str) -> Iterator[Delivery]:
    """Return what a file holds, one delivery for each unit that it reports on.

    Raises
    ------
    DataError
        If two rows have one key once their values are coarser.
    """
    contract, rows = checked.contract, checked.rows(sent.name)
    unit = contract.panel.unit
    for position, code in enumerate(sent.units or ("",)):
        tables = []
        for name, frame in rows.items():
            sheet = contract.by_name[name]
            mine = frame[frame[unit] == code] if unit in frame else frame.iloc[: None if not position else 0]
            try:
                tables.append(protected_table(sheet, time_of(contract, sheet), mine, key))
            except ValueError as error:
                raise DataError("not-protected", where=sent.name, sheet=name, reason=str(error)) from None
        yield Delivery(contract.name, contract.version, round_, code, sent.name, sent.sha256, tuple(tables))


def time_of(contract: Contract, sheet: Sheet) -> str:
    """Return the field of a sheet that holds the quarter.

    Raises
    ------
    DataError
        If it has none: nobody could say what was known when.
    """
    times = [one.name for one in sheet.fields if one.type == "quarter"]
    if contract.panel.time in sheet.by_name:
        return contract.panel.time
    if not times:
        raise DataError("sheet-without-time", sheet=sheet.name)
    return times[0]


def read_batch(path: Path, contract: Contract, key: Key | None, round_: str) -> Batch:
    """Read a file of corrections, with codes for names and protected values.

    Raises
    ------
    DataError
        If it cannot be read or names a sheet that the contract does not have.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError("corrections-unreadable", where=path.name, reason=reason) from None
    read = read_corrections(content, path.name)
    return Batch(
        contract=contract.name,
        contract_version=contract.version,
        quarter=round_,
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        corrections=tuple(_protected(one, contract, key, path.name) for one in read),
        times=MappingProxyType({one.name: time_of(contract, one) for one in contract.sheets}),
        pseudonym_key=key.id if key else "",
    )


def _protected(one: Correction, contract: Contract, key: Key | None, name: str) -> Correction:
    fields = fields_by_name(contract, one.sheet)

    def stored(column: str, value: str | None) -> str | None:
        field = fields.get(column)
        return protected(canonical_code(contract, field)(value), field, key) if field else value

    try:
        keys: Mapping[str, str] = {column: str(stored(column, value)) for column, value in one.key.items()}
        old, new = (None if one.column == WHOLE_ROW else stored(one.column, v) for v in (one.old, one.new))
    except ValueError as error:
        where = f"{name}, row {one.row}"
        raise DataError("not-protected", where=where, sheet=one.sheet, reason=str(error)) from None
    return dataclasses.replace(one, key=MappingProxyType(dict(keys)), old=old, new=new)


def checking(contract: Contract, file: str) -> Check:
    """Return a check of corrected rows by the contract; protected fields were checked when they were sent."""

    def check(table: Table) -> None:
        sheet = contract.by_name[table.name]
        hidden = protected_fields(sheet)
        columns = [str(name) for name in table.frame]
        wrong = [
            one
            for one in check_rows(contract, table.name, table.frame, file=file)
            if one.severity == "error" and _column(one.cell, columns) not in hidden
        ]
        if wrong:
            example = f"{wrong[0].value} ({_column(wrong[0].cell, columns)}: {wrong[0].code})"
            raise DataError("corrections-refused", where=file, example=example, count=len(wrong))

    return check


def _column(cell: str, columns: list[str]) -> str:
    """Name of the column of a cell such as C7; the cell itself where it is none.

    Examples
    --------
    >>> _column("B2", ["district", "households"])
    'households'
    """
    position = 0
    for letter in cell.rstrip("0123456789"):
        position = position * 26 + ord(letter) - ord("A") + 1
    return columns[position - 1] if 0 < position <= len(columns) else cell
