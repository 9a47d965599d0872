"""Rules between fields of a row, between sheets, and references from one sheet to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.intake import expression
from evaluation.intake.contract import Rule
from evaluation.intake.defects import Defect
from evaluation.intake.layout import Filled, Row
from evaluation.intake.round import Round, key_of, title


def broken_rules(given: Round) -> Iterator[Defect]:
    """Yield every row that breaks a rule of its sheet; a rule that lacks a value says nothing."""
    for filled in given.filled:
        rules = [(rule, expression.parse(rule.check)) for rule in filled.sheet.rules]
        for row in filled.rows:
            for rule, parsed in rules:
                lookup = {name: _value(given, row, name) for name in expression.names(parsed)}
                if expression.holds(parsed, lookup.get) is False:
                    yield _broken(given, filled, row, rule, lookup)


def _value(given: Round, row: Row, name: str) -> Any:
    if "." not in name:
        return None if name in row.invalid else row.value.get(name)
    sheet, field = name.split(".")
    key = given.panel_key(row)
    if key is None or (sheet, key[0]) not in given.sheets_of_units:
        return None
    others = given.by_panel_key.get((sheet, key), ())
    return tuple(None if field in other.invalid else other.value.get(field) for other in others)


def _broken(given: Round, filled: Filled, row: Row, rule: Rule, lookup: Mapping[str, Any]) -> Defect:
    own = [name for name in lookup if name in filled.sheet.by_name]
    place = filled.place(row, own[0] if own else filled.sheet.primary_key[0])
    shown = ", ".join(f"{name} = {_shown(value)}" for name, value in lookup.items())
    code = "rule" if rule.severity == "error" else "rule_unusual"
    key = given.panel_key(row) or ("", "")
    numbers = {
        "rule": rule.id,
        "message": rule.messages.model_dump(),
        "values": {lang: _listed(given, filled, lookup, lang) for lang in ("cs", "en")},
        "field": own[0] if own else "",
        "unit": key[0],
        "quarter": key[1],
    }
    return Defect(code, rule.severity, filled.file, filled.table.name, place, shown, numbers)


def _listed(given: Round, filled: Filled, lookup: Mapping[str, Any], lang: str) -> str:
    """Write the values of a rule with the titles of their fields."""
    parts = []
    for name, value in lookup.items():
        sheet, _, field = name.rpartition(".")
        found = given.contract.by_name[sheet] if sheet else filled.sheet
        own = title(found, field)[lang]
        parts.append(f"{found.title.model_dump()[lang] + ': ' if sheet else ''}{own} = {_shown(value)}")
    return ", ".join(parts)


def _shown(value: Any) -> str:
    numbers = value if isinstance(value, tuple) else (value,)
    return " + ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in numbers) or "0"


def missing_references(given: Round) -> Iterator[Defect]:
    """Yield rows whose key the sheet that they belong to does not have."""
    for filled in given.filled:
        for reference in filled.sheet.foreign_keys:
            target = reference.reference
            known = {key_of(row, target.fields) for _, row in given.of(target.resource)}
            unclear = {
                other.file for other, row in given.of(target.resource) if key_of(row, target.fields) is None
            }
            if filled.file in unclear:  # the key that is wrong there may be the one that is missing here
                continue
            for row in filled.rows:
                key = key_of(row, reference.fields)
                if key is not None and key not in known:
                    place = filled.place(row, reference.fields[0])
                    shown = ", ".join(row.cells[name].text for name in reference.fields)
                    sheet = given.contract.by_name[target.resource].title.model_dump()
                    numbers = {"sheet": sheet, "key": shown}
                    yield Defect(
                        "missing_reference", "error", filled.file, filled.table.name, place, shown, numbers
                    )
