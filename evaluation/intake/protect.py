"""What the contract asks for before a value is stored: pseudonyms, bands, quarters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from evaluation.intake.banding import age_band, quarter_of
from evaluation.intake.contract import Contract, Field, Sheet
from evaluation.intake.delivery import Table
from evaluation.intake.keys import Key
from evaluation.intake.pseudonyms import pseudonym


def needs_key(contract: Contract) -> bool:
    """Whether a field of the contract becomes a pseudonym."""
    return any(field.pseudonym for sheet in contract.sheets for field in sheet.fields)


def protected_fields(sheet: Sheet) -> frozenset[str]:
    """Return the fields that are not stored as they were sent."""
    return frozenset(one.name for one in sheet.fields if one.pseudonym or one.bands or one.to_quarter)


def protected(value: str | None, field: Field, key: Key | None) -> str | None:
    """Return a value as it may be stored; a missing one stays missing.

    Raises
    ------
    ValueError
        If the field becomes a pseudonym and there is no key, or the value is no age or date.
    """
    if value is None:
        return None
    if field.pseudonym:
        if key is None:
            raise ValueError(f"{field.name} needs a key of pseudonyms")
        return pseudonym(value, kind=field.pseudonym, key=key)
    if field.bands:
        return age_band(value, field.bands)
    return quarter_of(value) if field.to_quarter else value


def protected_table(sheet: Sheet, time: str, frame: pd.DataFrame, key: Key | None) -> Table:
    """Return the rows of a sheet as they may be stored.

    Parameters
    ----------
    sheet : Sheet
        Of the contract.
    time : str
        Field that holds the quarter.
    frame : DataFrame
        Typed, with the fields of the sheet as columns.
    key : Key or None
        Of pseudonyms.

    Raises
    ------
    ValueError
        As `protected`, and where two rows have one key once they are protected.
    """
    columns = {
        field.name: [protected(as_text(value), field, key) for value in frame[field.name]]
        for field in sheet.fields
        if field.name in frame
    }
    kinds = {field.name: field.pseudonym for field in sheet.fields if field.pseudonym}
    return Table(sheet.name, sheet.primary_key, time, pd.DataFrame(columns, dtype=object), kinds)


def as_text(value: Any) -> str | None:
    """Return a typed value as the store writes it.

    Examples
    --------
    >>> [as_text(value) for value in (12, 3.5, 4.0, True, "2024Q4", None, pd.NA, float("nan"))]
    ['12', '3.5', '4', '1', '2024Q4', None, None, None]
    """
    if value is None or pd.isna(value):
        return None
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return "1" if plain else "0"
    return repr(plain).removesuffix(".0") if isinstance(plain, float) else str(plain)


def canonical_code(contract: Contract, field: Field) -> Callable[[str | None], str | None]:
    """Return a function that writes what a code list knows by its code, and anything else as it is."""
    codes = contract.codes(field)

    def written(value: str | None) -> str | None:
        entry = codes.find(value) if codes and value else None
        return entry.code if entry else value

    return written


def fields_by_name(contract: Contract, sheet: str) -> Mapping[str, Field]:
    """Return the fields of a sheet; none where the contract has no such sheet."""
    return contract.by_name[sheet].by_name if sheet in contract.by_name else {}
