"""Names that must be on a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from evaluation.errors import DataError, did_you_mean


def refuse_unlisted(values: Any, known: Iterable[str], role: str) -> None:
    """Refuse names that are not on a list.

    Raises
    ------
    DataError
        Naming the first, and the nearest on the list.

    Examples
    --------
    >>> refuse_unlisted(["Praha 1"], ["Praha 1", "Praha 2"], "district")
    """
    names = [str(value) for value in values]
    listed = set(map(str, known))
    bad = np.flatnonzero([name not in listed for name in names])
    if len(bad):
        first = int(bad[0])
        raise DataError(
            "not-on-list",
            count=len(bad),
            role=role,
            example=f"row {first + 1}: {names[first]!r}",
            suggestion=did_you_mean(names[first], sorted(listed)),
        )
