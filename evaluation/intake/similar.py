"""The nearest option to what somebody wrote."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from evaluation.intake.codelist import fold

_LONGEST = 60


def nearest(text: str, options: Iterable[str]) -> str:
    """Return the option that is nearest to a text, empty where none is near.

    Numbers in names decide: what is written "Praha 31" is nearer to "Praha 3" than to "Praha".

    Examples
    --------
    >>> nearest("Prha 3", ["Praha 3", "Praha 13"])
    'Praha 3'
    """
    folded = {fold(option): option for option in options}
    close = difflib.get_close_matches(fold(text)[:_LONGEST], list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else ""
