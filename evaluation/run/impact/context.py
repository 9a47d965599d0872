"""Programme, roll-out and declared shocks: as notes of a design, and as a timeline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.checks import CheckResult
from evaluation.design import Note, StudyDesign
from evaluation.run.impact.spec import Analysis, Shock, Span

MOST_UNITS = 8
"""Up to as many treated units have a row each in the timeline, more are shown by cohort."""

Dated = tuple[Shock, str, str]


def with_context(design: StudyDesign, analysis: Analysis) -> StudyDesign:
    """Return the design with notes on what its specification declares and its periods contain.

    ``treated_before_programme`` names the units whose treatment is older than the programme;
    ``contaminated_from`` stands for each service that reaches comparison units too; ``shocks_in_window``,
    ``shocks_treated_only`` and ``shocks_comparison_only`` list the other shocks by whom they reached.
    """
    before = _before(design, analysis.programme) if analysis.programme else ()
    inside = list(_inside(design, analysis.shocks))
    notes = (*before, *_contaminated(design, inside), *_shocks(inside))
    return dataclasses.replace(design, notes=design.notes + notes) if notes else design


def timeline(design: StudyDesign, analysis: Analysis) -> CheckResult | None:
    """Lay the roll-out beside programme, data and shocks; None where nothing of it is declared.

    Returns
    -------
    CheckResult or None
        Name "timeline". Table: row ("data", "programme", "treated", "shock"), name_cs, name_en (empty where
        the row stands for several units), units (treated units of the row, 0 for other rows), first, last
        (labels; empty where it goes on), reaches, contaminates, source_cs, source_en, address.
    """
    if analysis.programme is None and not analysis.shocks:
        return None
    ends = (str(design.periods[0]), str(design.periods[-1]))
    programme = [_row("programme", analysis.programme)] if analysis.programme else []
    shocks = [_row("shock", shock) for shock in sorted(analysis.shocks, key=lambda one: one.first)]
    data = _bare("data", "", 0, *ends)
    table = pd.DataFrame([data, *programme, *_treated(design), *shocks])
    numbers = {"first_period": ends[0], "last_period": ends[1]}
    return CheckResult("timeline", None, table, numbers, design.notes)


def _bare(row: str, name: str, units: int, first: str, last: str = "") -> dict[str, Any]:
    words = {"name_cs": name, "name_en": name, "units": units, "first": first, "last": last}
    rest = {"reaches": "", "contaminates": False, "source_cs": "", "source_en": "", "address": ""}
    return {"row": row, **words, **rest}


def _row(row: str, span: Span) -> dict[str, Any]:
    filled = _bare(row, "", 0, span.first, span.last or "")
    filled |= {"name_cs": span.name.cs, "name_en": span.name.en, "address": span.address or ""}
    filled |= {"source_cs": span.source.cs, "source_en": span.source.en}
    if isinstance(span, Shock):
        filled |= {"reaches": span.reaches, "contaminates": span.contaminates}
    return filled


def _treated(design: StudyDesign) -> Iterator[dict[str, Any]]:
    """One row per treated unit, or per cohort where they are many, the first start first."""
    if design.cohort is None:
        return
    treated = [i for i in np.argsort(design.cohort, kind="stable") if np.isfinite(design.cohort[i])]
    if len(treated) <= MOST_UNITS:
        for i in treated:
            yield _bare("treated", str(design.units[i]), 1, str(design.period_of(design.cohort[i])))
        return
    for start in np.unique(design.cohort[treated]):
        units = int((design.cohort == start).sum())
        yield _bare("treated", "", units, str(design.period_of(start)))


def _number(design: StudyDesign, quarter: str, *, end: bool = False) -> float:
    """Place a quarter on the scale of the periods: the year or month that it begins (or ends) in."""
    year, part = int(quarter[:4]), int(quarter[-1]) - 1
    if design.period_kind == "quarter":
        return float(4 * year + part)
    if design.period_kind == "month":
        return float(12 * year + 3 * part + (2 if end else 0))
    return float(year)


def _before(design: StudyDesign, programme: Span) -> tuple[Note, ...]:
    if design.cohort is None:
        return ()
    early = np.flatnonzero(design.cohort < _number(design, programme.first))
    if not len(early):
        return ()
    names = tuple(str(design.units[i]) for i in early)
    starts = tuple(str(design.period_of(design.cohort[i])) for i in early)
    said = {"programme_cs": programme.name.cs, "programme_en": programme.name.en}
    since = str(design.period_of(_number(design, programme.first)))
    dates: dict[str, str | tuple[str, ...]] = {"names": names, "starts": starts, "start": since}
    return (Note("treated_before_programme", {"units": len(names), **dates, **said}),)


def _inside(design: StudyDesign, shocks: Iterable[Shock]) -> Iterator[Dated]:
    """Yield the shocks that overlap the periods, with their first and last period ("" where they go on)."""
    low, high = design.period_numbers[0], design.period_numbers[-1]
    for shock in shocks:
        first = _number(design, shock.first)
        last = _number(design, shock.last, end=True) if shock.last else np.inf
        if first <= high and last >= low:
            label = "" if np.isinf(last) else str(design.period_of(last))
            yield shock, str(design.period_of(first)), label


def _contaminated(design: StudyDesign, inside: Sequence[Dated]) -> Iterator[Note]:
    for shock, start, end in inside:
        if not shock.contaminates:
            continue
        first = _number(design, shock.first)
        last = _number(design, shock.last, end=True) if shock.last else np.inf
        reached = (design.period_numbers >= first) & (design.period_numbers <= last)
        counts = {"periods": int(reached.sum()), "of": design.n_periods}
        names = {"name_cs": shock.name.cs, "name_en": shock.name.en, "start": start, "end": end}
        yield Note("contaminated_from", {**counts, **names})


def _shocks(inside: Sequence[Dated]) -> Iterator[Note]:
    others = [one for one in inside if not one[0].contaminates]
    for reaches in ("all", "treated", "comparison"):
        listed = [one for one in others if one[0].reaches == reaches]
        if listed:
            yield _listed(reaches, listed)


def _listed(reaches: str, shocks: Sequence[Dated]) -> Note:
    numbers = {
        "names_cs": tuple(shock.name.cs for shock, _, _ in shocks),
        "names_en": tuple(shock.name.en for shock, _, _ in shocks),
        "starts": tuple(start for _, start, _ in shocks),
        "ends": tuple(end for _, _, end in shocks),
    }
    if reaches == "all":
        return Note("shocks_in_window", numbers)
    return Note("shocks_treated_only" if reaches == "treated" else "shocks_comparison_only", numbers)
