"""Keyed pseudonyms: who has the key can make them again, who has not cannot guess whose they are."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from evaluation.intake.keys import Key

_DIGITS = 32  # 128 bits: two of a million identifiers meet with probability 1.5e-27


def pseudonym(value: str, *, kind: str, key: Key) -> str:
    """Return the pseudonym of an identifier.

    HMAC-SHA256(k, value) cut to 128 bits, where k = HMAC-SHA256(key, kind): the same number as a client and
    as a household has unrelated pseudonyms. The value is compared without outer blanks and in Unicode's form
    NFC.

    Parameters
    ----------
    value : str
        Identifier.
    kind : str
        What it identifies: `client`, `household`.
    key : Key
        Key of pseudonyms.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    ValueError
        If the key has another purpose, or the value or the kind is blank.

    References
    ----------
    Krawczyk, H., Bellare, M. and Canetti, R. (1997). HMAC: keyed-hashing for message authentication.
    RFC 2104, doi:10.17487/RFC2104.

    Examples
    --------
    >>> key = Key("pseudonym", bytes(32))
    >>> pseudonym("A-17", kind="client", key=key) == pseudonym(" A-17 ", kind="client", key=key)
    True
    >>> pseudonym("A-17", kind="client", key=key) == pseudonym("A-17", kind="household", key=key)
    False
    """
    plain = unicodedata.normalize("NFC", value).strip()
    if key.purpose != "pseudonym" or not plain or not kind:
        raise ValueError("a pseudonym needs a key of pseudonyms, an identifier and its kind")
    of_kind = hmac.new(key.secret, kind.encode(), hashlib.sha256).digest()
    return hmac.new(of_kind, plain.encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def pseudonymised(frame: pd.DataFrame, kinds: Mapping[str, str], key: Key) -> pd.DataFrame:
    """Return a copy in which the identifiers of the named columns are pseudonyms; missing ones stay missing.

    Parameters
    ----------
    frame : DataFrame
        Text.
    kinds : Mapping[str, str]
        Kind of identifier by column.
    key : Key

    Examples
    --------
    >>> frame = pd.DataFrame({"client": ["A-17", None], "age": ["31", "40"]})
    >>> pseudonymised(frame, {"client": "client"}, Key("pseudonym", bytes(32))).client.str.len().tolist()
    [32.0, nan]
    """
    changed = {
        column: [
            None if value is None or pd.isna(value) else pseudonym(value, kind=kind, key=key)
            for value in frame[column]
        ]
        for column, kind in kinds.items()
    }
    return frame.assign(**{name: pd.Series(column, frame.index, object) for name, column in changed.items()})


def links(identifiers: Iterable[str], *, kind: str, old: Key, new: Key) -> pd.DataFrame:
    """Return which new pseudonym stands for which old one, while both keys exist.

    A pseudonym whose identifier is not given cannot be linked: HMAC has no way back.

    Returns
    -------
    DataFrame
        Columns kind, old, new; one row for each identifier.

    Examples
    --------
    >>> old, new = Key("pseudonym", bytes(32)), Key("pseudonym", bytes([1] * 32))
    >>> links(["A-17", "A-18", "A-17"], kind="client", old=old, new=new).shape
    (2, 3)
    """
    distinct = dict.fromkeys(unicodedata.normalize("NFC", one).strip() for one in identifiers)
    rows = [
        (kind, pseudonym(one, kind=kind, key=old), pseudonym(one, kind=kind, key=new))
        for one in distinct
        if one
    ]
    return pd.DataFrame(rows, columns=["kind", "old", "new"], dtype=object)
