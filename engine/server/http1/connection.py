"""One client's connection: an asyncio protocol that reads requests one by one and has them answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from engine.adapters.outbox import Outbox
from engine.errors import EngineError
from engine.server import refusals
from engine.server.http1.answer import CONTINUE
from engine.server.http1.body import ChunkedBody, SizedBody
from engine.server.http1.exchange import Exchange, Sink
from engine.server.http1.head import END, UNREAD, Head, check_beginning, parse_head
from engine.server.http1.sweep import Sweeper
from engine.server.http1.upload import Upload
from engine.spec.settings import LimitSettings

# Bytes that wait for a client to read them: above HIGH its source must wait, until they are below LOW.
HIGH, LOW = 32 * 1024, 8 * 1024
# Bytes of later requests that are read while one is answered.
READ_AHEAD = 64 * 1024


class Stage(Enum):
    """What the connection waits for."""

    IDLE = "the first byte of a request"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    UPLOAD = "the rest of a body that is passed on meanwhile"
    BUSY = "the answer"
    REFUSED = "the client to take note and go"
    JOINED = "whatever another protocol has to say"
    CLOSED = "the last bytes to be out"


# By themselves, as they are asked for all the time, and to look up a member of an `Enum` is slow.
IDLE, HEAD, BODY, UPLOAD, BUSY, REFUSED, JOINED, CLOSED = Stage
# Whose bytes are taken in even while the client does not read its answer.
TAKING = (REFUSED, UPLOAD)


class Handler(Protocol):
    """Whoever answers requests."""

    def passes_on(self, head: Head) -> bool:
        """Whether the body of such a request is wanted while it arrives."""

    async def handle(self, exchange: Exchange) -> None:
        """Answer the request; what was not answered when this ends breaks off."""

    def refuse(self, exchange: Exchange, error: EngineError) -> None:
        """Answer, at once, a request that could not be read."""


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections of a worker share; the application carries it as `ctx.service`."""

    handler: Handler
    limits: LimitSettings
    sweeper: Sweeper
    outbox: Outbox = field(default_factory=Outbox)


