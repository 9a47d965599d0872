"""Counts of people, which of them are too small to be shown, and which would give one of those back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import DisclosureError, listed

TOTAL = "*"
"""Value of a key in a row that adds up over this key."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Profile:
    """What may be shown.

    Attributes
    ----------
    name : str
    threshold : int
        Counts below it are hidden.
    zeros : bool
        Whether a count of zero is hidden too: it tells that nobody was there.
    """

    name: str
    threshold: int = 5
    zeros: bool = True

    def hides(self, counts: pd.Series) -> Flags:
        """Say which counts are too small, shape (n,); a missing count is not a small one."""
        small = (counts < self.threshold).to_numpy()
        return small if self.zeros else small & (counts != 0).to_numpy()


PUBLIC = Profile("public")


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """Counts of people by area or group, and what was calculated from them.

    Attributes
    ----------
    table : DataFrame
        One row per cell; a row with `TOTAL` in a key adds up over this key.
    keys, counts : tuple of str
        Columns.
    depends : Mapping[str, str]
        Derived column -> count column on which it rests.
    separate : tuple of str
        Keys whose cells are not parts of a total, such as months: the same persons are counted in each.

    Raises
    ------
    DisclosureError
        If a column is missing, or is neither a key nor a count nor derived from one.

    Examples
    --------
    >>> from evaluation.disclosure.gate import publish
    >>> table = pd.DataFrame({"district": ["A", "B", "C"], "households": [3, 9, 40], "rate": [1.5, 2.0, 9.9]})
    >>> cells = Cells(table, ("district",), ("households",), {"rate": "households"})
    >>> publish(cells).tables["cells"].rate.tolist()
    [nan, nan, 9.9]
    """

    table: pd.DataFrame
    keys: tuple[str, ...]
    counts: tuple[str, ...]
    depends: Mapping[str, str] = field(default_factory=dict)
    separate: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "depends", MappingProxyType(dict(self.depends)))
        declared = [*self.keys, *self.counts, *self.depends]
        odd = set(declared) ^ set(self.table.columns)
        wrong = [column for column, count in self.depends.items() if count not in self.counts]
        wrong += [key for key in self.separate if key not in self.keys]
        numeric = all(pd.api.types.is_numeric_dtype(self.table[c]) for c in self.counts if c in self.table)
        if odd or wrong or not numeric or len(declared) != len(set(declared)):
            raise DisclosureError("bad-cells", columns=listed(sorted(odd) or wrong or self.counts))
        object.__setattr__(self, "table", self.table.reset_index(drop=True).copy())


def protected(
    table: pd.DataFrame, keys: tuple[str, ...], count: str, small: Flags, separate: tuple[str, ...] = ()
) -> Flags:
    """Hide a second cell in every sum in which exactly one is hidden, until there is none left."""
    hidden, values = small.copy(), table[count].to_numpy(dtype=np.float64)
    lines = [line for line in _lines(table, keys, separate) if len(line) > 1]
    changed = True
    while changed:
        changed = False
        for line in lines:
            free = line[~hidden[line] & np.isfinite(values[line])]
            if hidden[line].sum() == 1 and len(free):
                hidden[free[np.lexsort((free, values[free], values[free] == 0))[0]]] = True
                changed = True
    return hidden


def _lines(
    table: pd.DataFrame, keys: tuple[str, ...], separate: tuple[str, ...]
) -> Iterator[NDArray[np.int64]]:
    """Yield the rows that add up to one total, for the totals over any of the keys that add up."""
    inner = np.flatnonzero(~(table[list(keys)].astype(object) == TOTAL).any(axis=1).to_numpy())
    for size in range(len(keys)):
        for fixed in combinations(keys, size):
            if not set(separate) <= set(fixed):
                continue
            if not fixed:
                yield inner
                continue
            groups = table.iloc[inner].groupby(list(fixed), sort=True, dropna=False).indices
            yield from (inner[positions] for positions in groups.values())
