"""Columns that seem to have been filled in for one another."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from evaluation.intake import expression, quarters
from evaluation.intake.contract import Contract, Field
from evaluation.intake.defects import Defect, Severity
from evaluation.intake.layout import Filled
from evaluation.intake.round import Round, title
from evaluation.intake.sheets import letters
from evaluation.intake.values import parse

LEAST_ROWS = 3
"""Rows that must break the order of two columns, all of them, before the columns are named."""

LEAST_COUNT = 20
"""The larger of two counts must reach this in both quarters: small ones cross each other by chance."""

_FACTOR = math.log(4)
"""How much nearer to last quarter the swapped values must lie, both together."""


def swapped_columns(given: Round) -> Iterator[Defect]:
    """Yield pairs of columns whose values fit each other's column."""
    for filled in given.filled:
        for one, two in _by_kind(filled, given.contract):
            yield _swapped(filled, one, two, "error")
        for one, two in _by_order(filled):
            yield _swapped(filled, one, two, "error")
        for one, two in _by_history(given, filled):
            yield _swapped(filled, one, two, "warning")


def _swapped(filled: Filled, one: str, two: str, severity: Severity) -> Defect:
    one, two = sorted((one, two), key=filled.columns.__getitem__)
    place = f"{letters(filled.columns[two])}{filled.header}"
    numbers = {
        "one": title(filled.sheet, one),
        "two": title(filled.sheet, two),
        "other_cell": f"{letters(filled.columns[one])}{filled.header}",
    }
    return Defect("swapped_columns", severity, filled.file, filled.table.name, place, "", numbers)


def _by_kind(filled: Filled, contract: Contract) -> Iterator[tuple[str, str]]:
    """Pairs in which no value fits its own column and each fits the other."""
    present = [one for one in filled.sheet.fields if one.name in filled.columns]
    wrong = [one for one in present if _all_wrong(filled, one)]
    for one, two in combinations(wrong, 2):
        if _all_fit(filled, one, two, contract) and _all_fit(filled, two, one, contract):
            yield one.name, two.name


def _all_wrong(filled: Filled, column: Field) -> bool:
    rows = [row for row in filled.rows if column.name in row.cells]
    return bool(rows) and all(row.value.get(column.name) is None for row in rows)


def _all_fit(filled: Filled, written: Field, meant: Field, contract: Contract) -> bool:
    cells = [row.cells[written.name] for row in filled.rows if written.name in row.cells]
    read = [parse(cell, meant, contract.codes(meant), decimal_comma=True) for cell in cells]
    return all(one.value is not None and not one.errors for one in read)


def _by_order(filled: Filled) -> Iterator[tuple[str, str]]:
    """Pairs of which a rule says that the first is not larger, and in every row it is."""
    for rule in filled.sheet.rules:
        pair = _order(rule.check)
        if pair is None or not set(pair) <= set(filled.columns):
            continue
        values = [(row.value.get(pair[0]), row.value.get(pair[1])) for row in filled.rows]
        numbers = [(a, b) for a, b in values if isinstance(a, (int, float)) and isinstance(b, (int, float))]
        if len(numbers) >= LEAST_ROWS and all(a > b for a, b in numbers):
            yield pair


def _order(check: str) -> tuple[str, str] | None:
    node = expression.parse(check)
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    one, two = node.left, node.comparators[0]
    if not (isinstance(one, ast.Name) and isinstance(two, ast.Name)):
        return None
    if isinstance(node.ops[0], ast.LtE | ast.Lt):
        return one.id, two.id
    return (two.id, one.id) if isinstance(node.ops[0], ast.GtE | ast.Gt) else None


def _by_history(given: Round, filled: Filled) -> Iterator[tuple[str, str]]:
    """Pairs of counts that lie much nearer to last quarter's once they are swapped, in every row."""
    past = {
        (str(row.get(given.contract.panel.unit)), str(row.get(given.contract.panel.time))): row
        for row in given.history.get(filled.sheet.name, ())
    }
    if not past or filled.sheet.name != given.contract.panel.sheet:
        return
    pairs = [
        (row.value, before)
        for row in filled.rows
        if (key := given.panel_key(row))
        and (before := past.get((key[0], quarters.label(quarters.number(key[1]) - 1))))
    ]
    counted = [one.name for one in filled.sheet.fields if one.is_number and one.name in filled.columns]
    for one, two in combinations(counted, 2):
        gains = [_gain(now, before, one, two) for now, before in pairs]
        if gains and all(gain is not None and gain > _FACTOR for gain in gains):
            yield one, two


def _gain(now: Mapping[str, Any], before: Mapping[str, Any], one: str, two: str) -> float | None:
    """How much nearer the values come by swapping; None where they do not come near either."""
    values = [now.get(one), now.get(two), before.get(one), before.get(two)]
    if any(value is None or isinstance(value, (str, bool)) or not value >= 0 for value in values):
        return None
    numbers = [float(value) for value in values if value is not None]
    if max(numbers[:2]) < LEAST_COUNT or max(numbers[2:]) < LEAST_COUNT:
        return None
    a, b, a_before, b_before = (math.log(value + 0.5) for value in numbers)
    as_is = abs(a - a_before) + abs(b - b_before)
    swapped = abs(b - a_before) + abs(a - b_before)
    return as_is - swapped if swapped < _FACTOR / 2 else None
