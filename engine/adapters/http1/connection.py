"""One connection to an upstream: a call at a time goes out, its answer comes in."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Protocol, cast

from engine.adapters.http1.answer import Answer
from engine.adapters.http1.failures import ConnectionLost, Malformed, NoAnswer, Stale
from engine.adapters.outbox import Outbox
from engine.events import Upload

# When so many bytes of a body wait for their reader, the upstream is made to wait too.
MAX_AHEAD = 65536

# So much is read at once: what is read must be taken in, and event loops would read four times as much.
READ = 65536

# Below this a copy costs less than a second piece in a write.
SMALL = 16384

# When a server has closed an idle connection before a call reached it, word of that comes within a round trip
# of the call. One that hangs up later may have worked on it.
STALE_WITHIN = 1.0


class Keeper(Protocol):
    """Who keeps the connection between calls.

    `inbox` is where bytes arrive, of all its connections: they are taken out at once. By `outbox` they leave.
    """

    inbox: memoryview
    outbox: Outbox

    def proven(self, connection: Connection) -> None:
        """It has answered for the first time."""
        ...

    def keep(self, connection: Connection, hint: str | None) -> None:
        """It is free; `hint` is the upstream's `keep-alive` header."""
        ...

    def forget(self, connection: Connection) -> None:
        """It is closed."""
        ...


