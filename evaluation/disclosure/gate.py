"""`publish`: the rules by which values pass to the report."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.checks import CheckResult
from evaluation.design import Note
from evaluation.disclosure.cells import PUBLIC, Cells, Profile, protected
from evaluation.disclosure.persons import hidden_note, masked, of_people, too_small
from evaluation.disclosure.publishable import SEAL, Publishable
from evaluation.errors import DisclosureError
from evaluation.estimate import Result
from evaluation.process import Counts, indicator_table

INDICATORS = ("indicator", "indicator_path")
SCALES, PERSONS = "usability", ("n", "missing")
MOST_VALUES = 500
BINS = 60


def publish(x: Result | CheckResult | Cells, profile: Profile = PUBLIC) -> Publishable:
    """Pass a value through the rules of a profile.

    Results and checks speak of areas and of estimates, and pass as they are; a result by randomisation takes
    along the estimates under the other assignments. Of indicators and checks that count persons (training,
    hours of support, scales) the small values are hidden. In `Cells`, counts below the threshold are hidden
    with everything that rests on them. Then, for each total over any of the keys, be it printed or not: where
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
        return _check(x, profile)
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
    return Publishable(name, kind, tables, suppressed, numbers, notes, profile, seal=SEAL)


def _check(check: CheckResult, profile: Profile) -> Publishable:
    numbers, table = {"passed": check.passed, **check.numbers}, check.table.copy()
    if (people := of_people(check)) is not None:
        return _people(check, people, profile, numbers)
    if check.name == SCALES:
        return _scales(check, profile, numbers)
    if check.name in INDICATORS and check.numbers.get("persons") is True:
        hidden = too_small(table, profile)
        shown, flags = masked(table, hidden)
        notes = (*check.notes, *hidden_note(hidden, table, profile))
        return _seal(check.name, "check", {"table": shown}, numbers, notes, profile, {"table": flags})
    return _seal(check.name, "check", {"table": table}, numbers, check.notes, profile)


def _scales(check: CheckResult, profile: Profile, numbers: dict[str, Any]) -> Publishable:
    """Hide means of few persons, and how many few had no score; nobody is no one to be hidden."""
    few = {name: profile.hides(check.table[name]) & (check.table[name] > 0).to_numpy() for name in PERSONS}
    shown, flags = masked(check.table, few["n"])
    flags["missing"] |= few["missing"]
    shown["missing"] = shown["missing"].mask(few["missing"])
    notes = (*check.notes, *hidden_note(few["n"], check.table, profile))
    return _seal(check.name, "check", {"table": shown}, numbers, notes, profile, {"table": flags})


def _people(check: CheckResult, people: Cells, profile: Profile, numbers: dict[str, Any]) -> Publishable:
    """Return a check without what its cells hide; its labels stay as they were."""
    cells = _cells(people, profile)
    flags = cells.suppressed["cells"]
    shown = cells.tables["cells"].assign(**{key: check.table[key] for key in people.keys})
    notes = (*check.notes, *(cells.notes if flags.any(axis=None) else ()))
    return _seal(check.name, "check", {"table": shown}, numbers, notes, profile, {"table": flags})


def _indicator(
    result: Result, tables: dict[str, pd.DataFrame], numbers: dict[str, Any], profile: Profile
) -> Publishable:
    measured = _check(indicator_table(result), profile)
    tables |= {"indicator": measured.tables["table"]}
    numbers |= {name: measured.numbers[name] for name in ("measure", "factor", "persons")}
    suppressed = {}
    if "table" in measured.suppressed:
        suppressed["indicator"] = measured.suppressed["table"]
        hidden = suppressed["indicator"]["estimate"].to_numpy()
        tables["tidy"], suppressed["tidy"] = masked(tables["tidy"], hidden)
    return _seal("indicator", "result", tables, numbers, measured.notes, profile, suppressed)


def _result(result: Result, profile: Profile) -> Publishable:
    glance = {str(name): value for name, value in result.glance().iloc[0].items()}
    numbers = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in glance.items()
    }
    tables = {"tidy": result.tidy()}
    if isinstance(result.estimate.design, Counts):
        return _indicator(result, tables, numbers, profile)
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
        flags[count] = protected(table, cells.keys, count, small, cells.separate)
    hidden = int(flags.to_numpy().sum())
    for derived, count in cells.depends.items():
        flags[derived] = flags[count] | table[count].isna()
    shown = table.copy()
    for column in (*cells.counts, *cells.depends):
        shown[column] = shown[column].astype(np.float64).mask(flags[column])
    numbers = {"primary": primary, "secondary": hidden - primary, "cells": table.shape[0] * len(cells.counts)}
    note = Note("cells_hidden", {**numbers, "threshold": profile.threshold})
    return _seal("cells", "cells", {"cells": shown}, numbers, (note,), profile, {"cells": flags})
