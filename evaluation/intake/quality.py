"""Completeness, timeliness, validity and item missingness of what was sent."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaluation.estimate import CheckResult
from evaluation.intake.check import Checked
from evaluation.intake.rules.completeness import deadline, expected_quarters, expected_units


def quality(*rounds: Checked) -> CheckResult:
    """Count per unit and quarter what was due, what came, when, and how much of it can be used.

    Parameters
    ----------
    *rounds : Checked
        One or more checks, each of quarters of its own.

    Returns
    -------
    CheckResult
        Name "submission_quality"; passed where every report that was due came.

        Table: unit, name_cs, name_en, quarter, expected_reports, actual_reports, actual_reports_on_time,
        days_known (0 or 1 each), items (cells that a complete row has), items_missing, items_invalid, errors,
        received (the day on which it was complete, empty where not known).

        Numbers: the sums, reporting_rate = actual / expected, reporting_rate_on_time, item_missing_rate and
        validity_rate = valid items / items that are not missing. Rates are of pooled counts; 0 where nothing
        was due. Only a report whose day is known counts as on time; days_known says of how many it is.
    """
    rows = [
        _row(checked, unit, quarter)
        for checked in rounds
        for quarter in expected_quarters(checked.round)
        for unit in expected_units(checked.round, quarter)
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    sums = {name: int(table[name].sum()) for name in _COLUMNS[4:-1]}
    usable = sums["items"] - sums["items_missing"]
    rates = {
        "reporting_rate": _rate(sums["actual_reports"], sums["expected_reports"]),
        "reporting_rate_on_time": _rate(sums["actual_reports_on_time"], sums["expected_reports"]),
        "item_missing_rate": _rate(sums["items_missing"], sums["items"]),
        "validity_rate": _rate(usable - sums["items_invalid"], usable),
    }
    complete = sums["actual_reports"] == sums["expected_reports"]
    return CheckResult("submission_quality", complete, table, {**sums, **rates})


_COLUMNS = [
    "unit", "name_cs", "name_en", "quarter", "expected_reports", "actual_reports", "actual_reports_on_time",
    "days_known", "items", "items_missing", "items_invalid", "errors",
    "received",
]  # fmt: skip


def _rate(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _row(checked: Checked, unit: str, quarter: str) -> dict[str, Any]:
    given = checked.round
    sheet = given.contract.by_name[given.contract.panel.sheet]
    found = given.by_panel_key.get((sheet.name, (unit, quarter)), ())
    files = [file for file, units in given.units_of.items() if unit in units]
    days = [day for file in files if (day := given.received.get(file))]
    items = [field.name for field in sheet.fields if field.name not in sheet.primary_key]
    name = given.name_of(unit)
    return {
        "unit": unit,
        "name_cs": name["cs"],
        "name_en": name["en"],
        "quarter": quarter,
        "expected_reports": 1,
        "actual_reports": int(bool(found)),
        "actual_reports_on_time": int(bool(found and days) and max(days) <= deadline(given, quarter)),
        "days_known": int(bool(found and days)),
        "items": len(items) * min(1, len(found)),
        "items_missing": sum(name not in row.cells for row in found[:1] for name in items),
        "items_invalid": sum(name in row.invalid for row in found[:1] for name in items if name in row.cells),
        "errors": sum(one.severity == "error" and one.file in files for one in checked.defects),
        "received": max(days).isoformat() if found and days else "",
    }
