"""What a delivery changes in what is known from its sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from evaluation.intake.cells import Row
from evaluation.intake.delivery import Table
from evaluation.intake.replay import differing, latest


@dataclass(frozen=True, eq=False)
class Change:
    """Differences between a delivery and what is known.

    Attributes
    ----------
    added : int
        New rows.
    changed : DataFrame
        Columns sheet, row (the key as text), column, old, new.
    withdrawn : Mapping[str, tuple of Mapping]
        By sheet the keys of rows in the periods of the delivery that it no longer holds.
    """

    added: int
    changed: pd.DataFrame
    withdrawn: Mapping[str, tuple[Row, ...]]

    @property
    def contradicts(self) -> int:
        """Number of known cells and rows that no longer hold."""
        return len(self.changed) + sum(map(len, self.withdrawn.values()))

    @property
    def is_nothing(self) -> bool:
        """Whether everything in the delivery is known already."""
        return not self.added and not self.contradicts

    @property
    def example(self) -> str:
        """One difference, for a message."""
        for row in self.changed.itertuples(index=False):
            return f"{row.sheet}, {row.row}, {row.column}: {row.old} → {row.new}"
        return next((f"{name}, {shown(row)}: –" for name, rows in self.withdrawn.items() for row in rows), "")


def shown(key: Row) -> str:
    """Return a key as text.

    Examples
    --------
    >>> shown({"district": "500054", "quarter": "2024Q4"})
    'district 500054, quarter 2024Q4'
    """
    return ", ".join(f"{name} {value}" for name, value in key.items())


def as_keys(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Row, ...]:
    """Return the keys of rows.

    Examples
    --------
    >>> as_keys(pd.DataFrame({"district": ["500054"], "households": ["12"]}), ["district"])
    ({'district': '500054'},)
    """
    rows = frame[list(names)].itertuples(index=False, name=None)
    return tuple(dict(zip(names, map(str, row), strict=True)) for row in rows)


def compared(tables: Sequence[Table], before: pd.DataFrame) -> Change:
    """Compare tables with the cells that are known from the same sender."""
    added, changed, withdrawn = 0, [], {}
    for table in tables:
        known = latest(before, table.name)
        if not len(known):
            added += len(table.frame)
            continue
        names = list(table.key)
        both = known.merge(table.frame[names], on=names)
        added += len(table.frame) - len(both)
        one = differing(known, table.frame, names)
        keys = pd.Series([shown(row) for row in as_keys(one, names)], one.index, object)
        changed.append(one[["column", "old", "new"]].assign(sheet=table.name, row=keys))
        if gone := _gone(table, known):
            withdrawn[table.name] = gone
    columns = ["sheet", "row", "column", "old", "new"]
    frames = [frame for frame in changed if len(frame)]
    whole = pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    return Change(added, whole, withdrawn)


def _gone(table: Table, known: pd.DataFrame) -> tuple[Row, ...]:
    """Keys known in the periods of a table and not in it."""
    names = list(table.key)
    inside = known[known[table.time].isin(set(table.frame[table.time]))]
    marked = inside[names].merge(table.frame[names], on=names, how="left", indicator=True)
    return as_keys(marked[marked["_merge"] == "left_only"], names)
