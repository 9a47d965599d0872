"""Scorecards: RE-AIM, Proctor's outcomes and Kirkpatrick's levels, every dimension present."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns, refuse_empty
from evaluation.design.note import Number
from evaluation.errors import DataError, require_option
from evaluation.estimate import CheckResult
from evaluation.process._listed import refuse_unlisted

FRAMEWORKS: dict[str, tuple[str, ...]] = {
    "re_aim": ("reach", "effectiveness", "adoption", "implementation", "maintenance"),
    "proctor": (
        "acceptability",
        "adoption",
        "appropriateness",
        "feasibility",
        "fidelity",
        "cost",
        "penetration",
        "sustainability",
    ),
    "kirkpatrick": ("reaction", "learning", "behaviour", "results"),
}
SMALL = 10
"""Below so many cases a value is marked as resting on few."""


def scorecard(framework: str, evidence: Any, *, tools: Sequence[str], small: int = SMALL) -> CheckResult:
    """Arrange what is known of every tool by the dimensions of a framework, and say what is not known.

    ``re_aim``: Glasgow, Vogt and Boles (1999), doi:10.2105/AJPH.89.9.1322. ``proctor``: the eight
    implementation outcomes of Proctor et al. (2011), doi:10.1007/s10488-010-0319-7. ``kirkpatrick``: the four
    levels of Kirkpatrick and Kirkpatrick (2006), Evaluating Training Programs, 3rd ed.,
    ISBN 978-1-57675-348-4. No total is formed: dimensions measure different things, and a high reach does not
    make up for a low effectiveness.

    Parameters
    ----------
    framework : {"re_aim", "proctor", "kirkpatrick"}
    evidence : pandas, polars or Arrow table
        Columns tool, dimension, indicator, value, conf_low, conf_high (empty: none), n; one or more
        indicators per tool and dimension.
    tools : sequence of str
        Every tool.
    small : int
        Below so many cases the state is ``small_n``.

    Returns
    -------
    CheckResult
        ``scorecard``, informational. Table: tool, dimension, indicator (empty where there is none), value,
        conf_low, conf_high, n, state (``measured``, ``small_n``, ``no_data``), tools and dimensions in their
        order. Numbers: framework, cells, known. Note ``dimensions_without_data`` names the dimensions that no
        tool has.

    Raises
    ------
    DataError
        If the framework, a tool or a dimension is not known, or a value is no number.

    Examples
    --------
    >>> evidence = pd.DataFrame({"tool": ["a"], "dimension": ["learning"], "indicator": ["test"],
    ...                          "value": [7.5], "conf_low": [6.9], "conf_high": [8.1], "n": [31]})
    >>> scorecard("kirkpatrick", evidence, tools=["a"]).table.state.tolist()
    ['no_data', 'measured', 'no_data', 'no_data']
    """
    require_option(DataError, "scorecard", "framework", framework, FRAMEWORKS)
    dimensions = FRAMEWORKS[framework]
    columns = ("tool", "dimension", "indicator", "value", "conf_low", "conf_high", "n")
    data = read_columns(evidence, {name: name for name in columns}, ())
    for name in columns[:3]:
        refuse_empty(pd.isna(data[name]), name, name)
    refuse_unlisted(data["tool"], tools, "tool")
    refuse_unlisted(data["dimension"], dimensions, "dimension")
    frame = pd.DataFrame({name: [str(value) for value in data[name]] for name in columns[:3]})
    frame = frame.assign(**{name: numeric(data, name) for name in columns[3:]})
    grid = pd.MultiIndex.from_product([list(tools), dimensions], names=["tool", "dimension"])
    table = grid.to_frame(index=False).merge(frame, how="left", on=["tool", "dimension"])
    table["indicator"] = table["indicator"].fillna("")
    known = table["value"].notna()
    table["state"] = np.where(known, np.where(table["n"] >= small, "measured", "small_n"), "no_data")
    missing = tuple(name for name in dimensions if not known[table["dimension"] == name].any())
    cells = table.assign(known=known).groupby(["tool", "dimension"])["known"].any()
    numbers: dict[str, Number] = {"framework": framework, "cells": len(cells), "known": int(cells.sum())}
    notes = (Note("dimensions_without_data", {"dimensions": missing}),) if missing else ()
    return CheckResult("scorecard", None, table, numbers, notes)
