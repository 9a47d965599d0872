"""Rows with the same key, within a file and between files."""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.intake.defects import Defect
from evaluation.intake.round import Key, Round, key_of


def duplicate_keys(given: Round) -> Iterator[Defect]:
    """Yield every row whose key an earlier row has, with the place of the first."""
    for sheet in given.contract.sheets:
        seen: dict[Key, str] = {}
        for filled, row in given.of(sheet.name):
            key = key_of(row, sheet.primary_key)
            if key is None:
                continue
            place = filled.place(row, sheet.primary_key[0])
            first = seen.setdefault(key, f"{filled.file}, {filled.table.name}, {place}")
            if first != f"{filled.file}, {filled.table.name}, {place}":
                shown = ", ".join(row.cells[name].text for name in sheet.primary_key)
                numbers = {"first": first, "key": shown}
                yield Defect("duplicate_key", "error", filled.file, filled.table.name, place, shown, numbers)
