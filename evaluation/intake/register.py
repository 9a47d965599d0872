"""The register of vintages: who, when, what, and the hash of each, in one DuckDB file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from evaluation.errors import DataError, RunError
from evaluation.intake.parquet import engine
from evaluation.intake.vault import flush_folder

if TYPE_CHECKING:
    import duckdb

FILE = "register.duckdb"
Kind = Literal["delivery", "replacement", "correction"]
_FORM = 1


@dataclass(frozen=True)
class Vintage:
    """One accepted delivery or correction.

    Attributes
    ----------
    seq : int
        Position in the register: 1 …
    id : str
    quarter : str
        Round in which it was accepted.
    accepted_at : str
        UTC, to the microsecond; never earlier than that of the vintage before.
    accepted_by : str
    kind : {"delivery", "replacement", "correction"}
    contract, contract_version, unit, file : str
    source_sha256 : str
        Hash of the file as it came.
    sha256 : str
        Hash of the stored file.
    rows : int
    first_period, last_period : str
        Of its rows.
    reason : str
        Of a replacement or correction.
    pseudonym_key : str
        Name of the key of its pseudonyms; blank where it has none.
    chain : str
        Hash of all of the above and of the chain before it.
    store_key : str
        Name of the key that wraps its data key; blank where it is not encrypted. Not part of the chain.
    """

    seq: int
    id: str
    quarter: str
    accepted_at: str
    accepted_by: str
    kind: Kind
    contract: str
    contract_version: str
    unit: str
    file: str
    source_sha256: str
    sha256: str
    rows: int
    first_period: str
    last_period: str
    reason: str = ""
    pseudonym_key: str = ""
    chain: str = ""
    store_key: str = ""

    def chained(self, before: str) -> Vintage:
        """Return the vintage with its link to the one before."""
        said = {name: value for name, value in vars(self).items() if name not in {"chain", "store_key"}}
        text = json.dumps([before, said], ensure_ascii=True, sort_keys=True)
        return replace(self, chain=hashlib.sha256(text.encode()).hexdigest())

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"{self.id}.parquet" + (".aes" if self.store_key else "")


_COLUMNS = tuple(field.name for field in fields(Vintage))
_TABLES: dict[str, dict[str, str]] = {
    "vintages": {field.name: "bigint" if field.type == "int" else "varchar" for field in fields(Vintage)}
    | {"seq": "bigint primary key", "id": "varchar unique"},
    "purges": dict.fromkeys(("id", "purged_at", "purged_by", "reason"), "varchar"),
    "links": {"seq": "bigint"} | dict.fromkeys(("kind", "old", "new", "new_key"), "varchar"),
    "form": {"version": "bigint"},
}


class Register:
    """An open register; made by `open_register`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def vintages(self) -> tuple[Vintage, ...]:
        """Return all vintages in the order of their acceptance, those that were purged too.

        Raises
        ------
        DataError
            If an entry is not what it was when it was made.
        """
        rows = self._connection.execute('from "vintages"').fetchall()
        found = tuple(sorted((Vintage(*row) for row in rows), key=lambda one: one.seq))
        before = ""
        for position, one in enumerate(found, 1):
            if one.seq != position or one.chained(before).chain != one.chain:
                raise DataError("register-changed", where=FILE, seq=position, vintage=one.id)
            before = one.chain
        return found

    def purges(self) -> pd.DataFrame:
        """Return the tombstones: columns id, purged_at, purged_by, reason."""
        return self._connection.execute('from "purges"').df().astype(object)

    def links(self) -> pd.DataFrame:
        """Return the links of pseudonyms: kind, old, new, new_key; a blank kind marks a change of the key."""
        found = self._connection.execute('from "links"').df().sort_values("seq", ignore_index=True)
        return found.drop(columns="seq").astype(object)

    def add(self, vintages: Sequence[Vintage]) -> None:
        """Add vintages, all or none."""
        marks = ", ".join("?" * len(_COLUMNS))
        rows = [[getattr(one, name) for name in _COLUMNS] for one in vintages]
        with self._transaction():
            self._connection.executemany(f'insert into "vintages" values ({marks})', rows)

    def add_purges(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """Add tombstones: id, when, who, why."""
        with self._transaction():
            self._connection.executemany('insert into "purges" values (?, ?, ?, ?)', rows)

    def add_links(self, rows: Sequence[tuple[str, str, str]], new_key: str) -> None:
        """Add links between pseudonyms (kind, old, new), and that the key changed."""
        first = len(self.links())
        change = ("", "", "")
        numbered = [(first + i, *row, new_key) for i, row in enumerate([change, *rows])]
        with self._transaction():
            self._connection.executemany('insert into "links" values (?, ?, ?, ?, ?)', numbered)

    def change_store_key(self, old: str, new: str) -> None:
        """Say that the data keys that `old` wrapped are now wrapped by `new`."""
        statement = 'update "vintages" set "store_key" = ? where "store_key" = ?'
        self._connection.execute(statement, [new, old])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("begin")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")


@contextmanager
def open_register(folder: Path, *, write: bool) -> Iterator[Register]:
    """Open the register of a store; where there is none and it is to be written, a new one is made.

    Raises
    ------
    DataError
        If the file is not a register.
    RunError
        If it cannot be read or written.
    """
    import duckdb  # noqa: PLC0415 -- a fork is safe only where DuckDB is not open

    path = folder / FILE
    try:
        if write and not path.exists():
            _make(path)
        with engine(str(path), read_only=not write) as connection:
            connection.execute('from "form"')
            yield Register(connection)
    except (duckdb.CatalogException, duckdb.SerializationException) as error:
        raise DataError("register-unreadable", where=FILE, reason=_first_line(error)) from None
    except duckdb.Error as error:
        raise RunError("store-failed", where=FILE, reason=_first_line(error)) from None


def _make(path: Path) -> None:
    """Make a new register beside its place, then move it there: a crash leaves none or a whole one."""
    partial = path.with_name(f"{FILE}.partial")
    for left in (partial, partial.with_name(f"{partial.name}.wal")):
        left.unlink(missing_ok=True)
    with engine(str(partial)) as connection:
        for name, columns in _TABLES.items():
            declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f'create table "{name}" ({declared})')
        connection.execute('insert into "form" values (?)', [_FORM])
    os.replace(partial, path)  # noqa: PTH105 -- the name says that it is atomic
    flush_folder(path.parent)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
