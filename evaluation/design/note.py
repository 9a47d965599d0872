"""A coded remark. Sentences for people are made from it in ``report``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Number = float | int | str | bool | tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """One thing that the software noticed, as a code and its numbers; never prose.

    Attributes
    ----------
    code : str
        Key of a sentence in ``evaluation/locales`` (``note-<code>``).
    numbers : Mapping[str, float | int | str | bool | tuple[str, ...]]
        What the sentence names.

    Examples
    --------
    >>> Note("few_treated_clusters", {"treated": 1, "clusters": 27}).numbers["treated"]
    1
    """

    code: str
    numbers: Mapping[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", MappingProxyType(dict(self.numbers)))

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.numbers.items(), key=lambda item: item[0]))))

    def __reduce__(self) -> tuple[Any, ...]:
        return Note, (self.code, dict(self.numbers))
