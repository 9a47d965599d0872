"""From the text of a cell to a value of its field: what was read, what was repaired, what is wrong."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.intake.codelist import CodeList, fold
from evaluation.intake.contract import Constraints, Field
from evaluation.intake.quarters import is_quarter, read_quarter
from evaluation.intake.sheets import Cell
from evaluation.intake.similar import nearest

Plain = int | float | str | bool
Finding = tuple[str, Mapping[str, Any]]
"""Code of a defect and its numbers."""

_SPACES = " \u00a0\u202f\u2009"
_SIGN = re.compile(r"^[+\-−–]")
_DIGITS = re.compile(r"[0-9]+")
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_GROUPED = re.compile(rf"[0-9]{{1,3}}(?P<mark>[{_SPACES}.,'])[0-9]{{3}}((?P=mark)[0-9]{{3}})*([.,][0-9]+)?")
_FLAGS = {"1": True, "ano": True, "yes": True, "true": True, "a": True, "y": True}
_FLAGS |= {"0": False, "ne": False, "no": False, "false": False, "n": False}
_DATES = (
    (re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"), False),
    (re.compile(r"(?P<d>[0-9]{1,2})\. ?(?P<m>[0-9]{1,2})\. ?(?P<y>[0-9]{4})"), True),
    (re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})"), True),
)
_LARGEST = 1e15


@dataclass(frozen=True)
class Parsed:
    """What became of a cell.

    Attributes
    ----------
    value : int, float, str, bool or None
        None where nothing could be read.
    repairs, errors : tuple of (code, numbers)
    """

    value: Plain | None
    repairs: tuple[Finding, ...] = ()
    errors: tuple[Finding, ...] = field(default=())


def parse(cell: Cell, column: Field, codes: CodeList | None, *, decimal_comma: bool = False) -> Parsed:
    """Read a cell as a value of a field and check it against the field's constraints.

    Parameters
    ----------
    cell : Cell
    column : Field
    codes : CodeList or None
    decimal_comma : bool
        Whether a comma is the decimal mark of the whole file and so no repair.

    Examples
    --------
    >>> from evaluation.intake.typed import Words
    >>> share = Field(name="share", type="number", title=Words(cs="Podíl", en="Share"))
    >>> parse(Cell(2, 1, "0,35"), share, None)
    Parsed(value=0.35, repairs=(('decimal_comma', {}),), errors=())
    """
    if cell.kind == "error":
        return Parsed(None, errors=(("cell_error", {}),))
    read = _READERS[column.type](cell, column, codes, decimal_comma)
    if read.value is None or read.errors:
        return read
    return Parsed(read.value, read.repairs, tuple(_violations(read.value, column.constraints)))


def _violations(value: Plain, limits: Constraints) -> Iterator[Finding]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if limits.minimum is not None and value < limits.minimum:
            yield "below_minimum", {"minimum": limits.minimum}
        if limits.maximum is not None and value > limits.maximum:
            yield "above_maximum", {"maximum": limits.maximum}
    if isinstance(value, str) and limits.pattern is not None and not re.fullmatch(limits.pattern, value):
        yield "pattern_mismatch", {"pattern": limits.pattern}


def _number(cell: Cell, column: Field, _: CodeList | None, decimal_comma: bool) -> Parsed:
    if cell.kind == "date":
        return Parsed(None, errors=(("date_for_number", {}),))
    if cell.kind in {"number", "boolean"}:
        found = [Parsed(float(cell.text))]
    else:
        found = list(_readings(cell.text, decimal_comma=decimal_comma))
    possible = [one for one in found if one.value is not None and _fits(float(one.value), column)]
    if len({one.value for one in possible}) > 1:
        readings = tuple(f"{one.value:g}" for one in possible if one.value is not None)
        return Parsed(None, errors=(("ambiguous_number", {"one": readings[0], "two": readings[1]}),))
    best = (possible or found or [Parsed(None, errors=(("not_a_number", {}),))])[0]
    return _whole(best) if column.type == "integer" else best


def _whole(read: Parsed) -> Parsed:
    if not isinstance(read.value, (int, float)):
        return read
    if float(read.value).is_integer() and abs(read.value) < _LARGEST:
        return Parsed(int(read.value), read.repairs)
    return Parsed(None, errors=(("not_whole", {}),))


def _fits(value: float, column: Field) -> bool:
    whole = column.type != "integer" or value.is_integer()
    return whole and not list(_violations(value, column.constraints))


def _readings(text: str, *, decimal_comma: bool) -> Iterator[Parsed]:
    """Yield the numbers that a text can mean, the usual reading first."""
    plain = text.strip(_SPACES)
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").rstrip(_SPACES)
    sign = -1.0 if plain[:1] in {"-", "−", "–"} else 1.0
    plain = _SIGN.sub("", plain).lstrip(_SPACES)
    part = 100 if percent else 1
    also: tuple[Finding, ...] = (("percent", {}),) if percent else ()
    if _PLAIN.fullmatch(plain):
        yield from _finite(sign * float(plain) / part, also)
    elif _COMMA.fullmatch(plain):
        repairs = also if decimal_comma else (*also, ("decimal_comma", {}))
        yield from _finite(sign * float(plain.replace(",", ".")) / part, repairs)
    if match := _GROUPED.fullmatch(plain):
        digits = plain.replace(match["mark"], "").replace(",", ".")
        yield from _finite(sign * float(digits) / part, (*also, ("thousands_separator", {})))


def _finite(value: float, repairs: tuple[Finding, ...]) -> Iterator[Parsed]:
    if math.isfinite(value) and abs(value) < _LARGEST:
        yield Parsed(value + 0.0, repairs)


def _quarter(cell: Cell, *_: Any) -> Parsed:
    found = None if cell.kind in {"number", "boolean"} else read_quarter(cell.text)
    if found is None:
        return Parsed(None, errors=(("not_a_quarter", {}),))
    return Parsed(found, () if is_quarter(cell.text) else (("quarter_rewritten", {"read": found}),))


def _date(cell: Cell, *_: Any) -> Parsed:
    if cell.kind in {"number", "boolean"}:
        return Parsed(None, errors=(("not_a_date", {}),))
    for pattern, other in _DATES:
        if match := pattern.fullmatch(cell.text):
            try:
                date = datetime.date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                break
            repaired = other and cell.kind == "text"
            return Parsed(
                date.isoformat(), (("date_as_text", {"read": date.isoformat()}),) if repaired else ()
            )
    return Parsed(None, errors=(("not_a_date", {}),))


def _flag(cell: Cell, *_: Any) -> Parsed:
    found = _FLAGS.get(fold(cell.text))
    return Parsed(None, errors=(("not_a_flag", {}),)) if found is None else Parsed(found)


def _string(cell: Cell, column: Field, codes: CodeList | None, _: bool) -> Parsed:
    if codes is not None:
        return _code(cell.text, codes)
    allowed = column.constraints.enum
    if not allowed or cell.text in allowed:
        return Parsed(cell.text)
    same = next((one for one in allowed if fold(one) == fold(cell.text)), None)
    if same is not None:
        return Parsed(same, (("code_rewritten", {"read": same}),))
    return Parsed(
        None, errors=(("not_in_enum", {"options": allowed, "nearest": nearest(cell.text, allowed)}),)
    )


def _code(text: str, codes: CodeList) -> Parsed:
    entry = codes.find(text)
    if entry is None:
        names = [name for one in codes.entries for name in (one.name.cs, one.name.en)]
        return Parsed(None, errors=(("unknown_code", {"list": codes.id, "nearest": nearest(text, names)}),))
    as_listed = text in {entry.code, entry.name.cs, entry.name.en}
    return Parsed(entry.code, () if as_listed else (("code_rewritten", {"read": entry.name.model_dump()}),))


_READERS: Mapping[str, Callable[[Cell, Field, CodeList | None, bool], Parsed]] = {
    "integer": _number,
    "number": _number,
    "quarter": _quarter,
    "date": _date,
    "boolean": _flag,
    "string": _string,
}
