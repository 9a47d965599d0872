"""Who has not sent what was due, who sent it late, and what was not asked for."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from evaluation.intake import quarters
from evaluation.intake.defects import Defect
from evaluation.intake.round import Round, title


def expected_quarters(given: Round) -> tuple[str, ...]:
    """Return the quarters that must be there: the one asked for, else the panel up to the last one seen."""
    if given.quarter is not None:
        return (given.quarter,)
    panel = given.contract.panel
    seen = [key[1] for _, row in given.of(panel.sheet) if (key := given.panel_key(row))]
    last = panel.last or max(seen, default=panel.first)
    return quarters.between(panel.first, last)


def expected_units(given: Round, quarter: str) -> tuple[str, ...]:
    """Return the units that must report in a quarter; empty where the contract has no list of them."""
    codes = given.contract.units(quarter)
    return tuple(one.code for one in codes.entries) if codes else ()


def missing_units(given: Round) -> Iterator[Defect]:
    """Yield units that sent nothing, by name, and units that lack some of the quarters."""
    panel, due = given.contract.panel, expected_quarters(given)
    seen: dict[str, set[str]] = {}
    files: dict[str, str] = {}
    for filled, row in given.of(panel.sheet):
        if key := given.panel_key(row):
            seen.setdefault(key[0], set()).add(key[1])
            files.setdefault(key[0], filled.file)
    wanted: dict[str, list[str]] = {}
    for quarter in due:
        for unit in expected_units(given, quarter):
            wanted.setdefault(unit, []).append(quarter)
    for unit, needed in wanted.items():
        lacking = [quarter for quarter in needed if quarter not in seen.get(unit, ())]
        if lacking and len(lacking) == len(needed):
            numbers = {"unit": given.name_of(unit), "first": needed[0], "last": needed[-1]}
            code = "not_sent" if len(needed) == 1 else "missing_unit"
            yield Defect(code, "error", "", "", "", "", {**numbers, "quarters": len(needed)})
        else:
            for quarter in lacking:
                numbers = {"unit": given.name_of(unit), "quarter": quarter}
                yield Defect("missing_quarter", "error", files[unit], "", "", "", numbers)


def other_quarters(given: Round) -> Iterator[Defect]:
    """Yield rows of a quarter that was not asked for, or that lies outside the panel."""
    panel = given.contract.panel
    for filled in given.filled:
        if panel.time not in filled.columns:
            continue
        for row in filled.rows:
            found = row.value.get(panel.time)
            if not isinstance(found, str) or panel.time in row.invalid:
                continue
            outside = found < panel.first or (panel.last is not None and found > panel.last)
            if given.quarter is not None and found != given.quarter:
                code, limits = "other_quarter", {"quarter": given.quarter}
            elif outside:
                code, limits = "outside_panel", {"first": panel.first, "last": panel.last or "…"}
            else:
                continue
            place = filled.place(row, panel.time)
            numbers = {"column": title(filled.sheet, panel.time), **limits}
            yield Defect(code, "error", filled.file, filled.table.name, place, found, numbers)


def late_files(given: Round) -> Iterator[Defect]:
    """Yield files that came in after the deadline, with the names of their units."""
    if given.quarter is None:
        return
    due = deadline(given, given.quarter)
    for book in given.books:
        came = given.received.get(book.name)
        if came is not None and came > due:
            names = [given.name_of(unit) for unit in given.units_of.get(book.name, ())]
            joined = {lang: ", ".join(one[lang] for one in names) or book.name for lang in ("cs", "en")}
            numbers = {"units": joined, "days": (came - due).days, "due": due.isoformat()}
            yield Defect("late", "warning", book.name, "", "", came.isoformat(), numbers)


def deadline(given: Round, quarter: str) -> datetime.date:
    """Return the day on which the submission of a quarter is due."""
    return quarters.end(quarter) + datetime.timedelta(days=given.contract.agreement.deadline.days)
