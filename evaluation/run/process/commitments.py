"""The table of commitments: every promise, its state, its evidence, and the sentence it stands in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.design import Note
from evaluation.estimate import CheckResult
from evaluation.run.process.measured import Measured, measure, standing
from evaluation.run.process.records import Records
from evaluation.run.programme import Commitment, Indicator, Programme, Target

_UNITS = {"share": "share", "days": "days", "date": "date"}
_SAID = {"persons": "persons", "full-time equivalents": "fte", "hours a week": "hours"}


def commitments(programme: Programme, records: Records, *, quarter: str) -> CheckResult:
    """Measure every promise of a programme at a quarter.

    Parameters
    ----------
    programme : Programme
    records : Records
    quarter : str

    Returns
    -------
    CheckResult
        ``commitments``: one row per indicator, and one for a promise that is a fact: id, promise_cs,
        promise_en, indicator_cs, indicator_en, value, numerator, denominator, conf_low, conf_high, unit,
        target, operator, due, state, reason, evidence_cs, evidence_en, address, synthetic. Numbers: at, and
        how many rows are in each state. Note ``synthetic_data`` where a value comes from synthetic records.
    """
    rows = [
        _row(programme, row, one, measure(one, records, quarter=quarter) if one else Measured(), records)
        for row in programme.commitments
        for one in row.indicators or (None,)
    ]
    table = pd.DataFrame(rows)
    states = {f"state_{name}": int(count) for name, count in table.state.value_counts().items()}
    numbers: dict[str, Any] = {
        "at": records.cut_off.isoformat(),
        "promises": len(programme.commitments),
        **states,
    }
    notes = (Note("synthetic_data", {"dataset": programme.id}),) if table.synthetic.any() else ()
    return CheckResult("commitments", None, table, numbers, notes)


def _row(
    programme: Programme, row: Commitment, one: Indicator | None, found: Measured, records: Records
) -> dict[str, Any]:
    target = one.target if one else None
    said = _evidence(programme, one)
    return {
        "id": row.id,
        "promise_cs": row.quote,
        "promise_en": row.english,
        "indicator_cs": one.name.cs if one else "",
        "indicator_en": one.name.en if one else "",
        "value": _days_late(target, found) if found.done else found.value,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "unit": _unit(one) if one else "none",
        "target": target.value if target and target.value is not None else float("nan"),
        "operator": target.operator if target else "",
        "due": target.due.isoformat() if target and target.due else "",
        "done": found.done or "",
        "state": standing(one, found, programme, records) if one else "no_target",
        "reason": found.reason if one else "fact",
        "evidence_cs": said["cs"],
        "evidence_en": said["en"],
        "address": said["address"],
        "synthetic": found.synthetic,
    }


def _days_late(target: Target | None, found: Measured) -> float:
    """Days from the promised day to the day it was kept; negative where early."""
    if target is None or target.due is None or found.done is None:
        return found.value
    return float((datetime.date.fromisoformat(found.done) - target.due).days)


def _unit(one: Indicator) -> str:
    return _UNITS.get(one.type) or _SAID.get(one.unit.en, "count")


def _evidence(programme: Programme, one: Indicator | None) -> Mapping[str, str]:
    """Return where the value stands: the source of a public fact, else the kind of record it comes from."""
    if one is None:
        document = programme.sources["document"]
        return {"cs": document.title.cs, "en": document.title.en, "address": document.address or ""}
    if one.measure is None and one.known:
        source = programme.sources[one.known[-1].source]
        return {"cs": source.title.cs, "en": source.title.en, "address": source.address or ""}
    return {"cs": one.source.cs, "en": one.source.en, "address": ""}
