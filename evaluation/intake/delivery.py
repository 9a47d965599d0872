"""What one sender sent, once it is free of errors: the form in which check hands over and the store keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """One table of a delivery.

    Attributes
    ----------
    name : str
        Sheet of the contract.
    key : tuple of str
        Columns that identify a row.
    time : str
        Column that holds the quarter.
    frame : DataFrame
        Text in every column, None where a value is missing; no key occurs twice.
    pseudonyms : Mapping[str, str]
        Kind of identifier of the columns that hold pseudonyms.

    Raises
    ------
    ValueError
        If a column of the key is missing, a key is blank or occurs twice, or a value is not text.

    Examples
    --------
    >>> frame = pd.DataFrame({"district": ["500054"], "quarter": ["2024Q4"], "households": ["12"]})
    >>> len(Table("housing_need", ("district", "quarter"), "quarter", frame).frame)
    1
    """

    name: str
    key: tuple[str, ...]
    time: str
    frame: pd.DataFrame
    pseudonyms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        frame = self.frame.astype(object).where(self.frame.notna(), None).reset_index(drop=True)
        missing = [name for name in (*self.key, self.time, *self.pseudonyms) if name not in frame]
        if missing or not self.key:
            raise ValueError(f"columns of {self.name} are missing: {missing}")
        kinds = {type(value) for name in frame for value in frame[name] if value is not None}
        if not kinds <= {str}:
            raise ValueError(f"values of {self.name} are text, not {sorted(map(str, kinds))}")
        if frame[list(self.key)].isna().any(axis=None) or frame.duplicated(list(self.key)).any():
            raise ValueError(f"a key of {self.name} is blank or occurs twice")
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "pseudonyms", MappingProxyType(dict(self.pseudonyms)))


@dataclass(frozen=True, eq=False)
class Delivery:
    """What was sent in one file.

    Attributes
    ----------
    contract, contract_version : str
        What it was checked against.
    quarter : str
        Round of collection.
    unit : str
        Who sent it: code of the district.
    file : str
        Name of the file as it came.
    sha256 : str
        Hash of the file as it came.
    tables : tuple of Table
    """

    contract: str
    contract_version: str
    quarter: str
    unit: str
    file: str
    sha256: str
    tables: tuple[Table, ...]
