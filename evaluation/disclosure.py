"""The gate before the report: what was not published here is not shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.checks import CheckResult
from evaluation.design import Note
from evaluation.errors import DisclosureError, listed
from evaluation.estimate import Result

SCHEMA_VERSION = 1
TOTAL = "*"
"""Value of a key in a row that adds up over this key."""

MOST_VALUES = 500
BINS = 60
Flags = NDArray[np.bool_]
_SEAL = object()


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

    Raises
    ------
    DisclosureError
        If a column is missing, or is neither a key nor a count nor derived from one.

    Examples
    --------
    >>> table = pd.DataFrame({"district": ["A", "B", "C"], "households": [3, 9, 40], "rate": [1.5, 2.0, 9.9]})
    >>> cells = Cells(table, ("district",), ("households",), {"rate": "households"})
    >>> publish(cells).tables["cells"].rate.tolist()
    [nan, nan, 9.9]
    """

    table: pd.DataFrame
    keys: tuple[str, ...]
    counts: tuple[str, ...]
    depends: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depends", MappingProxyType(dict(self.depends)))
        declared = [*self.keys, *self.counts, *self.depends]
        odd = set(declared) ^ set(self.table.columns)
        wrong = [column for column, count in self.depends.items() if count not in self.counts]
        numeric = all(pd.api.types.is_numeric_dtype(self.table[c]) for c in self.counts if c in self.table)
        if odd or wrong or not numeric or len(declared) != len(set(declared)):
            raise DisclosureError("bad-cells", columns=listed(sorted(odd) or wrong or self.counts))
        object.__setattr__(self, "table", self.table.reset_index(drop=True).copy())


