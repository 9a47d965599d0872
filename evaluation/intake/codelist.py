"""Code lists with dates: which code means what, from when to when, and what became of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from evaluation.intake.typed import Model, Quarter, Words

Standing = Literal["valid", "not_yet", "ended", "unknown"]


class Entry(Model):
    """One code.

    Attributes
    ----------
    code : str
        What is stored.
    name : Words
        What people write and read.
    valid_from, valid_to : str or None
        First and last quarter in which the code may be used.
    successors : tuple of str
        The codes that took its place: one after a change of code or a merger, several after a split.
    """

    code: str
    name: Words
    valid_from: Quarter | None = None
    valid_to: Quarter | None = None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A code list.

    Attributes
    ----------
    id : str
    title : Words
    entries : tuple of Entry
        At least one; codes are distinct.

    Examples
    --------
    >>> name = Words(cs="Praha 3", en="Praha 3")
    >>> codes = CodeList("districts", Words(cs="a", en="a"), (Entry(code="500097", name=name),))
    >>> codes.find("praha  3").code, codes.standing("500097", "2024Q4")
    ('500097', 'valid')
    """

    id: str
    title: Words
    entries: tuple[Entry, ...]

    @cached_property
    def by_code(self) -> Mapping[str, Entry]:
        """The entries by their code."""
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def _written(self) -> Mapping[str, Entry]:
        """Entries by every way of writing them; a later entry of the same name is the current one."""
        ways = [(way, one) for one in self.entries for way in (one.name.cs, one.name.en)]
        return {fold(way): one for way, one in ways} | {fold(one.code): one for one in self.entries}

    def find(self, text: str) -> Entry | None:
        """Return the entry that a text means: its code or a name, whatever its case, accents and spaces."""
        return self._written.get(fold(text))

    def standing(self, code: str, quarter: str | None) -> Standing:
        """Say whether a code may be used in a quarter (None: in any)."""
        entry = self.by_code.get(code)
        if entry is None:
            return "unknown"
        if quarter is not None and entry.valid_from is not None and quarter < entry.valid_from:
            return "not_yet"
        if quarter is not None and entry.valid_to is not None and quarter > entry.valid_to:
            return "ended"
        return "valid"

    def valid(self, quarter: str | None) -> tuple[Entry, ...]:
        """Return the entries that may be used in a quarter."""
        return tuple(one for one in self.entries if self.standing(one.code, quarter) == "valid")

    def names(self, codes: Iterable[str]) -> tuple[Words, ...]:
        """Return the names of codes that the list has."""
        return tuple(self.by_code[code].name for code in codes if code in self.by_code)


def fold(text: str) -> str:
    """Return a text without case, accents, punctuation and spaces, for comparing what people write.

    Examples
    --------
    >>> fold("Městská  část"), fold("Praha-Ďáblice")
    ('mestskacast', 'prahadablice')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", plain.casefold())
