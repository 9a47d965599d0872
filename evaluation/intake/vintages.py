"""The store: everything that was accepted, as it was accepted; nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

import pandas as pd

from evaluation.errors import DataError, RequestError
from evaluation.intake import shelf
from evaluation.intake.change import compared
from evaluation.intake.delivery import Delivery
from evaluation.intake.entries import Batch, Check, Draft, now, require_person
from evaluation.intake.keys import Key
from evaluation.intake.opened import Opened, State, opened
from evaluation.intake.register import FILE, Kind, Vintage
from evaluation.intake.replay import latest, versions


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
        with self._reading() as store:
            return next((one.store_key for one in store.left() if one.store_key), "")

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
        with self._writing(f"accept {delivery.file}") as store:
            require_person(by)
            store.require(delivery.quarter, pseudonym_key)
            mine = store.left(contract=delivery.contract, unit=delivery.unit)
            change = compared(delivery.tables, store.cells(mine))
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
            return store.keep([draft])[0]

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
        with self._writing(f"corrections {batch.file}") as store:
            require_person(by)
            store.require(batch.quarter, batch.pseudonym_key)
            mine = store.left(contract=batch.contract)
            cells = store.cells(mine)
            drafts = list(batch.drafts(cells, [one.unit for one in mine], by.strip()))
            for table in (table for draft in drafts for table in draft.delivery.tables):
                if check is not None:
                    check(table)
            return store.keep(drafts)

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
        with self._writing(f"purge {until}") as store:
            require_person(by)
            if not reason.strip():
                raise RequestError("purge-without-reason")
            left = store.left()
            gone = tuple(one for one in left if one.last_period <= until)
            kept = tuple(one for one in left if one.first_period <= until < one.last_period)
            if not gone:
                raise RequestError("nothing-to-purge", until=until, count=len(kept))
            store.register.add_purges([(one.id, now(), by.strip(), reason.strip()) for one in gone])
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
        with self._writing("rotate-key") as store:
            cells = store.cells(store.left())
            held = cells[(cells.pseudonym != "") & cells.value.notna()]
            known = set(zip(held.pseudonym, held.value, strict=True))
            rows = [row for row in found.itertuples(index=False, name=None) if row[:2] in known]
            store.register.add_links(rows, new_key)
            return len(known - {row[:2] for row in rows})

    def change_key(self, new: Key) -> int:
        """Wrap every data key by a new store key and destroy the old wrapping; return how many there are.

        Raises
        ------
        RequestError
            If the store key is missing or another one.
        """
        with self._writing("rotate-key") as store:
            n = store.change_key(new)
        self._key = new
        return n

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
        with self._reading() as store:
            read, state = store.chosen(contract, sheet, when)
            return Known(latest(store.cells(read), sheet), state)

    def state(self, contract: str, sheet: str, when: str | datetime | None = None) -> State:
        """Return what `as_of` would be made from, without reading it.

        Raises
        ------
        RequestError, DataError
            As `as_of`, but for the files.
        """
        with self._reading() as store:
            return store.chosen(contract, sheet, when)[1]

    def history(self, contract: str, sheet: str, key: Mapping[str, str], column: str) -> pd.DataFrame:
        """Return every value that a cell has had.

        Returns
        -------
        DataFrame
            Columns seq, quarter, accepted_at, accepted_by, kind, reason, value, withdrawn.
        """
        with self._reading() as store:
            mine = store.left(contract=contract)
            found = versions(store.cells(mine), sheet, key, column)
        said = pd.DataFrame([asdict(one) for one in mine])[
            ["seq", "quarter", "accepted_at", "accepted_by", "kind", "reason"]
        ]
        return (
            said.iloc[found.part].reset_index(drop=True).assign(value=found.value, withdrawn=found.withdrawn)
        )

    def log(self) -> pd.DataFrame:
        """Return the register, with purged_at, purged_by and purged_reason of what was destroyed."""
        with self._reading() as store:
            columns = [field.name for field in fields(Vintage)]
            rows = pd.DataFrame([asdict(one) for one in store.vintages], columns=columns)
            purges = store.register.purges().rename(columns={"reason": "purged_reason"})
            return rows.merge(purges, on="id", how="left")

    def verify(self) -> int:
        """Read every file that was not destroyed, and return how many there are.

        Raises
        ------
        DataError
            If one of them is not what was accepted; names it.
        """
        with self._reading() as store:
            mine = store.left()
            store.cells(mine)
            return len(mine)

    # --- inside --------------------------------------------------------------------------------------
    def _writing(self, command: str) -> AbstractContextManager[Opened]:
        return opened(self.folder, self._key, command, wait=self._wait, write=True)

    def _reading(self) -> AbstractContextManager[Opened]:
        if not self.exists:
            raise RequestError("no-vintages", where=self.folder.name)
        return opened(self.folder, self._key, "read", wait=self._wait, write=False)
