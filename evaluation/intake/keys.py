"""Secret keys: 32 bytes from the environment, or from a file that lies outside the project."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NoReturn

from evaluation.errors import RequestError

Purpose = Literal["pseudonym", "store"]
VARIABLES: dict[Purpose, str] = {
    "pseudonym": "EVALUATION_PSEUDONYM_KEY",
    "store": "EVALUATION_STORE_KEY",
}
_KEY = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Key:
    """A secret that shows only its name, and cannot be pickled.

    Attributes
    ----------
    purpose : {"pseudonym", "store"}
    secret : bytes
        32 bytes.

    Examples
    --------
    >>> Key("store", bytes(32))
    Key(purpose='store', id='ef5e2f03550d')
    """

    purpose: Purpose
    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Name of the key: derived from it, and no help in finding it."""
        name = f"evaluation key of {self.purpose}".encode()
        return hmac.new(self.secret, name, hashlib.sha256).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Key(purpose={self.purpose!r}, id={self.id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written anywhere")


def find_key(purpose: Purpose, root: Path) -> Key | None:
    """Return the key of the environment, else that of the key file, else None.

    Parameters
    ----------
    purpose : {"pseudonym", "store"}
        ``EVALUATION_PSEUDONYM_KEY`` or ``EVALUATION_STORE_KEY`` holds the key, the same name with ``_FILE``
        the path of its file.
    root : Path
        Folder of the project, in which a key must not lie.

    Raises
    ------
    RequestError
        As `read_key`, and where the variable does not hold 64 hexadecimal digits.
    """
    variable = VARIABLES[purpose]
    given = os.environ.get(variable, "").strip()
    if given:
        return _parsed(purpose, given, variable)
    file = os.environ.get(f"{variable}_FILE", "").strip()
    return read_key(purpose, Path(file), root) if file else None


def require_key(purpose: Purpose, root: Path) -> Key:
    """Return the key.

    Raises
    ------
    RequestError
        If there is none, or as `find_key`.
    """
    found = find_key(purpose, root)
    if found is None:
        raise RequestError("key-absent", purpose=purpose, variable=VARIABLES[purpose])
    return found


def read_key(purpose: Purpose, path: Path, root: Path) -> Key:
    """Read a key file.

    Raises
    ------
    RequestError
        If it lies inside the project, others may read it, or it does not hold 64 hexadecimal digits.
    """
    path = path.expanduser().resolve()
    _require_outside(path, root)
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not 64 hexadecimal digits"
        raise RequestError("key-unreadable", where=path.name, reason=reason) from None
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RequestError("key-readable-by-others", where=path.name, mode=f"{stat.S_IMODE(mode):o}")
    return _parsed(purpose, text, path.name)


def new_key_file(path: Path, root: Path) -> None:
    """Write a new random key, readable by its owner only.

    Raises
    ------
    RequestError
        If the file exists, lies inside the project or cannot be written.
    """
    path = path.expanduser().resolve()
    _require_outside(path, root)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RequestError("key-not-written", where=path.name, reason=error.strerror or "") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(32) + "\n")


def _require_outside(path: Path, root: Path) -> None:
    if path.is_relative_to(root.resolve()):
        raise RequestError("key-inside-project", where=path.relative_to(root.resolve()).as_posix())


def _parsed(purpose: Purpose, text: str, where: str) -> Key:
    if not _KEY.fullmatch(text):
        raise RequestError("key-unreadable", where=where, reason="not 64 hexadecimal digits")
    return Key(purpose, bytes.fromhex(text))
