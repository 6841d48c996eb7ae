"""One request on a connection, and the means to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from engine.events import FixedHeaders
from engine.server.http1.answer import BODYLESS, CHUNKED, LAST_CHUNK, NO_MORE, chunk, head_of, switching
from engine.server.http1.head import Head
from engine.server.http1.upload import Upload

# Bytes. Anything larger is handed to the socket beside what goes before it, not copied behind it.
LARGE = 64 * 1024


class Sink(Protocol):
    """Whoever reads a connection that speaks another protocol now."""

    def feed(self, data: bytes) -> None: ...
    def lost(self) -> None: ...


T = TypeVar("T", bound="Sink")


class Line(Protocol):
    """The connection, as an exchange sees it."""

    remote: str
    full: bool

    def send(self, data: bytes) -> None: ...
    def abort(self) -> None: ...
    def cancel(self) -> None: ...
    def hold(self) -> None: ...
    def read_on(self) -> None: ...
    def join(self, sink: Sink) -> None: ...
    async def drained(self) -> None: ...


class Exchange:
    """Answer with `answer`, or with `begin`, any number of `write`s and `end`.

    `begun`: a part of the answer is out, no other can follow. `ended`: all of it is. Once the client is gone,
    or the connection has given up on this request, nothing that is written goes anywhere.
    """

    __slots__ = (
        "_chunked",
        "_held",
        "_line",
        "begun",
        "body",
        "bodyless",
        "ended",
        "head",
        "keep_alive",
        "remote",
        "upload",
    )

    def __init__(self, line: Line, head: Head, body: bytes, upload: Upload | None = None) -> None:
        self._line: Line | None = line
        self._held = b""
        self._chunked = False
        self.remote = line.remote
        self.head = head
        self.body = body
        self.upload = upload
        self.bodyless = head.method == "HEAD"
        # Who still sends when the answer begins cannot be asked for the next request.
        self.keep_alive = head.keep_alive and upload is None
        self.begun = self.ended = False

    def uploaded(self) -> None:
        """All of the request is here: the connection may be used again, unless the answer said otherwise."""
        if not (self.begun or self._held):
            self.keep_alive = self.head.keep_alive

    def answer(
        self,
        status: int,
        headers: Mapping[str, str],
        content_type: str,
        body: bytes,
        shared: FixedHeaders = NO_MORE,
    ) -> None:
        """A whole answer, see `head_of`. Raises ValueError for a status that no final answer has."""
        keep_alive = self.keep_alive
        if status in BODYLESS:
            self._send(head_of(status, headers, None, "", keep_alive=keep_alive, shared=shared))
        else:
            length = f"content-length: {len(body)}\r\n"
            head = head_of(status, headers, content_type, length, keep_alive=keep_alive, shared=shared)
            self._send(head, b"" if self.bodyless else body)
        self.ended = True

    def begin(self, status: int, headers: Mapping[str, str], content_type: str) -> None:
        """The head of an answer of unknown length; it goes out with the first piece, or at the end."""
        if status in BODYLESS:
            self.bodyless = True
            self._held = head_of(status, headers, None, "", keep_alive=self.keep_alive)
            return
        # An HTTP/1.0 client knows no chunks: there the end of the connection is the end of the answer.
        self._chunked = not self.head.old
        self.keep_alive = self.keep_alive and self._chunked
        framing = CHUNKED if self._chunked else ""
        self._held = head_of(status, headers, content_type, framing, keep_alive=self.keep_alive)

    def write(self, piece: bytes) -> bool:
        """Whether the client is slow: wait until `drained` before more is written."""
        line = self._line
        if line is None:
            return False
        if piece and not self.bodyless:
            data = chunk(piece) if self._chunked else piece
            if self._held:
                head, self._held = self._held, b""
                self._send(head, data)
            else:
                line.send(data)
        return line.full

    def end(self) -> None:
        head, self._held = self._held, b""
        last = LAST_CHUNK if self._chunked and not self.bodyless else b""
        self._send(head, last)
        self.ended = True

    def upgrade(self, headers: Mapping[str, str], make: Callable[[Line], T]) -> T | None:
        """Agree to another protocol; `make` gives who reads from here on. None: the client is gone.

        When the request is over, so is the connection.
        """
        line = self._line
        if line is None:
            return None
        self.begun, self.keep_alive = True, False
        sink = make(line)
        line.send(switching(headers))
        line.join(sink)
        return sink

    async def drained(self) -> None:
        if self._line is not None:
            await self._line.drained()

    def break_off(self) -> None:
        """End the connection so that nobody takes what is out for a whole answer."""
        if self._line is not None:
            self._line.abort()

    def cancel(self) -> None:
        """Whoever answers this is cancelled."""
        if self._line is not None:
            self._line.cancel()

    def detach(self) -> None:
        """The connection wants no answer to this any more."""
        self._line = None

    def _send(self, head: bytes, rest: bytes = b"") -> None:
        line = self._line
        if line is None:
            return
        self.begun = True
        if head and len(rest) > LARGE:
            line.send(head)
            line.send(rest)
        elif head or rest:
            line.send(head + rest)
