"""`Publishable`: what the report may show, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.disclosure.cells import Profile
from evaluation.errors import DisclosureError

SCHEMA_VERSION = 1
SEAL = object()
"""Known to the gate: what is made without it was not published."""


@dataclass(frozen=True, eq=False, repr=False)
class Publishable:
    """What the report may show; made by `publish` and `Publishable.from_json` only.

    Attributes
    ----------
    name : str
    kind : {"result", "check", "cells"}
    tables : Mapping[str, DataFrame]
        Hidden values are NaN.
    suppressed : Mapping[str, DataFrame of bool]
        For tables with hidden values: where they were.
    numbers : Mapping
        Single values by name.
    notes : tuple of Note
    profile : Profile

    Raises
    ------
    DisclosureError
        If it is made in another way.
    """

    name: str
    kind: str
    tables: Mapping[str, pd.DataFrame]
    suppressed: Mapping[str, pd.DataFrame]
    numbers: Mapping[str, Any]
    notes: tuple[Note, ...]
    profile: Profile
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise DisclosureError("not-published", what="Publishable", type="a value made by hand")
        for name in ("tables", "suppressed", "numbers"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __repr__(self) -> str:
        return f"Publishable({self.kind} {self.name}, profile {self.profile.name})"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; floats come back exactly.

        Examples
        --------
        >>> from evaluation.checks import CheckResult
        >>> from evaluation.disclosure.gate import publish
        >>> check = CheckResult("size", None, pd.DataFrame({"share": [0.1, float("nan")]}))
        >>> publish(check).to_json()["tables"]["table"]
        {'share': {'type': 'float', 'values': [0.1, None]}}
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "kind": self.kind,
            "tables": {name: _encode(table) for name, table in self.tables.items()},
            "suppressed": {
                name: {column: flags[column].tolist() for column in flags}
                for name, flags in self.suppressed.items()
            },
            "numbers": {name: _plain(value) for name, value in self.numbers.items()},
            "notes": [
                {"code": note.code, "numbers": {k: _plain(v) for k, v in note.numbers.items()}}
                for note in self.notes
            ],
            "profile": {
                "name": self.profile.name,
                "threshold": self.profile.threshold,
                "zeros": self.profile.zeros,
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | str) -> Publishable:
        """Read what `to_json` gave.

        Raises
        ------
        DisclosureError
            If it is of another version.
        """
        raw = json.loads(value) if isinstance(value, str) else value
        if raw.get("schema_version") != SCHEMA_VERSION:
            raise DisclosureError("bad-published", version=raw.get("schema_version"), known=SCHEMA_VERSION)
        return cls(
            name=raw["name"],
            kind=raw["kind"],
            tables={name: _decode(table) for name, table in raw["tables"].items()},
            suppressed={name: pd.DataFrame(flags, dtype=bool) for name, flags in raw["suppressed"].items()},
            numbers={name: _restored(number) for name, number in raw["numbers"].items()},
            notes=tuple(
                Note(note["code"], {k: _restored(v) for k, v in note["numbers"].items()})
                for note in raw["notes"]
            ),
            profile=Profile(**raw["profile"]),
            seal=SEAL,
        )


def _encode(table: pd.DataFrame) -> dict[str, Any]:
    """Columns with their type; NaN is null, an infinity is text."""
    return {str(name): {"type": _type(table[name]), "values": _values(table[name])} for name in table}


def _type(column: pd.Series) -> str:
    kinds = {"f": "float", "i": "int", "u": "int", "b": "bool"}
    return kinds.get(column.dtype.kind, "object")


def _values(column: pd.Series) -> list[Any]:
    return [_plain(value) for value in column.astype(object)]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if np.isfinite(value) else None if np.isnan(value) else str(value)
    return value if isinstance(value, (bool, int, str)) else str(value)


def _decode(columns: Mapping[str, Any]) -> pd.DataFrame:
    types = {"float": np.float64, "int": np.int64, "bool": np.bool_, "object": object}
    data: dict[str, Any] = {}
    for name, column in columns.items():
        values = column["values"]
        if column["type"] == "float":
            values = [np.nan if value is None else float(value) for value in values]
        data[name] = pd.Series(values, dtype=types[column["type"]])
    return pd.DataFrame(data)


def _restored(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else float(value) if value in ("inf", "-inf") else value
