"""Coarser values: ages in bands, dates as quarters, and how many share each combination."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.estimate import CheckResult

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def age_band(age: str, edges: Sequence[int]) -> str:
    """Return the band of an age in completed years.

    Parameters
    ----------
    age : str
        Whole number.
    edges : sequence of int
        Lower ends of the bands, ascending; the last band has no upper end.

    Raises
    ------
    ValueError
        If the age is not a whole number, or lies below the first edge; if the edges do not ascend.

    Examples
    --------
    >>> [age_band(age, (0, 18, 25, 65)) for age in ("0", "17", "18", "64", "65", "101")]
    ['0-17', '0-17', '18-24', '25-64', '65+', '65+']
    """
    if list(edges) != sorted(set(edges)) or not edges:
        raise ValueError(f"the edges of bands ascend: {list(edges)}")
    years = int(age)
    if years < edges[0]:
        raise ValueError(f"an age of {years} lies below the first band")
    i = sum(years >= edge for edge in edges) - 1
    return f"{edges[i]}-{edges[i + 1] - 1}" if i + 1 < len(edges) else f"{edges[i]}+"


def quarter_of(date: str) -> str:
    """Return the quarter of a date written as 2024-12-31.

    Raises
    ------
    ValueError
        If it is no date.

    Examples
    --------
    >>> quarter_of("2024-12-31"), quarter_of("2024-04-01")
    ('2024Q4', '2024Q2')
    """
    found = _DATE.fullmatch(date)
    if not found or pd.isna(pd.to_datetime(date, errors="coerce")):
        raise ValueError(f"{date!r} is no date")
    return f"{found[1]}Q{math.ceil(int(found[2]) / 3)}"


def k_anonymity(frame: pd.DataFrame, columns: Sequence[str], *, k: int = 5) -> CheckResult:
    """Count the rows that share a combination of the named columns with fewer than `k` rows in all.

    Equal combinations form a class; missing values are a value of their own. Who knows these columns of a
    person cannot tell the person's row from fewer than `k` others where every class has `k` rows.

    Parameters
    ----------
    frame : DataFrame
        One row per person.
    columns : sequence of str
        What somebody else may know: district, age band, quarter.
    k : int
        Smallest class allowed.

    Returns
    -------
    CheckResult
        Table ``size_from, size_to, classes, rows``; numbers k, rows, classes, smallest, rows_below. Never the
        combinations themselves.

    Raises
    ------
    ValueError
        If k < 2, or no column or an unknown one is named.

    References
    ----------
    Sweeney, L. (2002). k-anonymity: a model for protecting privacy. International Journal of Uncertainty,
    Fuzziness and Knowledge-Based Systems 10(5), 557-570, doi:10.1142/S0218488502001648.

    Examples
    --------
    >>> persons = pd.DataFrame({"district": ["1"] * 6 + ["2"], "age": ["18-24"] * 7})
    >>> found = k_anonymity(persons, ["district", "age"], k=5)
    >>> found.passed, found.numbers["rows_below"], found.numbers["smallest"]
    (False, 1, 1)
    """
    if k < 2 or not columns or not set(columns) <= set(frame.columns):
        raise ValueError(f"k is at least 2, and {list(columns)} are columns of the table")
    sizes = frame.groupby(list(columns), dropna=False, sort=False).size().to_numpy(dtype=int)
    below = int(sizes[sizes < k].sum())
    numbers = {
        "k": k,
        "rows": len(frame),
        "classes": len(sizes),
        "smallest": int(sizes.min()) if len(sizes) else 0,
        "rows_below": below,
    }
    notes = (Note("classes_below_k", {"k": k, "rows": below}),) if below else ()
    return CheckResult("k_anonymity", below == 0, _size_classes(sizes, k), numbers, notes)


def _size_classes(sizes: np.ndarray, k: int) -> pd.DataFrame:
    """Count classes and rows by size: a single row, fewer than k, fewer than ten times k, more."""
    edges = [1, 2, k, 10 * k]
    rows = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        inside = sizes[(sizes >= low) & ((sizes < high) if high else True)]
        if high != low:
            top = math.inf if high is None else float(high - 1)
            rows.append((low, top, len(inside), int(inside.sum())))
    return pd.DataFrame(rows, columns=["size_from", "size_to", "classes", "rows"])
