"""The small words of messages: counts that choose their noun, the nearest option, a list cut short."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


class Plural(int):
    """A whole number that chooses between words: ``{count:row|rows}``.

    Examples
    --------
    >>> "{n} {n:row has|rows have} no value".format(n=Plural(1))
    '1 row has no value'
    """

    def __format__(self, spec: str) -> str:
        if "|" not in spec:
            return super().__format__(spec)
        one, several = spec.split("|")
        return one if self == 1 else several


def english(value: Any) -> Any:
    """Return a value for an English message: counts choose words, of two languages one is taken.

    Examples
    --------
    >>> english({"cs": "ministerstvo", "en": "ministry"})
    'ministry'
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return Plural(value)
    if isinstance(value, Mapping) and "en" in value:
        return value["en"]
    return value


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return a sentence that offers the nearest option, or nothing.

    Examples
    --------
    >>> did_you_mean("distrct", ["district", "quarter"])
    "Did you mean 'district'?"
    """
    close = difflib.get_close_matches(str(word), [str(option) for option in options], n=1)
    return f"Did you mean {close[0]!r}?" if close else ""


def listed(items: Iterable[object], most: int = 12) -> str:
    """Join items for a message and say how many were left out.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b (+1 more)'
    """
    names = [str(item) for item in items]
    more = f" (+{len(names) - most} more)" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "none"
