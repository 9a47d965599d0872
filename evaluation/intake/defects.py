"""`Defect`: one thing that is wrong with a submission, as a code, its place and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Severity = Literal["error", "repaired", "warning", "explained"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "repaired", "explained")
HIDDEN = "•••"
"""Stands for a value that nobody may read, such as a birth number."""

_LONGEST = 80


@dataclass(frozen=True)
class Defect:
    """One defect; never prose.

    Attributes
    ----------
    code : str
        Key of two sentences in ``evaluation/locales`` (``defect-<code>`` and ``defect-<code>-fix``), or of an
        error of `evaluation.errors` where a whole file was refused.
    severity : {"error", "warning", "repaired", "explained"}
        An error keeps the file from being accepted; a warning needs a look; what was repaired is stored as
        repaired; a warning that the sender gave a coded reason for is explained.
    file, sheet, cell : str
        Where it is; empty where it concerns a whole file, sheet or folder.
    value : str
        What stands there, cut to 80 characters; `HIDDEN` where it may be personal.
    numbers : Mapping
        What the sentences name.

    Examples
    --------
    >>> Defect("below_minimum", "error", "praha3.xlsx", "need", "E11", "-4", {"minimum": 0}).place
    'praha3.xlsx, need, E11'
    """

    code: str
    severity: Severity
    file: str = ""
    sheet: str = ""
    cell: str = ""
    value: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"{self.severity!r} is no severity")
        object.__setattr__(self, "value", self.value[:_LONGEST])
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))

    def __hash__(self) -> int:
        return hash((self.code, self.severity, self.file, self.sheet, self.cell, self.value))

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.code, self.severity, self.file, self.sheet, self.cell, self.value, dict(self.numbers))
        return Defect, parts

    @property
    def place(self) -> str:
        """File, sheet and cell, as far as they are known."""
        return ", ".join(part for part in (self.file, self.sheet, self.cell) if part)
