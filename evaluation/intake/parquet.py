"""Tables to Parquet and back, in memory: plain data never lie on disk on their way into an encrypted file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import duckdb

_AT_ONCE = 200  # open files; systems allow 256 or more
_OPTIONS = "(format parquet, compression zstd, use_tmp_file false)"


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Return a table as a Parquet file.

    Examples
    --------
    >>> to_parquet(pd.DataFrame({"value": ["12"]}))[:4]
    b'PAR1'
    """
    with _in_memory(b"") as path, engine() as connection:
        connection.register("given", frame)
        connection.execute(f"copy given to '{path}' {_OPTIONS}")
        return Path(path).read_bytes()


def from_parquet(files: Sequence[bytes]) -> pd.DataFrame:
    """Return the rows of Parquet files of one form, in the order of the files, with their number as `part`.

    Raises
    ------
    ValueError
        If one of them is not a Parquet file.

    Examples
    --------
    >>> files = [to_parquet(pd.DataFrame({"value": [value]})) for value in ("12", "7")]
    >>> from_parquet(files).value.tolist()
    ['12', '7']
    """
    parts = [_read(files[i : i + _AT_ONCE], i) for i in range(0, len(files), _AT_ONCE)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _read(files: Sequence[bytes], first: int) -> pd.DataFrame:
    import duckdb  # noqa: PLC0415 -- a fork is safe only where DuckDB is not open

    with ExitStack() as stack:
        paths = [stack.enter_context(_in_memory(content)) for content in files]
        connection = stack.enter_context(engine())
        try:
            frames = [connection.execute("from read_parquet(?)", [path]).df() for path in paths]
        except duckdb.Error as error:
            raise ValueError(str(error).splitlines()[0]) from None
    return pd.concat([frame.assign(part=first + i) for i, frame in enumerate(frames)], ignore_index=True)


@contextmanager
def engine(file: str = ":memory:", **options: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB without extensions from elsewhere, and close it with all of its threads.

    Parameters
    ----------
    file : str
        Database; in memory by default.
    **options
        Arguments of ``duckdb.connect``.
    """
    import duckdb  # noqa: PLC0415 -- a fork is safe only where DuckDB is not open

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "true",
    }
    connection = duckdb.connect(file, config=settings, **options)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """Offer bytes as the path of a file: in memory on Linux, elsewhere in a folder that only we can read."""
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "part"
            path.write_bytes(content)
            yield path.as_posix()
        return
    descriptor = os.memfd_create("part")
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