class Connection(asyncio.Protocol):
    """One request is handled at a time; what the client sends in the meantime waits, in a bounded buffer."""

    __slots__ = (
        "_ahead", "_asked", "_body", "_checked", "_connections", "_drained", "_exchange", "_handler",
        "_head", "_limits", "_loop", "_outbox", "_since", "_sink", "_stage", "_sweeper", "_task",
        "_transport", "_upload", "full", "remote",
    )  # fmt: skip

    def __init__(self, *, loop: asyncio.AbstractEventLoop, app: Any, connections: set[Any], **_: Any) -> None:
        """As the framework calls it, once for each connection; `connections` are those that are open."""
        service: Service = app.ctx.service
        self._loop = loop
        self._connections = connections
        self._handler, self._limits = service.handler, service.limits
        self._sweeper, self._outbox = service.sweeper, service.outbox
        self._transport: asyncio.Transport | None = None
        self._stage, self._since = IDLE, 0.0
        self._ahead = b""  # what was read and not used yet
        self._checked = 0  # how much of it is known to be the beginning of a head
        self._head: Head = UNREAD
        self._body: SizedBody | ChunkedBody | None = None
        self._upload: Upload | None = None
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._asked: asyncio.Future[None] | None = None  # what the task waits for between requests
        self._sink: Sink | None = None
        self._drained: asyncio.Future[None] | None = None
        self.full = False
        self.remote = ""

    # What the event loop tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=HIGH, low=LOW)
        peer = transport.get_extra_info("peername")
        self.remote = peer[0] if isinstance(peer, tuple) else ""
        self._transport = transport
        self._connections.add(self)
        self._sweeper.watch(self._connections)
        self._since = self._sweeper.now

    def data_received(self, data: bytes) -> None:
        stage = self._stage
        try:
            if stage is BODY:
                self._read_body(data)
            elif self._sink is not None:
                self._sink.feed(data)
            elif stage is BUSY or (self.full and stage not in TAKING):
                self._keep(data)
            elif stage is IDLE or stage is HEAD:
                self._read_head(self._ahead + data if self._ahead else data)
            elif stage is UPLOAD:
                self._read_upload(data)
        except EngineError as error:
            self._refuse(error)

    def eof_received(self) -> bool:
        """The client sends no more. One that left looks the same, so it is taken as gone.

        Another protocol may still have its last word.
        """
        if self._sink is not None:
            self._sink.lost()
            return True
        if self._exchange is not None and not self._exchange.ended:
            self.abort()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._transport, self._stage = None, CLOSED
        if self._sink is not None:
            self._sink.lost()
        self._let_go()

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None
        elif self._stage in (IDLE, HEAD):
            self._go_on()

    # Reading

    def _read_head(self, data: bytes) -> None:
        end = data.find(END, max(0, self._checked - 3) if self._checked else 0)
        if (end if end >= 0 else len(data) - 3) >= self._limits.header:
            raise refusals.headers_too_large()
        if end < 0:
            if self._stage is IDLE:
                self._stage, self._since = HEAD, self._sweeper.now
            check_beginning(data, self._checked)
            self._ahead, self._checked = data, len(data)
            return
        self._ahead, self._checked = b"", 0
        self._head = head = parse_head(data[: end + 2])
        rest = data[end + 4 :]
        if head.length == len(rest):
            self._handle(rest, b"")
        elif head.length == 0:
            self._handle(b"", rest)
        else:
            self._expect_body(head)
            if self._handler.passes_on(head):
                self._begin_upload(head)
                self._read_upload(rest)
            else:
                self._read_body(rest)

    def _expect_body(self, head: Head) -> None:
        limit = self._limits.body
        if head.length is None:
            self._body = ChunkedBody(limit)
        elif head.length > limit:
            raise refusals.too_large(limit)
        else:
            self._body = SizedBody(head.length)
        if head.expects:
            self.send(CONTINUE)
        self._stage = BODY

    def _read_body(self, data: bytes) -> None:
        assert self._body is not None
        self._since = self._sweeper.now
        rest = self._body.feed(data)
        if rest is not None:
            body, self._body = self._body.whole(), None
            self._handle(body, rest)

    def _begin_upload(self, head: Head) -> None:
        """The request is answered while its body arrives."""
        assert self._body is not None
        self._stage, self._since = UPLOAD, self._sweeper.now
        self._upload, self._body = Upload(self, self._body, head.length), None
        self._begin(Exchange(self, head, b"", self._upload))

    def _read_upload(self, data: bytes) -> None:
        upload, exchange = self._upload, self._exchange
        assert upload is not None and exchange is not None
        self._since = self._sweeper.now
        rest = upload.feed(data)
        if rest is not None:
            self._upload, self._stage, self._ahead = None, BUSY, rest
            exchange.uploaded()

    def _keep(self, data: bytes) -> None:
        self._ahead += data
        if len(self._ahead) > READ_AHEAD and self._transport is not None:
            self._transport.pause_reading()

    # Answering

    def _handle(self, body: bytes, rest: bytes) -> None:
        self._stage, self._since = BUSY, self._sweeper.now
        self._ahead = rest
        self._begin(Exchange(self, self._head, body))

    def _begin(self, exchange: Exchange) -> None:
        self._exchange, self._head = exchange, UNREAD
        if self._task is None:
            self._task = self._loop.create_task(self._answer_all())
        elif self._asked is not None:
            self._asked.set_result(None)

    async def _answer_all(self) -> None:
        """Request after request, until the connection lets go: a task for each would cost more than this."""
        try:
            while (exchange := self._exchange) is not None:
                try:
                    await self._handler.handle(exchange)
                finally:
                    if exchange is self._exchange:
                        self._answered(exchange)
                del exchange  # its body may be large
                if self._exchange is not None:  # it came ahead of its time: others have their turn first
                    await asyncio.sleep(0)
                elif self._task is not None:
                    self._asked = self._loop.create_future()
                    await self._asked
                    self._asked = None
        finally:
            self._task = None

    def _answered(self, exchange: Exchange) -> None:
        self._exchange = None
        if not exchange.ended:
            self.abort()
        elif self._stage is UPLOAD:
            self._linger()
        elif not exchange.keep_alive:
            self.close()
        else:
            self._stage, self._since = IDLE, self._sweeper.now
            if self._ahead and not self.full:
                self._go_on()

    def _go_on(self) -> None:
        """Take up what came while there was no room for it."""
        data, self._ahead = self._ahead, b""
        self._read_on()
        if data:
            self.data_received(data)

    def _refuse(self, error: EngineError) -> None:
        """Answer what cannot be read on, and read no more from this client.

        It may still be sending: cut off at once, it might never see the answer.
        """
        head = self._exchange.head if self._exchange is not None else self._head
        if self._exchange is not None and self._exchange.begun:
            self.abort()
            return
        exchange = Exchange(self, head, b"")
        exchange.keep_alive = False
        self._handler.refuse(exchange, error)
        self._linger()

    def _linger(self) -> None:
        self._let_go()
        self._stage, self._since = REFUSED, self._sweeper.now
        self._read_on()
        transport = self._transport
        if transport is not None and transport.can_write_eof() and not transport.is_closing():
            self._outbox.flush()
            transport.write_eof()

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _let_go(self) -> None:
        """Of everything that belongs to the request."""
        exchange, task, upload = self._exchange, self._task, self._upload
        self._exchange = self._task = self._body = self._upload = None
        if upload is not None:
            upload.lost()
        self._ahead = b""
        if exchange is not None:
            exchange.detach()
        if task is not None:
            task.cancel()

    # What an exchange asks for

    def send(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        if transport.is_closing():
            self.full = True  # whoever has more must wait, which lets the loop tell that the client is gone
            return
        self._since = self._sweeper.now
        self._outbox.post(transport, data)

    async def drained(self) -> None:
        """Until the client has read enough."""
        if self.full:
            self._drained = self._loop.create_future()
            await self._drained

    def join(self, sink: Sink) -> None:
        """From here on the connection speaks another protocol, which `sink` reads."""
        self._stage, self._sink = JOINED, sink
        self._go_on()

    def hold(self) -> None:
        """Read no more, until `read_on`."""
        if self._transport is not None:
            self._transport.pause_reading()

    def read_on(self) -> None:
        self._read_on()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    # Ends

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """What was written still goes out."""
        if self._transport is not None:
            self._stage = CLOSED
            self._outbox.flush()
            self._transport.close()

    def close_if_idle(self) -> None:
        if self._stage in (IDLE, REFUSED):
            self.close()

    def check(self, now: float) -> None:
        """Called by the sweeper."""
        patience, waited = self._sweeper.patience, now - self._since
        match self._stage:
            case Stage.IDLE if waited > patience.keep_alive:
                self.close()
            case Stage.REFUSED if waited > patience.linger:
                self.close()
            case Stage.HEAD if waited > patience.head:
                self._refuse(refusals.head_late())
            case Stage.BODY if waited > patience.body:
                self._refuse(refusals.body_late())
            case Stage.UPLOAD if self._upload and not self._upload.held and waited > patience.body:
                self._refuse(refusals.body_late())
            case Stage.CLOSED if waited > patience.reader:
                self.abort()
            case Stage.BUSY | Stage.UPLOAD if waited > patience.reader:
                self._give_up()

    def _give_up(self) -> None:
        if self._exchange is not None and self._exchange.begun:
            self.abort()
        else:
            self._refuse(refusals.answer_late())
