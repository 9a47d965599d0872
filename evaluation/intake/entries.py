"""From what is to be kept to entries of the register, and the rules that an entry must keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

import pandas as pd

from evaluation.errors import DataError, RequestError
from evaluation.intake.cells import Row, to_cells
from evaluation.intake.change import as_keys, shown
from evaluation.intake.corrections import Correction, corrected
from evaluation.intake.delivery import Delivery, Table
from evaluation.intake.register import Kind, Vintage
from evaluation.intake.replay import latest

_QUARTER = re.compile(r"\d{4}Q[1-4]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Check = Callable[[Table], None]


@dataclass(frozen=True, eq=False)
class Draft:
    """What is to become a vintage.

    Attributes
    ----------
    delivery : Delivery
    kind : {"delivery", "replacement", "correction"}
    by, reason : str
    pseudonym_key : str
        Name of the key of its pseudonyms.
    withdrawn : Mapping[str, tuple of Mapping]
        By sheet the keys of rows that no longer hold.
    """

    delivery: Delivery
    kind: Kind
    by: str
    reason: str = ""
    pseudonym_key: str = ""
    withdrawn: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

    def cells(self) -> pd.DataFrame:
        """Cells that its file holds."""
        return to_cells(self.delivery.tables, self.withdrawn)

    def entered(self, vintages: Sequence[Vintage], *, name: str, sha256: str, store_key: str) -> Vintage:
        """Return its entry after those that the register has."""
        sent, last = self.delivery, vintages[-1] if vintages else None
        periods = self._periods() or [sent.quarter]
        return Vintage(
            seq=len(vintages) + 1,
            id=name,
            quarter=sent.quarter,
            accepted_at=max(now(), last.accepted_at if last else ""),
            accepted_by=self.by,
            kind=self.kind,
            contract=sent.contract,
            contract_version=sent.contract_version,
            unit=sent.unit,
            file=sent.file,
            source_sha256=sent.sha256,
            sha256=sha256,
            rows=sum(len(table.frame) for table in sent.tables),
            first_period=min(periods),
            last_period=max(periods),
            reason=self.reason,
            pseudonym_key=self.pseudonym_key,
            store_key=store_key,
        ).chained(last.chain if last else "")

    def _periods(self) -> list[str]:
        times = {table.name: table.time for table in self.delivery.tables}
        held = [str(value) for table in self.delivery.tables for value in table.frame[table.time].dropna()]
        return held + [row[times[name]] for name, rows in self.withdrawn.items() for row in rows]


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows of one sheet and one sender after corrections, keys of those withdrawn, and why."""

    unit: str
    table: Table
    gone: tuple[Row, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Batch:
    """A file of corrections, read.

    Attributes
    ----------
    contract, contract_version : str
    quarter : str
        Round in which they are accepted.
    file, sha256 : str
        Name and hash of the file as it came.
    corrections : tuple of Correction
    times : Mapping[str, str]
        Column with the quarter, by sheet.
    pseudonym_key : str
    """

    contract: str
    contract_version: str
    quarter: str
    file: str
    sha256: str
    corrections: tuple[Correction, ...]
    times: Mapping[str, str]
    pseudonym_key: str = ""

    def drafts(self, cells: pd.DataFrame, units: Sequence[str], by: str) -> Iterator[Draft]:
        """Return a draft for each sender whose rows are corrected.

        Parameters
        ----------
        cells : DataFrame
            What is known of the contract, with `part`.
        units : sequence of str
            Sender of each part.
        by : str

        Raises
        ------
        DataError
            As `corrected`.
        """
        found: dict[str, list[_Part]] = {}
        for sheet in dict.fromkeys(one.sheet for one in self.corrections):
            for part in self._of_sheet(sheet, cells, units):
                found.setdefault(part.unit, []).append(part)
        for unit, parts in sorted(found.items()):
            tables = tuple(part.table for part in parts)
            sent = Delivery(
                self.contract, self.contract_version, self.quarter, unit, self.file, self.sha256, tables
            )
            reason = "; ".join(dict.fromkeys(text for part in parts for text in part.reasons))
            withdrawn = MappingProxyType({part.table.name: part.gone for part in parts if part.gone})
            yield Draft(sent, "correction", by, reason, self.pseudonym_key, withdrawn)

    def _of_sheet(self, sheet: str, cells: pd.DataFrame, units: Sequence[str]) -> Iterator[_Part]:
        wanted = [one for one in self.corrections if one.sheet == sheet]
        known = latest(cells, sheet)
        if not len(known):
            where = f"{self.file}, row {wanted[0].row}"
            raise DataError("correction-unknown-row", where=where, sheet=sheet, key=shown(wanted[0].key))
        kinds = cells[(cells["sheet"] == sheet) & (cells.pseudonym != "")]
        pseudonyms = dict(zip(kinds.column, kinds.pseudonym, strict=True))
        table = Table(sheet, known.attrs["key"], self.times[sheet], known, pseudonyms)
        done = corrected(table, wanted, self.file)
        owner = [units[part] for part in known.attrs["parts"]]
        for unit in sorted({owner[i] for i in done.positions}):
            mine = [pair for pair in zip(wanted, done.positions, strict=True) if owner[pair[1]] == unit]
            touched = sorted({i for _, i in mine})
            kept = done.frame.loc[[i for i in touched if i not in done.withdrawn]]
            gone = done.frame.loc[[i for i in touched if i in done.withdrawn]]
            yield _Part(
                unit,
                Table(table.name, table.key, table.time, kept, table.pseudonyms),
                as_keys(gone, table.key),
                tuple(one.reason for one, _ in mine),
            )


def now() -> str:
    """Return the moment, in UTC to the microsecond, so that text sorts as time does."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def known_at(vintages: Sequence[Vintage], when: str | datetime | None) -> tuple[Vintage, ...]:
    """Return the vintages that had been accepted then: always the first ones of the register.

    Raises
    ------
    RequestError
        If `when` is not a quarter, a day or a moment.
    """
    if when is None:
        return tuple(vintages)
    if isinstance(when, str) and _QUARTER.fullmatch(when):
        return tuple(one for one in vintages if one.quarter <= when)
    if isinstance(when, str) and _DAY.fullmatch(when):
        return tuple(one for one in vintages if one.accepted_at[:10] <= when)
    try:
        moment = when if isinstance(when, datetime) else datetime.fromisoformat(when)
    except ValueError:
        raise RequestError("bad-moment", value=when) from None
    utc = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    limit = utc.isoformat(timespec="microseconds")
    return tuple(one for one in vintages if one.accepted_at <= limit)


def require_person(by: str) -> None:
    """Refuse what nobody answers for.

    Raises
    ------
    RequestError
    """
    if not by.strip():
        raise RequestError("nobody")


def require_round(vintages: Sequence[Vintage], quarter: str) -> None:
    """Refuse a round that is over: what was known in it must not change.

    Raises
    ------
    RequestError
        If something was accepted in a later round, or `quarter` is none.
    """
    if not _QUARTER.fullmatch(quarter):
        raise RequestError("bad-moment", value=quarter)
    if vintages and vintages[-1].quarter > quarter:
        raise RequestError("round-over", quarter=quarter, current=vintages[-1].quarter)


def require_linked(vintages: Sequence[Vintage], links: pd.DataFrame, key: str) -> None:
    """Refuse pseudonyms of a key that is neither the last one nor linked to it.

    Raises
    ------
    RequestError
    """
    used = [one.pseudonym_key for one in vintages if one.pseudonym_key]
    last = links["new_key"].iloc[-1] if len(links) else ""
    if key and used and key != (last or used[-1]):
        raise RequestError("pseudonym-key", needed=last or used[-1], given=key)
