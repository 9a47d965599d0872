"""Anderson's index: several items of one outcome as one number, those that say the same counted less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns
from evaluation.design.note import Number
from evaluation.errors import InferenceError, listed

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SINGULAR = 1e-8  # a combination of items with this share of the largest variance is none


@dataclass(frozen=True, eq=False, repr=False)
class AndersonIndex:
    """An index and how it was made.

    Attributes
    ----------
    value : ndarray, shape (n_rows,)
        In standard deviations of the reference rows; NaN where no item was observed.
    table : DataFrame
        One row per item: item, reversed, mean, std_dev (of the reference rows), weight (they add up to one),
        missing (rows).
    notes : tuple of Note
        ``index_incomplete``: rows without some items, and without any; ``index_negative_weight``: items whose
        weight is negative.
    """

    value: Floats
    table: pd.DataFrame
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        return f"AndersonIndex({len(self.value)} rows)\n{self.table.to_string(index=False)}"


def anderson_index(
    frame: Any, items: Sequence[str], *, reference: str | None = None, reverse: Sequence[str] = ()
) -> AndersonIndex:
    """Weigh items by the inverse of their covariance and average them: one outcome instead of many tests.

    With z_ij item j of row i less the mean of the reference rows, divided by their standard deviation, S the
    covariance of the z over all rows and w = S^-1 1,

        s_i = sum_j w_j z_ij / sum_j w_j,

    both sums over the items that row i has: the efficient mean of items that measure one thing, in which two
    that move together share a weight. Anderson (2008), doi:10.1198/016214508000000841; weights after O'Brien
    (1984), doi:10.2307/2531158. Covariances are taken over the rows that have both items.

    Parameters
    ----------
    frame : DataFrame
        pandas, polars or Arrow.
    items : sequence of str
        Columns of numbers; which way they point must be the same, see `reverse`.
    reference : str, optional
        A column that is 1 (or true) in the rows to standardise by, such as comparison districts before the
        programme; by default all rows.
    reverse : sequence of str
        Items of which less is better: their sign is changed.

    Returns
    -------
    AndersonIndex

    Raises
    ------
    DataError
        If a column is missing or holds no numbers.
    InferenceError
        If an item does not vary in the reference rows, items follow from each other, an item is named twice,
        or `reverse` names one that is not there.

    Examples
    --------
    >>> answers = pd.DataFrame({"flat": [1, -1, 1, -1, 0, 0, 0, 0], "stairs": [1, -1, 0, 0, 0, 0, 0, 0],
    ...                         "noise": [0, 0, 0, 0, 1, -1, 1, -1]})
    >>> index = anderson_index(answers, ["flat", "stairs", "noise"], reverse=["noise"])
    >>> index.table.weight.round(2).tolist()
    [0.27, 0.27, 0.46]
    """
    _check(items, reverse)
    data = read_columns(frame, {"reference": reference}, items)
    sign = np.where(np.isin(items, list(reverse)), -1.0, 1.0)
    raw = np.column_stack([numeric(data, item) for item in items]) * sign
    chosen = np.ones(len(raw), dtype=bool) if reference is None else numeric(data, reference) > 0
    mean, spread = _standard(raw[chosen], items)
    z = (raw - mean) / spread
    weight = _weights(z, items)
    value, present = _averages(z, weight), ~np.isnan(z)
    table = pd.DataFrame(
        {
            "item": list(items),
            "reversed": sign < 0,
            "mean": mean * sign,
            "std_dev": spread,
            "weight": weight,
            "missing": (~present).sum(axis=0),
        }
    )
    return AndersonIndex(value, table, _notes(present, value, table))


def _check(items: Sequence[str], reverse: Sequence[str]) -> None:
    unknown = [name for name in reverse if name not in items]
    twice = sorted({name for name in items if list(items).count(name) > 1})
    if unknown or twice or not items:
        raise InferenceError("bad-items", items=listed(items), wrong=listed([*unknown, *twice]))


def _standard(rows: Floats, items: Sequence[str]) -> tuple[Floats, Floats]:
    """Return the mean and standard deviation of each item."""
    known = (~np.isnan(rows)).sum(axis=0)
    enough = known > 1
    mean, spread = np.full(len(items), np.nan), np.zeros(len(items))
    mean[enough] = np.nanmean(rows[:, enough], axis=0)
    spread[enough] = np.nanstd(rows[:, enough], axis=0, ddof=1)
    flat = ~(spread > _SINGULAR * np.abs(mean))
    if flat.any():
        names = [item for item, is_flat in zip(items, flat, strict=True) if is_flat]
        raise InferenceError("constant-item", count=len(names), of=len(items), examples=listed(names, most=3))
    return mean, spread


def _weights(z: Floats, items: Sequence[str]) -> Floats:
    """Row sums of the inverse covariance, as shares."""
    covariance = np.atleast_2d(pd.DataFrame(z).cov(min_periods=2).to_numpy())
    values = np.linalg.eigvalsh(covariance) if not np.isnan(covariance).any() else np.zeros(1)
    if not values[0] > _SINGULAR * values[-1]:
        raise InferenceError("dependent-items", items=listed(items))
    sums = np.linalg.solve(covariance, np.ones(len(items)))
    return np.asarray(sums / sums.sum())


def _averages(z: Floats, weight: Floats) -> Floats:
    """Weighted means over the items that a row has; NaN where their weights add up to nothing."""
    present = ~np.isnan(z)
    total = present @ weight
    return np.asarray(
        np.divide(np.nan_to_num(z) @ weight, total, out=np.full(len(z), np.nan), where=total > _SINGULAR)
    )


def _notes(present: Flags, value: Floats, table: pd.DataFrame) -> tuple[Note, ...]:
    notes: tuple[Note, ...] = ()
    incomplete = int((~present.all(axis=1)).sum())
    if incomplete:
        numbers = {"rows": incomplete, "of": len(present), "without": int(np.isnan(value).sum())}
        notes += (Note("index_incomplete", numbers),)
    negative = table.loc[table["weight"] < 0, "item"]
    if len(negative):
        told: dict[str, Number] = {"items": len(negative), "of": len(table), "names": listed(negative)}
        notes += (Note("index_negative_weight", told),)
    return notes
