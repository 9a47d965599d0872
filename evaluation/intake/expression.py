"""The small language of rules: arithmetic, comparisons, and sums over the rows of another sheet."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

Lookup = Callable[[str], Any]
"""Name of a field (``housed``) or of a field of another sheet (``staff.fte``) -> its value or values."""

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_TOLERANCE = 1e-9
"""Relative difference up to which numbers count as equal: decimal fractions are not exact in binary."""


def parse(text: str) -> ast.expr:
    """Parse a rule such as ``housed <= clients`` or ``sum(staff.fte) == fte``.

    Raises
    ------
    ValueError
        If it is no expression of the language.
    """
    try:
        found = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError("a comparison such as housed <= clients") from None
    for node in ast.walk(found):
        if not isinstance(node, _ALLOWED) or not _is_allowed(node):
            raise ValueError("a comparison made of fields, numbers, + - * /, and, or, not, sum(sheet.field)")
    return found


def names(expression: ast.expr) -> tuple[str, ...]:
    """Return the fields that a rule names, in the order in which they stand there.

    Examples
    --------
    >>> names(parse("housed + sum(staff.fte) <= clients"))
    ('housed', 'staff.fte', 'clients')
    """
    nodes = list(ast.walk(expression))
    inside = {node.func for node in nodes if isinstance(node, ast.Call)}
    inside |= {node.value for node in nodes if isinstance(node, ast.Attribute)}
    found = [
        (node.col_offset, _dotted(node) if isinstance(node, ast.Attribute) else node.id)
        for node in nodes
        if isinstance(node, ast.Attribute | ast.Name) and node not in inside
    ]
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


def holds(expression: ast.expr, lookup: Lookup) -> bool | None:
    """Say whether a rule holds; None where a value that it needs is missing.

    Examples
    --------
    >>> holds(parse("housed <= clients"), {"housed": 5, "clients": 4}.get)
    False
    """
    value = _value(expression, lookup)
    return None if value is None else bool(value)


def _is_allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, complex)
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name)
    if isinstance(node, ast.Call):
        one = len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.Attribute)
        return one and isinstance(node.func, ast.Name) and node.func.id == "sum"
    return True


_ALLOWED = (
    ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Name, ast.Attribute, ast.Constant, ast.Call,
    ast.Load, ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div,
    ast.LtE, ast.Lt, ast.GtE, ast.Gt, ast.Eq, ast.NotEq,
)  # fmt: skip


def _dotted(node: ast.expr) -> str:
    """``sheet.field`` of an attribute."""
    assert isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)  # noqa: PT018 -- parse saw to it
    return f"{node.value.id}.{node.attr}"


def _value(node: ast.expr, lookup: Lookup) -> Any:
    """Value of a node; None as soon as a part is missing."""
    return _VALUES[type(node)](node, lookup)


def _sum(node: ast.Call, lookup: Lookup) -> float | None:
    values = lookup(_dotted(node.args[0]))
    return None if values is None or None in values else math.fsum(values)


def _signed(node: ast.UnaryOp, lookup: Lookup) -> Any:
    value = _value(node.operand, lookup)
    if value is None:
        return None
    return not value if isinstance(node.op, ast.Not) else -value


def _connected(node: ast.BoolOp, lookup: Lookup) -> bool | None:
    """``and`` and ``or`` of three values: what is known may decide."""
    values = [_value(one, lookup) for one in node.values]
    decides = isinstance(node.op, ast.Or)
    if any(value is not None and bool(value) == decides for value in values):
        return decides
    return None if None in values else not decides


def _compared(node: ast.Compare, lookup: Lookup) -> bool | None:
    values = [_value(one, lookup) for one in (node.left, *node.comparators)]
    if None in values:
        return None
    pairs = zip(values, node.ops, values[1:], strict=False)
    return all(_compare(op, one, two) for one, op, two in pairs)


def _compare(op: ast.cmpop, one: Any, two: Any) -> bool:
    number = isinstance(one, (int, float)) and isinstance(two, (int, float))
    equal = math.isclose(one, two, rel_tol=_TOLERANCE) if number else one == two
    if isinstance(op, ast.Eq | ast.NotEq):
        return equal == isinstance(op, ast.Eq)
    if not number:
        return True
    if isinstance(op, ast.LtE | ast.GtE) and equal:
        return True
    return bool(one < two) if isinstance(op, ast.Lt | ast.LtE) else bool(one > two)


def _calculated(node: ast.BinOp, lookup: Lookup) -> float | None:
    one, two = _value(node.left, lookup), _value(node.right, lookup)
    if not (isinstance(one, (int, float)) and isinstance(two, (int, float))):
        return None
    try:
        return float(_ARITHMETIC[type(node.op)](one, two))
    except (ZeroDivisionError, OverflowError):
        return None


_VALUES: Mapping[type[ast.expr], Callable[[Any, Lookup], Any]] = {
    ast.Constant: lambda node, _: node.value,
    ast.Name: lambda node, lookup: lookup(node.id),
    ast.Attribute: lambda node, lookup: lookup(_dotted(node)),
    ast.Call: _sum,
    ast.BoolOp: _connected,
    ast.Compare: _compared,
    ast.UnaryOp: _signed,
    ast.BinOp: _calculated,
}