@dataclass(frozen=True, eq=False, repr=False)
class Publishable:
    """What the report may show; made by `publish` and `Publishable.from_json` only.

    Attributes
    ----------
    name : str
    kind : {"result", "check", "cells"}
    tables : Mapping[str, DataFrame]
        Hidden values are NaN.
    suppressed : Mapping[str, DataFrame of bool]
        For tables with hidden values: where they were.
    numbers : Mapping
        Single values by name.
    notes : tuple of Note
    profile : Profile

    Raises
    ------
    DisclosureError
        If it is made in another way.
    """

    name: str
    kind: str
    tables: Mapping[str, pd.DataFrame]
    suppressed: Mapping[str, pd.DataFrame]
    numbers: Mapping[str, Any]
    notes: tuple[Note, ...]
    profile: Profile
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise DisclosureError("not-published", what="Publishable", type="a value made by hand")
        for name in ("tables", "suppressed", "numbers"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __repr__(self) -> str:
        return f"Publishable({self.kind} {self.name}, profile {self.profile.name})"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; floats come back exactly.

        Examples
        --------
        >>> check = CheckResult("size", None, pd.DataFrame({"share": [0.1, float("nan")]}))
        >>> publish(check).to_json()["tables"]["table"]
        {'share': {'type': 'float', 'values': [0.1, None]}}
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "kind": self.kind,
            "tables": {name: _encode(table) for name, table in self.tables.items()},
            "suppressed": {
                name: {column: flags[column].tolist() for column in flags}
                for name, flags in self.suppressed.items()
            },
            "numbers": {name: _plain(value) for name, value in self.numbers.items()},
            "notes": [
                {"code": note.code, "numbers": {k: _plain(v) for k, v in note.numbers.items()}}
                for note in self.notes
            ],
            "profile": {
                "name": self.profile.name,
                "threshold": self.profile.threshold,
                "zeros": self.profile.zeros,
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | str) -> Publishable:
        """Read what `to_json` gave.

        Raises
        ------
        DisclosureError
            If it is of another version.
        """
        raw = json.loads(value) if isinstance(value, str) else value
        if raw.get("schema_version") != SCHEMA_VERSION:
            raise DisclosureError("bad-published", version=raw.get("schema_version"), known=SCHEMA_VERSION)
        return cls(
            name=raw["name"],
            kind=raw["kind"],
            tables={name: _decode(table) for name, table in raw["tables"].items()},
            suppressed={name: pd.DataFrame(flags, dtype=bool) for name, flags in raw["suppressed"].items()},
            numbers={name: _restored(number) for name, number in raw["numbers"].items()},
            notes=tuple(
                Note(note["code"], {k: _restored(v) for k, v in note["numbers"].items()})
                for note in raw["notes"]
            ),
            profile=Profile(**raw["profile"]),
            seal=_SEAL,
        )


def publish(x: Result | CheckResult | Cells, profile: Profile = PUBLIC) -> Publishable:
    """Pass a value through the rules of a profile.

    Results and checks speak of areas and of estimates, and pass as they are; a result by randomisation takes
    along the estimates under the other assignments. In `Cells`, counts below the threshold are hidden with
    everything that rests on them. Then, for each total over any of the keys, be it printed or not: where
    exactly one cell of the sum is hidden, the next smallest is hidden too, so that no total gives it back.
    Intervals for hidden cells that follow from several totals together are not looked for.

    Parameters
    ----------
    x : Result, CheckResult or Cells
    profile : Profile

    Returns
    -------
    Publishable
        For cells with the note ``cells_hidden``: primary, secondary, cells, threshold.

    Raises
    ------
    DisclosureError
        If `x` is something else.

    Examples
    --------
    >>> table = pd.DataFrame({"district": ["A", "B", "C"], "homes": [4, 5, 6]})
    >>> cells = Cells(table, keys=("district",), counts=("homes",))
    >>> publish(cells).tables["cells"].homes.tolist()
    [nan, nan, 6.0]
    """
    if isinstance(x, Result):
        return _result(x, profile)
    if isinstance(x, CheckResult):
        numbers = {"passed": x.passed, **x.numbers}
        return _seal(x.name, "check", {"table": x.table.copy()}, numbers, x.notes, profile)
    if isinstance(x, Cells):
        return _cells(x, profile)
    raise DisclosureError("not-publishable", type=type(x).__name__)


def _seal(
    name: str,
    kind: str,
    tables: Mapping[str, pd.DataFrame],
    numbers: Mapping[str, Any],
    notes: tuple[Note, ...],
    profile: Profile,
    suppressed: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> Publishable:
    return Publishable(name, kind, tables, suppressed, numbers, notes, profile, seal=_SEAL)


def _result(result: Result, profile: Profile) -> Publishable:
    glance = {str(name): value for name, value in result.glance().iloc[0].items()}
    numbers = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in glance.items()
    }
    tables = {"tidy": result.tidy()}
    if result.inference.distribution is not None:
        names = [term.name for term in result.estimate.terms]
        tables["distribution"] = _distribution(result.inference.distribution, names)
    return _seal(result.estimate.estimator, "result", tables, numbers, result.notes, profile)


def _distribution(values: NDArray[np.float64], terms: list[str]) -> pd.DataFrame:
    """Estimates under the assignments, sorted; many of them as counts in bins of equal width.

    Columns term, low, high, assignments; low and high are equal where values are listed one by one.
    """
    parts = []
    for term, column in zip(terms, values.T, strict=True):
        known = np.sort(column[np.isfinite(column)])
        if len(known) > MOST_VALUES:
            counts, edges = np.histogram(known, bins=BINS)
            low, high = edges[:-1], edges[1:]
        else:
            low, counts = np.unique(known, return_counts=True)
            high = low
        parts.append(pd.DataFrame({"term": term, "low": low, "high": high, "assignments": counts}))
    return pd.concat(parts, ignore_index=True)


def _cells(cells: Cells, profile: Profile) -> Publishable:
    table = cells.table
    flags = pd.DataFrame(False, index=table.index, columns=table.columns)
    primary = 0
    for count in cells.counts:
        small = profile.hides(table[count])
        primary += int(small.sum())
        flags[count] = _protect(table, cells.keys, count, small)
    hidden = int(flags.to_numpy().sum())
    for derived, count in cells.depends.items():
        flags[derived] = flags[count] | table[count].isna()
    shown = table.copy()
    for column in (*cells.counts, *cells.depends):
        shown[column] = shown[column].astype(np.float64).mask(flags[column])
    numbers = {"primary": primary, "secondary": hidden - primary, "cells": table.shape[0] * len(cells.counts)}
    note = Note("cells_hidden", {**numbers, "threshold": profile.threshold})
    return _seal("cells", "cells", {"cells": shown}, numbers, (note,), profile, {"cells": flags})


def _protect(table: pd.DataFrame, keys: tuple[str, ...], count: str, small: Flags) -> Flags:
    """Hide a second cell in every sum in which exactly one is hidden, until there is none left."""
    hidden, values = small.copy(), table[count].to_numpy(dtype=np.float64)
    lines = [line for line in _lines(table, keys) if len(line) > 1]
    changed = True
    while changed:
        changed = False
        for line in lines:
            free = line[~hidden[line] & np.isfinite(values[line])]
            if hidden[line].sum() == 1 and len(free):
                hidden[free[np.lexsort((free, values[free], values[free] == 0))[0]]] = True
                changed = True
    return hidden


def _lines(table: pd.DataFrame, keys: tuple[str, ...]) -> Iterator[NDArray[np.int64]]:
    """Yield the rows that add up to one total, for the totals over any of the keys."""
    inner = np.flatnonzero(~(table[list(keys)].astype(object) == TOTAL).any(axis=1).to_numpy())
    for size in range(len(keys)):
        for fixed in combinations(keys, size):
            if not fixed:
                yield inner
                continue
            groups = table.iloc[inner].groupby(list(fixed), sort=True, dropna=False).indices
            yield from (inner[positions] for positions in groups.values())


def _encode(table: pd.DataFrame) -> dict[str, Any]:
    """Columns with their type; NaN is null, an infinity is text."""
    return {str(name): {"type": _type(table[name]), "values": _values(table[name])} for name in table}


def _type(column: pd.Series) -> str:
    kinds = {"f": "float", "i": "int", "u": "int", "b": "bool"}
    return kinds.get(column.dtype.kind, "object")


def _values(column: pd.Series) -> list[Any]:
    return [_plain(value) for value in column.astype(object)]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if np.isfinite(value) else None if np.isnan(value) else str(value)
    return value if isinstance(value, (bool, int, str)) else str(value)


def _decode(columns: Mapping[str, Any]) -> pd.DataFrame:
    types = {"float": np.float64, "int": np.int64, "bool": np.bool_, "object": object}
    data: dict[str, Any] = {}
    for name, column in columns.items():
        values = column["values"]
        if column["type"] == "float":
            values = [np.nan if value is None else float(value) for value in values]
        data[name] = pd.Series(values, dtype=types[column["type"]])
    return pd.DataFrame(data)


def _restored(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else float(value) if value in ("inf", "-inf") else value
