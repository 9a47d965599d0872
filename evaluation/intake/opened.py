"""An open store: its register, its files and its keys, held for this process."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from evaluation.intake import shelf, vault
from evaluation.intake.cells import to_cells
from evaluation.intake.entries import Draft, known_at, require_linked, require_round
from evaluation.intake.keys import Key
from evaluation.intake.parquet import from_parquet, to_parquet
from evaluation.intake.register import Register, Vintage, open_register
from evaluation.intake.replay import linked


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
class Opened:
    """A store that this process holds.

    Attributes
    ----------
    folder : Path
    key : Key or None
        Store key.
    register : Register
    vintages : tuple of Vintage
        All of them, those that were destroyed too.
    """

    folder: Path
    key: Key | None
    register: Register
    vintages: tuple[Vintage, ...]

    def left(self, *, contract: str | None = None, unit: str | None = None) -> list[Vintage]:
        """Return the vintages that were not destroyed, of the contract and sender that are named."""
        gone = frozenset(self.register.purges()["id"])
        return [
            one
            for one in self.vintages
            if one.id not in gone and contract in (None, one.contract) and unit in (None, one.unit)
        ]

    def chosen(self, contract: str, sheet: str, when: str | datetime | None) -> tuple[list[Vintage], State]:
        """Return the vintages that say what was known of a sheet, and what they are."""
        then = known_at(self.vintages, when)
        mine = {one.id for one in then if one.contract == contract}
        read = [one for one in self.left() if one.id in mine]
        links = self.register.links().to_dict("split")["data"]
        text = json.dumps([[one.sha256 for one in read], links, contract, sheet], sort_keys=True)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return read, State(sha256, then[-1].chain if then else "", len(read), len(mine) - len(read))

    def cells(self, vintages: Sequence[Vintage]) -> pd.DataFrame:
        """Read the cells of vintages, with pseudonyms of the newest key.

        Raises
        ------
        RequestError, DataError
            As `shelf.get`.
        """
        files = [shelf.get(self.folder, one, self.key) for one in vintages]
        cells = from_parquet(files) if files else to_cells(()).assign(part=0)
        return linked(cells.astype({"value": object}), self.register.links())

    def require(self, quarter: str, pseudonym_key: str) -> None:
        """Refuse a round that is over, pseudonyms of another key, and a store key of another store.

        Raises
        ------
        RequestError
        """
        require_round(self.vintages, quarter)
        require_linked(self.vintages, self.register.links(), pseudonym_key)
        encrypted = next((one for one in self.left() if one.store_key), None)
        if encrypted is not None:
            shelf.get_key(self.folder, encrypted, self.key)

    def keep(self, drafts: Sequence[Draft]) -> tuple[Vintage, ...]:
        """Write the files, then register them in one transaction."""
        names = [secrets.token_hex(8) for _ in drafts]
        shelf.announce(self.folder, {"ids": names})
        kept: list[Vintage] = []
        for name, draft in zip(names, drafts, strict=True):
            content = self._sealed(name, to_parquet(draft.cells()))
            one = draft.entered(
                (*self.vintages, *kept),
                name=name,
                sha256=shelf.digest(content),
                store_key=self.key.id if self.key else "",
            )
            shelf.put(self.folder, one.name, content)
            kept.append(one)
        self.register.add(kept)
        shelf.finished(self.folder)
        return tuple(kept)

    def _sealed(self, name: str, content: bytes) -> bytes:
        if self.key is None:
            return content
        data_key = vault.new_data_key()
        shelf.put_key(self.folder, name, data_key, self.key)
        return vault.sealed(content, data_key, name)

    def change_key(self, new: Key) -> int:
        """Wrap every data key by a new store key, and destroy the old wrapping."""
        mine = [one for one in self.left() if one.store_key]
        keys = [(one.id, shelf.get_key(self.folder, one, self.key)) for one in mine]
        shelf.announce(self.folder, {"store_key": new.id})
        for vintage_id, data_key in keys:
            shelf.put_key(self.folder, vintage_id, data_key, new)
        if self.key is not None:
            self.register.change_store_key(self.key.id, new.id)
        shelf.drop_other_keys(self.folder, self.register.vintages())
        shelf.finished(self.folder)
        return len(keys)


@contextmanager
def opened(folder: Path, key: Key | None, command: str, *, wait: float, write: bool) -> Iterator[Opened]:
    """Hold a store and open it; a writer first brings it to what its register says.

    Raises
    ------
    RequestError, DataError, RunError
        As `shelf.held`, `shelf.recover` and `open_register`.
    """
    with shelf.held(folder, command, wait=wait, write=write):
        try:
            if write:
                shelf.require_register(folder)
            with open_register(folder, write=write) as register:
                vintages = register.vintages()
                if write:
                    shelf.recover(folder, vintages, frozenset(register.purges()["id"]))
                yield Opened(folder, key, register, vintages)
        except OSError as error:
            raise shelf.failed(error) from None
