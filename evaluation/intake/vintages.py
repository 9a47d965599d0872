"""The store: everything that was accepted, as it was accepted; nothing is ever overwritten."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

import pandas as pd

from evaluation.errors import DataError, RequestError
from evaluation.intake import shelf, vault
from evaluation.intake.cells import to_cells
from evaluation.intake.change import compared
from evaluation.intake.delivery import Delivery
from evaluation.intake.entries import (
    Batch,
    Check,
    Draft,
    known_at,
    now,
    require_linked,
    require_person,
    require_round,
)
from evaluation.intake.keys import Key
from evaluation.intake.parquet import from_parquet, to_parquet
from evaluation.intake.register import FILE, Kind, Register, Vintage, open_register
from evaluation.intake.replay import latest, linked, versions


@dataclass(frozen=True)
class State:
    """What a sheet as known at a moment is made from.

    Attributes
    ----------
    sha256 : str
        Hash of what it was made from: the stored files, what was purged, and the links of pseudonyms.
    register : str
        Chain of the register at that moment.
    vintages, purged : int
        How many it was made from, and how many of that time were destroyed.
    """

    sha256: str
    register: str
    vintages: int
    purged: int


@dataclass(frozen=True, eq=False)
class Known:
    """What was known of one sheet at a moment.

    Attributes
    ----------
    frame : DataFrame
        Text, None where a value is missing; of each key the row that was accepted last.
    state : State
        What it is made from.
    """

    frame: pd.DataFrame
    state: State


@dataclass(frozen=True)
class Purged:
    """What a purge did: `destroyed` vintages, and those `kept` because they also hold later periods."""

    destroyed: tuple[Vintage, ...]
    kept: tuple[Vintage, ...]


class Store:
    """An append-only store of vintages in a folder.

    Parameters
    ----------
    folder : Path
        ``data/vintages`` of a project.
    key : Key, optional
        Store key; without it files are plain.
    wait : float
        Seconds to wait for another process.

    Examples
    --------
    >>> import tempfile
    >>> from evaluation.intake.delivery import Table
    >>> def sent(households, quarter):
    ...     frame = pd.DataFrame({"district": ["500054"], "quarter": ["2024Q3"], "households": [households]})
    ...     table = Table("need", ("district", "quarter"), "quarter", frame)
    ...     return Delivery("housing_need", "1", quarter, "500054", "praha-1.xlsx", "0" * 64, (table,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     _ = store.accept(sent("12", "2024Q3"), by="J. Nováková")
    ...     _ = store.accept(sent("14", "2024Q4"), by="J. Nováková", reason="two households were left out")
    ...     [store.as_of("housing_need", "need", when).frame.households[0] for when in ("2024Q3", "2024Q4")]
    ['12', '14']
    """

    def __init__(self, folder: Path, *, key: Key | None = None, wait: float = 30.0) -> None:
        self.folder = folder
        self._key = key
        self._wait = wait

    def __repr__(self) -> str:
        return f"Store({self.folder.name!r}, {'encrypted' if self._key else 'plain'})"

    @property
    def exists(self) -> bool:
        """Whether anything was ever accepted."""
        return (self.folder / FILE).is_file()

    @property
    def needed_key(self) -> str:
        """Name of the store key that its files need; blank where they are plain or none is left."""
        with self._reading() as (register, vintages):
            return next((one.store_key for one in _of(register, vintages) if one.store_key), "")

    # --- writing -------------------------------------------------------------------------------------
    def accept(
        self, delivery: Delivery, *, by: str, reason: str = "", pseudonym_key: str = ""
    ) -> Vintage | None:
        """Keep a delivery.

        Rows of the same sender in the same periods that it no longer holds are withdrawn.

        Parameters
        ----------
        delivery : Delivery
        by : str
            Who accepts it.
        reason : str
            Why it differs from what the same sender sent before; required only where it does.
        pseudonym_key : str
            Name of the key of its pseudonyms.

        Returns
        -------
        Vintage or None
            None where everything in it is already known.

        Raises
        ------
        RequestError
            If its round is over, nobody accepts it, or the key of pseudonyms is not linked to the one before.
        DataError
            If it differs from what is known and no reason is given; if the store was changed from outside.
        RunError
            If the store cannot be written.
        """
        with self._writing(f"accept {delivery.file}") as (register, vintages):
            require_person(by)
            self._require(register, vintages, delivery.quarter, pseudonym_key)
            mine = _of(register, vintages, contract=delivery.contract, unit=delivery.unit)
            change = compared(delivery.tables, self._cells(register, mine))
            if change.is_nothing:
                return None
            if change.contradicts and not reason.strip():
                raise DataError(
                    "already-accepted",
                    where=delivery.file,
                    example=change.example,
                    count=change.contradicts,
                    unit=delivery.unit,
                )
            kind: Kind = "replacement" if change.contradicts else "delivery"
            draft = Draft(delivery, kind, by.strip(), reason.strip(), pseudonym_key, change.withdrawn)
            return self._keep(register, vintages, [draft])[0]

    def correct(self, batch: Batch, *, by: str, check: Check | None = None) -> tuple[Vintage, ...]:
        """Keep corrections: one vintage for each sender whose rows they change, all or none.

        Parameters
        ----------
        batch : Batch
        by : str
            Who accepts them.
        check : callable, optional
            Is given each corrected table, and raises where a corrected row is not allowed.

        Raises
        ------
        RequestError, DataError, RunError
            As `accept`; also where a row, a column or an old value is not what is known.
        """
        with self._writing(f"corrections {batch.file}") as (register, vintages):
            require_person(by)
            self._require(register, vintages, batch.quarter, batch.pseudonym_key)
            mine = _of(register, vintages, contract=batch.contract)
            cells = self._cells(register, mine)
            drafts = list(batch.drafts(cells, [one.unit for one in mine], by.strip()))
            for table in (table for draft in drafts for table in draft.delivery.tables):
                if check is not None:
                    check(table)
            return self._keep(register, vintages, drafts)

    def purge(self, *, until: str, reason: str, by: str) -> Purged:
        """Destroy the data keys and files of all vintages whose last period is not after `until`.

        Their entries stay, with their hashes, and say who destroyed them, when and why.

        Raises
        ------
        RequestError
            If no reason or person is given, or nothing is there to be destroyed.
        RunError
            If the store cannot be written.
        """
        with self._writing(f"purge {until}") as (register, vintages):
            require_person(by)
            if not reason.strip():
                raise RequestError("purge-without-reason")
            left = _of(register, vintages)
            gone = tuple(one for one in left if one.last_period <= until)
            kept = tuple(one for one in left if one.first_period <= until < one.last_period)
            if not gone:
                raise RequestError("nothing-to-purge", until=until, count=len(kept))
            register.add_purges([(one.id, now(), by.strip(), reason.strip()) for one in gone])
            for one in gone:
                shelf.destroy(self.folder, one.id)
            return Purged(gone, kept)

    def link(self, found: pd.DataFrame, *, new_key: str) -> int:
        """Keep which new pseudonym stands for which old one; return how many old ones are left without.

        Parameters
        ----------
        found : DataFrame
            As `evaluation.intake.pseudonyms.links`: columns kind, old, new.
        new_key : str
            Name of the new key.
        """
        with self._writing("rotate-key") as (register, vintages):
            cells = self._cells(register, _of(register, vintages))
            held = cells[(cells.pseudonym != "") & cells.value.notna()]
            known = set(zip(held.pseudonym, held.value, strict=True))
            rows = [row for row in found.itertuples(index=False, name=None) if row[:2] in known]
            register.add_links(rows, new_key)
            return len(known - {row[:2] for row in rows})

    def change_key(self, new: Key) -> int:
        """Wrap every data key by a new store key and destroy the old wrapping; return how many there are.

        Raises
        ------
        RequestError
            If the store key is missing or another one.
        """
        with self._writing("rotate-key") as (register, vintages):
            mine = [one for one in _of(register, vintages) if one.store_key]
            keys = [(one.id, shelf.get_key(self.folder, one, self._key)) for one in mine]
            shelf.announce(self.folder, {"store_key": new.id})
            for vintage_id, data_key in keys:
                shelf.put_key(self.folder, vintage_id, data_key, new)
            if self._key is not None:
                register.change_store_key(self._key.id, new.id)
            shelf.drop_other_keys(self.folder, register.vintages())
            shelf.finished(self.folder)
            self._key = new
            return len(keys)

    # --- reading -------------------------------------------------------------------------------------
    def as_of(self, contract: str, sheet: str, when: str | datetime | None = None) -> Known:
        """Return what was known of a sheet.

        Parameters
        ----------
        contract, sheet : str
        when : str or datetime, optional
            A quarter: after its round of collection. A day, or a moment (UTC unless it says otherwise): what
            was accepted until then. By default all.

        Raises
        ------
        RequestError
            If there is no store, `when` cannot be read, or the store key is missing.
        DataError
            If a file of the store is not what was accepted; names it.
        """
        with self._reading() as (register, vintages):
            read, state = _chosen(register, vintages, contract, sheet, when)
            return Known(latest(self._cells(register, read), sheet), state)

    def state(self, contract: str, sheet: str, when: str | datetime | None = None) -> State:
        """Return what `as_of` would be made from, without reading it.

        Raises
        ------
        RequestError, DataError
            As `as_of`, but for the files.
        """
        with self._reading() as (register, vintages):
            return _chosen(register, vintages, contract, sheet, when)[1]

    def history(self, contract: str, sheet: str, key: Mapping[str, str], column: str) -> pd.DataFrame:
        """Return every value that a cell has had.

        Returns
        -------
        DataFrame
            Columns seq, quarter, accepted_at, accepted_by, kind, reason, value, withdrawn.
        """
        with self._reading() as (register, vintages):
            mine = _of(register, vintages, contract=contract)
            found = versions(self._cells(register, mine), sheet, key, column)
        said = pd.DataFrame([asdict(one) for one in mine])[
            ["seq", "quarter", "accepted_at", "accepted_by", "kind", "reason"]
        ]
        return (
            said.iloc[found.part].reset_index(drop=True).assign(value=found.value, withdrawn=found.withdrawn)
        )

    def log(self) -> pd.DataFrame:
        """Return the register, with purged_at, purged_by and purged_reason of what was destroyed."""
        with self._reading() as (register, vintages):
            columns = [field.name for field in fields(Vintage)]
            rows = pd.DataFrame([asdict(one) for one in vintages], columns=columns)
            purges = register.purges().rename(columns={"reason": "purged_reason"})
            return rows.merge(purges, on="id", how="left")

    def verify(self) -> int:
        """Read every file that was not destroyed, and return how many there are.

        Raises
        ------
        DataError
            If one of them is not what was accepted; names it.
        """
        with self._reading() as (register, vintages):
            mine = _of(register, vintages)
            self._cells(register, mine)
            return len(mine)

    # --- inside --------------------------------------------------------------------------------------
    @contextmanager
    def _writing(self, command: str) -> Iterator[tuple[Register, tuple[Vintage, ...]]]:
        with shelf.held(self.folder, command, wait=self._wait, write=True):
            try:
                shelf.require_register(self.folder)
                with open_register(self.folder, write=True) as register:
                    vintages = register.vintages()
                    shelf.recover(self.folder, vintages, frozenset(register.purges()["id"]))
                    yield register, vintages
            except OSError as error:
                raise shelf.failed(error) from None

    @contextmanager
    def _reading(self) -> Iterator[tuple[Register, tuple[Vintage, ...]]]:
        if not self.exists:
            raise RequestError("no-vintages", where=self.folder.name)
        with (
            shelf.held(self.folder, "read", wait=self._wait, write=False),
            open_register(self.folder, write=False) as register,
        ):
            yield register, register.vintages()

    def _require(
        self, register: Register, vintages: Sequence[Vintage], quarter: str, pseudonym_key: str
    ) -> None:
        require_round(vintages, quarter)
        require_linked(vintages, register.links(), pseudonym_key)
        encrypted = next((one for one in _of(register, vintages) if one.store_key), None)
        if encrypted is not None:
            shelf.get_key(self.folder, encrypted, self._key)

    def _cells(self, register: Register, vintages: Sequence[Vintage]) -> pd.DataFrame:
        """Read the cells of vintages, with pseudonyms of the newest key."""
        files = [shelf.get(self.folder, one, self._key) for one in vintages]
        cells = from_parquet(files) if files else to_cells(()).assign(part=0)
        return linked(cells.astype({"value": object}), register.links())

    def _keep(
        self, register: Register, vintages: Sequence[Vintage], drafts: Sequence[Draft]
    ) -> tuple[Vintage, ...]:
        """Write the files, then register them in one transaction."""
        names = [secrets.token_hex(8) for _ in drafts]
        shelf.announce(self.folder, {"ids": names})
        kept: list[Vintage] = []
        for name, draft in zip(names, drafts, strict=True):
            content = self._sealed(name, to_parquet(draft.cells()))
            one = draft.entered(
                (*vintages, *kept),
                name=name,
                sha256=shelf.digest(content),
                store_key=self._key.id if self._key else "",
            )
            shelf.put(self.folder, one.name, content)
            kept.append(one)
        register.add(kept)
        shelf.finished(self.folder)
        return tuple(kept)

    def _sealed(self, name: str, content: bytes) -> bytes:
        if self._key is None:
            return content
        data_key = vault.new_data_key()
        shelf.put_key(self.folder, name, data_key, self._key)
        return vault.sealed(content, data_key, name)


def _of(
    register: Register, vintages: Sequence[Vintage], *, contract: str | None = None, unit: str | None = None
) -> list[Vintage]:
    """Return the vintages that were not destroyed, of one contract and one sender where they are named."""
    gone = frozenset(register.purges()["id"])
    return [
        one
        for one in vintages
        if one.id not in gone and contract in (None, one.contract) and unit in (None, one.unit)
    ]


def _chosen(
    register: Register, vintages: Sequence[Vintage], contract: str, sheet: str, when: str | datetime | None
) -> tuple[list[Vintage], State]:
    then = known_at(vintages, when)
    mine = [one for one in then if one.contract == contract]
    read = _of(register, mine)
    links = register.links().to_dict("split")["data"]
    text = json.dumps([[one.sha256 for one in read], links, contract, sheet], sort_keys=True)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return read, State(sha256, then[-1].chain if then else "", len(read), len(mine) - len(read))
