"""`Round`: everything that is checked together."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evaluation.intake.contract import Contract, Sheet
from evaluation.intake.layout import Filled, Row
from evaluation.intake.sheets import Book
from evaluation.intake.values import Plain

Key = tuple[Plain, ...]
History = Mapping[str, Sequence[Mapping[str, Any]]]
"""Sheet -> rows of earlier quarters, as they were accepted."""


@dataclass(frozen=True)
class Round:
    """The files of one collection of data.

    Attributes
    ----------
    contract : Contract
    books : tuple of Book
    filled : tuple of Filled
    quarter : str or None
        The quarter that was asked for; None where the files hold the whole panel.
    received : Mapping[str, date]
        When a file came in.
    history : History
    """

    contract: Contract
    books: tuple[Book, ...]
    filled: tuple[Filled, ...]
    quarter: str | None = None
    received: Mapping[str, datetime.date] = field(default_factory=dict)
    history: History = field(default_factory=dict)

    def of(self, sheet: str) -> Iterator[tuple[Filled, Row]]:
        """Yield the rows of a sheet over all files."""
        for filled in self.filled:
            if filled.sheet.name == sheet:
                for row in filled.rows:
                    yield filled, row

    def panel_key(self, row: Row) -> tuple[str, str] | None:
        """Return unit and quarter of a row, None where one of them is missing or wrong."""
        panel = self.contract.panel
        if {panel.unit, panel.time} & row.invalid:
            return None
        unit, time = row.value.get(panel.unit), row.value.get(panel.time)
        return (unit, time) if isinstance(unit, str) and isinstance(time, str) else None

    @cached_property
    def by_panel_key(self) -> Mapping[tuple[str, tuple[str, str]], tuple[Row, ...]]:
        """Rows of a sheet by unit and quarter."""
        found: dict[tuple[str, tuple[str, str]], list[Row]] = {}
        for filled in self.filled:
            for row in filled.rows:
                if key := self.panel_key(row):
                    found.setdefault((filled.sheet.name, key), []).append(row)
        return {key: tuple(rows) for key, rows in found.items()}

    @cached_property
    def sheets_of_units(self) -> frozenset[tuple[str, str]]:
        """Pairs of a sheet and a unit whose file has that sheet, filled in or not."""
        return frozenset(
            (one.sheet.name, unit) for one in self.filled for unit in self.units_of.get(one.file, ())
        )

    @cached_property
    def units_of(self) -> Mapping[str, tuple[str, ...]]:
        """Units that each file reports on."""
        found: dict[str, dict[str, None]] = {}
        for filled, row in self.of(self.contract.panel.sheet):
            if key := self.panel_key(row):
                found.setdefault(filled.file, {})[key[0]] = None
        return {file: tuple(units) for file, units in found.items()}

    def name_of(self, unit: str) -> dict[str, str]:
        """Name of a unit by language."""
        codes = self.contract.units(None)
        entry = codes.by_code.get(unit) if codes else None
        return entry.name.model_dump() if entry else {"cs": unit, "en": unit}


def key_of(row: Row, fields: Sequence[str]) -> Key | None:
    """Return the values of some fields, None where one is missing or wrong."""
    values = [row.value.get(name) for name in fields]
    if set(fields) & row.invalid or any(value is None for value in values):
        return None
    return tuple(value for value in values if value is not None)


def title(sheet: Sheet, name: str) -> dict[str, str]:
    """Title of a field by language."""
    return sheet.by_name[name].title.model_dump()
