"""The folder of a store: its lock, the files of the vintages, and what a crash left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from evaluation.errors import DataError, RequestError, RunError
from evaluation.intake import vault
from evaluation.intake.keys import Key
from evaluation.intake.lockfile import give_back, read_entry, take, write_entry
from evaluation.intake.register import FILE, Vintage

FILES, KEYS, _LOCK, _PENDING = "files", "keys", "lock", "pending.json"


@contextmanager
def held(folder: Path, command: str, *, wait: float, write: bool) -> Iterator[None]:
    """Hold the store for this process; a reader goes on where the store cannot be written by anybody.

    Raises
    ------
    RequestError
        If another process holds it for longer than `wait` seconds; names it.
    RunError
        If it cannot be written, and is to be.
    """
    stream = _lock_file(folder, write=write)
    if stream is None:
        yield
        return
    with stream:
        _wait(stream, command, wait)
        try:
            yield
        finally:
            give_back(stream)


def _lock_file(folder: Path, *, write: bool) -> IO[str] | None:
    """Open the lock; None for a reader where nobody can write."""
    try:
        for name in (FILES, KEYS) if write else ():
            (folder / name).mkdir(parents=True, exist_ok=True)
        return (folder / _LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        if write:
            raise failed(error) from None
        return None


def _wait(stream: IO[str], command: str, wait: float) -> None:
    if not take(stream, wait=wait):
        entry = read_entry(stream)
        known = {name: entry.get(name, "?") for name in ("pid", "command", "since")}
        raise RequestError("store-busy", seconds=round(wait), **known)
    write_entry(stream, command)


def failed(error: OSError) -> RunError:
    """Return the error for a store that the system does not let us write."""
    where = Path(error.filename).name if isinstance(error.filename, str) else ""
    return RunError("store-failed", where=where, reason=error.strerror or type(error).__name__)


def digest(content: bytes) -> str:
    """SHA-256 of what a file holds."""
    return hashlib.sha256(content).hexdigest()


def announce(folder: Path, plan: dict[str, Any]) -> None:
    """Write down what is begun, so that a crash can be told from a register that is too old."""
    vault.write_durably(folder / _PENDING, json.dumps(plan).encode())


def finished(folder: Path) -> None:
    """Take back what `announce` wrote."""
    (folder / _PENDING).unlink(missing_ok=True)


def put(folder: Path, name: str, content: bytes) -> None:
    """Write the file of a vintage."""
    vault.write_durably(folder / FILES / name, content)


def put_key(folder: Path, vintage_id: str, data_key: bytes, store_key: Key) -> None:
    """Write the data key of a vintage, wrapped by the store key."""
    wrapped = vault.wrapped(data_key, store_key, vintage_id)
    vault.write_durably(folder / KEYS / f"{vintage_id}.{store_key.id}", wrapped)


def get(folder: Path, vintage: Vintage, store_key: Key | None) -> bytes:
    """Return the Parquet file of a vintage.

    Raises
    ------
    DataError
        If the file is not there, was changed, or its data key does not open it.
    RequestError
        If it is encrypted and the store key is missing or another one.
    """
    path = folder / FILES / vintage.name
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError("vintage-missing", where=path.name, reason=reason, **_named(vintage)) from None
    found = digest(content)
    if found != vintage.sha256:
        raise DataError(
            "vintage-changed", where=path.name, found=found, expected=vintage.sha256, **_named(vintage)
        )
    if not vintage.store_key:
        return content
    try:
        return vault.opened(content, get_key(folder, vintage, store_key), vintage.id)
    except ValueError as error:
        raise DataError("vintage-locked", where=path.name, reason=str(error), **_named(vintage)) from None


def get_key(folder: Path, vintage: Vintage, store_key: Key | None) -> bytes:
    """Return the data key of a vintage.

    Raises
    ------
    RequestError
        If the store key is missing or another one.
    DataError
        If the key file is missing or was changed.
    """
    if store_key is None or store_key.id != vintage.store_key:
        raise RequestError("store-key", needed=vintage.store_key, given=store_key.id if store_key else "–")
    path = folder / KEYS / f"{vintage.id}.{store_key.id}"
    try:
        return vault.unwrapped(path.read_bytes(), store_key, vintage.id)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError("vintage-locked", where=path.name, reason=reason, **_named(vintage)) from None


def _named(vintage: Vintage) -> dict[str, Any]:
    return {"seq": vintage.seq, "unit": vintage.unit, "quarter": vintage.quarter}


def recover(folder: Path, vintages: Sequence[Vintage], purged: frozenset[str]) -> None:
    """Bring the folder to what the register says: undo what was begun and not registered, finish purges.

    Raises
    ------
    DataError
        If there are files that the register does not know and nothing says that they were begun: the register
        is older than they are, and nothing is touched.
    """
    path = folder / _PENDING
    plan = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    known = {one.id: one for one in vintages}
    begun = frozenset(plan.get("ids", ())) - known.keys()
    _require_known(folder, frozenset(known) | begun)
    for name in (FILES, KEYS):
        for stray in (folder / name).glob("*.partial"):
            vault.destroy(stray)
    for vintage_id in begun | purged:
        destroy(folder, vintage_id)
    if "store_key" in plan:
        drop_other_keys(folder, vintages)
    finished(folder)


def require_register(folder: Path) -> None:
    """Refuse to make a new register for files that an old one knew.

    Raises
    ------
    DataError
    """
    if not (folder / FILE).exists() and not (folder / _PENDING).exists():
        _require_known(folder, frozenset())


def _require_known(folder: Path, known: frozenset[str]) -> None:
    names = (path.name for path in (folder / FILES).iterdir())
    stray = sorted(name for name in names if name.split(".")[0] not in known)
    if stray:
        raise DataError("register-older", where=FILE, count=len(stray), example=stray[0])


def destroy(folder: Path, vintage_id: str) -> None:
    """Destroy the data key of a vintage first, then its file."""
    for name in (KEYS, FILES):
        for path in sorted((folder / name).glob(f"{vintage_id}.*")):
            vault.destroy(path)


def drop_other_keys(folder: Path, vintages: Sequence[Vintage]) -> None:
    """Destroy data keys wrapped by a store key that the register does not name."""
    kept = {f"{one.id}.{one.store_key}" for one in vintages}
    for path in sorted((folder / KEYS).iterdir()):
        if path.name not in kept:
            vault.destroy(path)
