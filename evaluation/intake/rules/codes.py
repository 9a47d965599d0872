"""Codes that exist, but not in the quarter of the row."""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.intake.defects import Defect
from evaluation.intake.round import Round, title

_CODES = {"ended": "code_ended", "not_yet": "code_not_yet"}


def invalid_codes(given: Round) -> Iterator[Defect]:
    """Yield codes that had ended, or had not begun, in the quarter of their row."""
    time = given.contract.panel.time
    for filled in given.filled:
        coded = [(one.name, codes) for one in filled.sheet.fields if (codes := given.contract.codes(one))]
        for row in filled.rows:
            quarter = row.value.get(time) or given.quarter
            for name, codes in coded:
                code = row.value.get(name)
                if not isinstance(code, str) or not isinstance(quarter, str):
                    continue
                standing = codes.standing(code, quarter)
                if standing in _CODES:
                    entry = codes.by_code[code]
                    after = codes.names(entry.successors)
                    numbers = {
                        "column": title(filled.sheet, name),
                        "quarter": quarter,
                        "limit": (entry.valid_to if standing == "ended" else entry.valid_from) or "",
                        "successors": {
                            "cs": ", ".join(one.cs for one in after),
                            "en": ", ".join(one.en for one in after),
                        },
                    }
                    place, value = filled.place(row, name), entry.name.cs
                    yield Defect(
                        _CODES[standing], "error", filled.file, filled.table.name, place, value, numbers
                    )
