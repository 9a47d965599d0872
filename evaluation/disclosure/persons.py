"""Indicators and checks that count persons: which of their values are too small to be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.disclosure.cells import TOTAL, Cells, Profile, protected
from evaluation.estimate import CheckResult

COUNTED = ("numerator", "denominator", "n")
PEOPLE: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "training": (
        "group",
        ("persons_enrolled", "persons_completed", "persons_passed"),
        {
            "course_completions": "persons_completed",
            "share_completed": "persons_completed",
            "share_passed": "persons_passed",
        },
    ),
    "support_hours": ("band", ("persons",), {"hours": "persons"}),
}
"""Checks that count people: key, counts, and what rests on which count."""
VALUES = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "band_low", "band_high")


def too_small(table: pd.DataFrame, profile: Profile) -> NDArray[np.bool_]:
    """Say which rows of an indicator are hidden, shape (n,).

    Hidden is a row whose numerator or denominator is below the threshold; where that is exactly one of the
    terms of a period, the next smallest too, so that the total does not give it back.

    Examples
    --------
    >>> table = pd.DataFrame({"term": ["a", "b", "c"], "period": "2020Q1", "numerator": [2.0, 9.0, 30.0],
    ...                       "denominator": [9.0, 20.0, 50.0]})
    >>> too_small(table, Profile("public")).tolist()
    [True, True, False]
    """
    small = np.zeros(len(table), dtype=np.bool_)
    for name in COUNTED[:2]:
        small |= profile.hides(table[name]) & table[name].notna().to_numpy()
    hidden = small.copy()
    for rows in table.groupby("period", sort=False).indices.values():
        part = table.iloc[rows].reset_index(drop=True)
        hidden[rows] = protected(part, ("term",), "numerator", small[rows])
    return hidden


def of_people(check: CheckResult) -> Cells | None:
    """Return a check that counts people as cells, or nothing where it counts something else."""
    if check.name not in PEOPLE:
        return None
    key, counts, depends = PEOPLE[check.name]
    table = check.table.assign(**{key: check.table[key].replace("total", TOTAL)})
    return Cells(table, (key,), counts, depends)


def masked(table: pd.DataFrame, hidden: NDArray[np.bool_]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table without the hidden values, and where they were.

    Examples
    --------
    >>> table = pd.DataFrame({"term": ["a", "b"], "estimate": [0.5, 0.6], "state": "measured"})
    >>> shown, flags = masked(table, np.array([True, False]))
    >>> shown.estimate.tolist(), shown.state.tolist(), flags.estimate.tolist()
    ([nan, 0.6], ['hidden', 'measured'], [True, False])
    """
    flags = pd.DataFrame(False, index=table.index, columns=table.columns)
    for name in (*COUNTED, *VALUES):
        if name in table:
            flags[name] = hidden
    shown = table.mask(flags)
    if "state" in shown:
        shown["state"] = shown["state"].mask(hidden, "hidden")
    return shown, flags


def hidden_note(hidden: NDArray[np.bool_], table: pd.DataFrame, profile: Profile) -> tuple[Note, ...]:
    """Say how many values were hidden, if any."""
    if not hidden.any():
        return ()
    small = np.logical_or.reduce([profile.hides(table[name]) for name in COUNTED if name in table])
    primary = int((hidden & small).sum())
    numbers = {"primary": primary, "secondary": int(hidden.sum()) - primary, "cells": len(table)}
    return (Note("cells_hidden", {**numbers, "threshold": profile.threshold}),)
