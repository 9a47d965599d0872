"""`CheckResult`: what a check found, as a table and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from evaluation.design import Note
from evaluation.design.note import Number


@dataclass(frozen=True, eq=False, repr=False)
class CheckResult:
    """What a check found; never prose, never unit data.

    Attributes
    ----------
    name : str
        The check.
    passed : bool or None
        None where the check only informs.
    table : DataFrame
        One row per line of the finding; a copy of what was given.
    numbers : Mapping[str, float | int | str | bool | tuple[str, ...]]
        What a sentence about the finding names.
    notes : tuple of Note

    Raises
    ------
    TypeError
        If a part has another type, or a column name is not a string.
    ValueError
        If the name is empty or a column occurs twice.

    Examples
    --------
    >>> CheckResult("size", True, pd.DataFrame({"units": [57]}), {"units": 57})
    CheckResult(size, passed=True, 1 rows)
    """

    name: str
    passed: bool | None
    table: pd.DataFrame
    numbers: Mapping[str, Number] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a check has a name")
        if not (self.passed is None or isinstance(self.passed, bool)):
            raise TypeError(f"passed is True, False or None, not {self.passed!r}")
        if not isinstance(self.table, pd.DataFrame) or not all(
            isinstance(c, str) for c in self.table.columns
        ):
            raise TypeError("the table of a check is a DataFrame whose columns are named by strings")
        if self.table.columns.has_duplicates:
            raise ValueError(f"columns occur twice: {list(self.table.columns)}")
        wrong = {key: value for key, value in self.numbers.items() if not _is_number(value)}
        if wrong or not all(isinstance(note, Note) for note in self.notes):
            raise TypeError(f"numbers are plain values and notes are Note: {wrong or self.notes}")
        object.__setattr__(self, "table", self.table.reset_index(drop=True).copy())
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))

    def __repr__(self) -> str:
        return f"CheckResult({self.name}, passed={self.passed}, {len(self.table)} rows)"


def _is_number(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, (float, int, str, bool))
