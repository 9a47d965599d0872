"""Columns that the catalogue derives from others: small declared steps, data and not code."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

from evaluation.errors import DataError, did_you_mean
from evaluation.run.catalogue import DeriveQuarter, DeriveRank, DeriveStart

Columns = Mapping[str, list[Any]]


class Source(Protocol):
    """The file behind the columns, for messages."""

    @property
    def shown(self) -> str:
        """Name of the file."""

    def refuse(self, code: str, bad: list[int], column: str, **values: Any) -> NoReturn:
        """Raise with the first bad row as the example."""


def derived(columns: Columns, step: DeriveQuarter | DeriveRank | DeriveStart, file: Source) -> list[Any]:
    """Return the values of a derived column, one per row.

    Raises
    ------
    DataError
        If a value cannot be read, or a unit that the step names is not in the data.
    """
    if isinstance(step, DeriveQuarter):
        return _quarter(columns[step.source], step, file)
    if isinstance(step, DeriveRank):
        return _rank(columns, step, file)
    return _start(columns[step.source], step, file)


def _quarter(values: list[Any], step: DeriveQuarter, file: Source) -> list[Any]:
    form = re.escape(step.pattern).replace(r"\{year\}", r"(?P<y>\d{4})")
    form = form.replace(r"\{quarter\}", "(?P<q>[1-4])")
    matches = [re.fullmatch(form, str(value)) for value in values]
    bad = [i for i, match in enumerate(matches) if match is None]
    if bad:
        file.refuse("bad-time", bad, step.source)
    return [f"{match['y']}Q{step.quarter or match['q']}" for match in matches if match]


def _rank(columns: Columns, step: DeriveRank, file: Source) -> list[Any]:
    size, unit, at = columns[step.source], columns[step.unit], columns[step.at]
    ranked = sorted(
        (-size[i], str(unit[i])) for i in range(len(unit)) if at[i] == step.of and not math.isnan(size[i])
    )
    if not ranked:
        known = sorted({str(value) for value in at})
        raise DataError(
            "unit-not-in-data",
            where=file.shown,
            column=step.at,
            unit=str(step.of),
            suggestion=did_you_mean(str(step.of), known),
        )
    rank = {name: float(n) for n, (_, name) in enumerate(ranked, start=1)}
    return [rank.get(str(name), math.nan) for name in unit]


def _start(values: list[Any], step: DeriveStart, file: Source) -> list[Any]:
    if step.highest is not None:
        return [step.first if value <= step.highest else None for value in values]
    missing = [unit for unit in step.units if unit not in values]
    if missing:
        known = sorted({str(value) for value in values})
        raise DataError(
            "unit-not-in-data",
            where=file.shown,
            column=step.source,
            unit=missing[0],
            suggestion=did_you_mean(missing[0], known),
        )
    return [step.first if value in step.units else None for value in values]
