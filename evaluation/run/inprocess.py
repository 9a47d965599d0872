"""A papermill engine that runs the cells in this very process, with the shell of the stock kernel.

Between cells and notebook there are no sockets: what the shell publishes is handed to nbclient's own reading
of messages, so that the outputs are those which a kernel process would have sent.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine, papermill_engines
from traitlets.config import Config

NAME = "evaluation-in-process"
Message = dict[str, Any]
Receiver = Callable[[Message], object]


class InProcessEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Engine to be named to papermill as `NAME`; see `register`."""

    nb_kernel_name = NBClientEngine.nb_kernel_name
    nb_language = NBClientEngine.nb_language

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> Any:
        """Run the cells of a notebook that papermill has prepared."""
        return _Client(nb_man, kernel_name=kernel_name).execute()


def register() -> str:
    """Make the engine known to papermill and return its name."""
    papermill_engines.register(NAME, InProcessEngine)
    return NAME


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client with the kernel beside it instead of at the other end of sockets."""

    def execute(self, **_: Any) -> Any:
        self.reset_execution_trackers()
        with asyncio.Runner() as self._runner:
            self._session = _Recorder()
            self._kernel: Any = _kernel(self._session)
            with _streams(self._session):
                self.papermill_execute_cells()
        self.nb.metadata["language_info"] = self._kernel.language_info
        self.set_widgets_metadata()
        return self.nb

    def execute_cell(self, cell: Any, cell_index: int, **_: Any) -> Any:
        """Run one cell; raises as nbclient does where it fails."""
        skipped = self.skip_cells_with_tag in cell.metadata.get("tags", ())
        if cell.cell_type != "code" or not cell.source.strip() or skipped:
            return cell
        self.code_cells_executed += 1
        cell.outputs, self.clear_before_next_output = [], False
        cell["execution_count"] = self._kernel.shell.execution_count
        self._session.receiver = lambda message: self.process_message(message, cell, cell_index)
        reply = self._runner.run(self._replied(cell, cell_index))
        return cell if reply is None else reply

    async def _replied(self, cell: Any, cell_index: int) -> Any:
        content = await self._kernel.do_execute(cell.source, False, True, None, False)
        sys.stdout.flush()
        sys.stderr.flush()
        await self._check_raise_for_error(cell, cell_index, {"content": content})


def _without_debugger() -> None:
    """Leave out the debugger, a hundred modules that nobody can reach in a kernel without sockets."""
    absent: Any = {"debugpy": None}
    known = sys.modules.get("debugpy")
    sys.modules.update(absent)
    import ipykernel.debugger  # noqa: F401, PLC0415 -- takes note of what it does not find

    del sys.modules["debugpy"]
    if known is not None:
        sys.modules["debugpy"] = known


_without_debugger()


def _kernel(session: Session) -> IPythonKernel:
    """Return the stock kernel without sockets, and without a history file, which would only cost time."""
    return IPythonKernel.instance(
        session=session,
        config=Config({"HistoryManager": {"enabled": False}}),
        log=logging.getLogger(__name__),
        shell_channel_thread=SimpleNamespace(parent_thread=None),
    )


class _Recorder(Session):
    """A session whose messages go to a function instead of a socket."""

    receiver: Receiver

    def send(  # noqa: PLR0913, PLR0917 -- the signature is jupyter_client's
        self,
        stream: Any,
        msg_or_type: Message | str,
        content: Message | None = None,
        parent: Message | None = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Message | None = None,
        metadata: Message | None = None,
    ) -> Message:
        """Hand over a message as it would arrive: packed and unpacked."""
        del stream, ident, track
        if isinstance(msg_or_type, str):
            message = self.msg(msg_or_type, content, parent, header, metadata)
        else:
            message = msg_or_type
        plain: Message = self.unpack(self.pack(message))
        plain["buffers"] = [bytes(one) for one in buffers or ()]
        self.receiver(plain)
        return plain


@contextmanager
def _streams(session: _Recorder) -> Iterator[None]:
    """Let both standard streams be those of the notebook."""
    before = sys.stdout, sys.stderr
    streams = _Stream(session, "stdout", 1), _Stream(session, "stderr", 2)
    sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for one in streams:
            one.give_back()


class _Stream(io.TextIOBase):
    """Standard stream of a notebook: what Python writes, and what others write to the file descriptor.

    The descriptor is bound to a file, which is read before each output, so that both keep their order and no
    thread is needed.
    """

    encoding = "UTF-8"

    def __init__(self, session: _Recorder, name: str, descriptor: int) -> None:
        self.name = name
        self._session = session
        self._descriptor = descriptor
        self._original = os.dup(descriptor)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- as long as the process
        os.dup2(self._file.fileno(), descriptor)
        self._read = 0
        self._lock = threading.RLock()
        self._waiting: list[str] = []

    def fileno(self) -> int:
        """Return the stream outside of the notebook, as with a kernel."""
        return self._original

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        with self._lock:
            self._take()
            self._waiting.append(text)
        return len(text)

    def flush(self) -> None:
        with self._lock:
            self._take()
            text, self._waiting = "".join(self._waiting), []
        if text:
            self._session.send(None, "stream", {"name": self.name, "text": text}, {})

    def give_back(self) -> None:
        """Bind the descriptor to what it was bound to before."""
        os.dup2(self._original, self._descriptor)

    def _take(self) -> None:
        """Take over what was written to the descriptor."""
        end = os.fstat(self._file.fileno()).st_size
        if end > self._read:
            found = os.pread(self._file.fileno(), end - self._read, self._read)
            self._read += len(found)
            self._waiting.append(found.decode("utf-8", errors="replace"))
