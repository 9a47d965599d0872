"""Files that are written whole or not at all, each with a data key of its own, and their destruction."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from evaluation.intake.keys import Key

_MAGIC = b"EVV1"
_NONCE = 12


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that, after any crash, it is there whole or not there; it is on disk on return.

    Raises
    ------
    OSError
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)  # noqa: PTH105 -- the name says that it is atomic
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def destroy(path: Path) -> None:
    """Overwrite a file with zeros, bring that to disk, and remove it; nothing happens where it is not.

    A journal, a snapshot, a backup or the spare blocks of a flash disk may still hold what was there. A data
    key is useless without the store key, which is why a purge should be followed by a new store key.
    """
    if not path.is_file():
        return
    with path.open("r+b") as stream:
        stream.write(bytes(path.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())
    path.unlink()
    flush_folder(path.parent)


def new_data_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(32)


def sealed(content: bytes, secret: bytes, name: str) -> bytes:
    """Encrypt with AES-256-GCM; `name` is bound to the result, so that files cannot be exchanged.

    Returns
    -------
    bytes
        Four bytes that name the form, twelve of nonce, ciphertext with its tag.

    References
    ----------
    Dworkin, M. (2007). Recommendation for block cipher modes of operation: Galois/Counter Mode (GCM) and
    GMAC. NIST Special Publication 800-38D, doi:10.6028/NIST.SP.800-38D.

    Examples
    --------
    >>> secret = new_data_key()
    >>> opened(sealed(b"12 households", secret, "v1"), secret, "v1")
    b'12 households'
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 -- where there is a key

    nonce = secrets.token_bytes(_NONCE)
    return _MAGIC + nonce + AESGCM(secret).encrypt(nonce, content, name.encode())


def opened(content: bytes, secret: bytes, name: str) -> bytes:
    """Decrypt what `sealed` made.

    Raises
    ------
    ValueError
        If it was changed, belongs to another name, or the key is another one.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- where there is a key
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    head, nonce, rest = content[:4], content[4 : 4 + _NONCE], content[4 + _NONCE :]
    if head != _MAGIC or len(nonce) < _NONCE:
        raise ValueError("not an encrypted file of this store")
    try:
        return AESGCM(secret).decrypt(nonce, rest, name.encode())
    except InvalidTag:
        raise ValueError("changed, or encrypted by another key") from None


def wrapped(data_key: bytes, store_key: Key, name: str) -> bytes:
    """Encrypt a data key by the store key."""
    return sealed(data_key, store_key.secret, f"data key of {name}")


def unwrapped(content: bytes, store_key: Key, name: str) -> bytes:
    """Decrypt a data key.

    Raises
    ------
    ValueError
        As `opened`.
    """
    return opened(content, store_key.secret, f"data key of {name}")