class Connection(asyncio.BufferedProtocol):
    """Reads at all times, so that it knows when the other side closes it, also while it is free.

    Only the status has a deadline here (`first_byte`), kept by one timer that stays armed from call to call:
    when it fires too early it is set anew. How long a body may take is the gateway's to know, which counts
    events and whole attempts, not bytes.
    """

    __slots__ = (
        "_answer",
        "_armed",
        "_connected",
        "_due",
        "_failure",
        "_full",
        "_inbox",
        "_keeper",
        "_loop",
        "_outbox",
        "_pouring",
        "_room",
        "_timer",
        "_transport",
        "_turn",
        "_used",
        "_waiter",
        "_written",
        "expires",
        "paused",
    )

    _transport: asyncio.Transport

    def __init__(self, keeper: Keeper) -> None:
        self._loop = asyncio.get_running_loop()
        self._keeper = keeper
        self._inbox, self._outbox = keeper.inbox, keeper.outbox
        self._turn = -1
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0.0
        self._due: float | None = None
        self._failure: Exception | None = None
        self._connected = False
        self._full = False
        self.paused = False
        self._pouring = False
        self._room: asyncio.Future[None] | None = None
        self._used = False
        self._written = 0.0
        self.expires = 0.0

    @property
    def tls(self) -> ssl.SSLObject | None:
        found: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return found

    @property
    def closed(self) -> bool:
        return self._failure is not None

    async def ask(self, head: bytes, body: bytes, answer: Answer, first_byte: float | None) -> None:
        """Send a request; when this returns, `answer` has its status or a failure.

        Cancelled, it closes the connection.
        """
        if self._failure is not None:
            answer.fail(self._failure)
            return
        self._answer = answer
        if len(body) < SMALL:
            self._write(head + body)
        else:
            self._outbox.flush()
            self._transport.writelines((head, body))
        self._sent(first_byte)
        try:
            await self.news()
        except asyncio.CancelledError:
            self.give_up(answer)
            raise

    async def pour(self, head: bytes, upload: Upload, answer: Answer, first_byte: float | None) -> None:
        """The same with a body that is still coming; an answer that comes before its end ends it."""
        if self._failure is not None:
            answer.fail(self._failure)
            return
        self._answer, self._pouring = answer, True
        self._write(head)
        feeding = self._loop.create_task(self._feed(upload))
        feeding.add_done_callback(lambda _: self._wake())
        try:
            while not (feeding.done() or answer.status or answer.over):
                await self.news()
            failure = feeding.exception() if feeding.done() else None
            if failure is not None and not answer.status:
                self.abort()
                raise failure
            if feeding.done() and not (answer.status or answer.over):
                self._sent(first_byte)
                await self.news()
        except asyncio.CancelledError:
            self.give_up(answer)
            raise
        finally:
            feeding.cancel()
            failure = None  # else it would hold this frame, which holds it
            del feeding  # so does this

    async def _feed(self, upload: Upload) -> None:
        """Write what comes, as fast as the upstream takes it."""
        chunked = upload.length is None
        async for piece in upload:
            self._write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if self._full:
                self._room = self._loop.create_future()
                await self._room
        if chunked:
            self._write(b"0\r\n\r\n")
        self._pouring = False

    def _write(self, data: bytes) -> None:
        self._turn = self._outbox.post(self._transport, data)

    def _sent(self, first_byte: float | None) -> None:
        self._written = self._loop.time()
        if first_byte is not None:
            due = self._due = self._written + first_byte
            if self._timer is None or due < self._armed:
                self._arm(due)

    def news(self) -> asyncio.Future[None]:
        """Done when something new is known of the answer. Whoever stops waiting for it has to `give_up`."""
        waiter = self._waiter = self._loop.create_future()
        return waiter

    def give_up(self, answer: Answer) -> None:
        """Nobody waits for `answer` any more: if it is not over, it is this connection's, which closes."""
        if not answer.over:
            self.abort()

    def resume(self) -> None:
        """The reader has taken what there was."""
        if self.paused and self._failure is None:
            self.paused = False
            self._transport.resume_reading()

    def abort(self, failure: Exception | None = None) -> None:
        """Close at once; an answer that is not over fails."""
        if self._failure is None:
            self._failure = failure or ConnectionLost()
            self._end()
            self._keeper.forget(self)
            if self._connected:
                self._transport.abort()

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by name
        self._connected = True
        if self._failure is not None:  # called off in the meantime
            self._transport.abort()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        answer = self._answer
        if answer is None:
            self.abort(Malformed("it speaks without being asked"))
            return
        answer.feed(bytes(self._inbox[:nbytes]))
        taker = answer.taker
        if taker is not None and answer.pieces and not taker(answer.take()):
            answer.taker = taker = None
        if answer.over:
            if answer.complete:
                self._release(answer)
            else:
                self.abort()
        elif answer.buffered >= MAX_AHEAD and not self.paused:
            self.paused = True
            self._transport.pause_reading()
        if answer.status and (taker is None or answer.over):
            self._due = None
            waiter = self._waiter
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

    def eof_received(self) -> None:
        self._read_rest()
        if self._answer is not None:
            self._lose()
            self._answer.eof()
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connected = False
        self._read_rest()
        self._lose()
        self.abort()

    # What follows from them

    def _read_rest(self) -> None:
        """The end of TLS is told at once, also while what came before it waits because reading is paused."""
        answer, tls = self._answer, self.tls
        if answer is None or tls is None:
            return
        with suppress(ssl.SSLError):  # there is no more, nor was there an end
            while not answer.over:
                data = tls.read(READ)
                answer.feed(data) if data else answer.eof()

    def _release(self, answer: Answer) -> None:
        """The answer is complete; what the request still has to say, nobody wants to hear."""
        self._answer = None
        if not self._used:
            self._used = True
            self._keeper.proven(self)
        if answer.reusable and not self._pouring and self._is_out():
            if self.paused:
                self.resume()
            self._keeper.keep(self, answer.headers.get("keep-alive"))
        else:
            self.abort()

    def _is_out(self) -> bool:
        """Whether all that was written has left: an answer to what has not was meant for another request."""
        return self._turn != self._outbox.turn and not self._transport.get_write_buffer_size()

    def _lose(self) -> None:
        """Tell a call that was never heard from one that was."""
        answer = self._answer
        if answer is None or answer.begun or not self._used:
            return
        if self._loop.time() - self._written < STALE_WITHIN:
            answer.fail(Stale())

    def _end(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and self._failure is not None:
            answer.fail(self._failure)
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed = due
        self._timer = self._loop.call_at(due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._arm(self._due)
        else:
            self.abort(NoAnswer())
