"""A client's WebSocket over its connection: bytes in, messages out, and back-pressure both ways."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import deque
from collections.abc import Mapping
from typing import Protocol as Port

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side, State
from websockets.utils import accept_key

from engine.errors import RequestRefused
from engine.ports import Message, SocketClosed

VERSION = "13"
# Bytes of messages that wait to be taken: above, the client must wait.
AHEAD = 256 * 1024
PING_EVERY = 20.0
# A client of which so long nothing was heard, not even an answer to a ping, is gone.
SILENT = 60.0
# How long the other side may take to say goodbye, too.
GOODBYE = 2.0
LOST = 1006


class Line(Port):
    """The connection, once the handshake is done."""

    full: bool

    def send(self, data: bytes) -> None: ...
    def abort(self) -> None: ...
    def hold(self) -> None: ...
    def read_on(self) -> None: ...
    async def drained(self) -> None: ...


def wants_socket(headers: Mapping[str, str]) -> bool:
    return headers.get("upgrade", "").lower() == "websocket"


def accepted(headers: Mapping[str, str], subprotocol: str | None) -> dict[str, str]:
    """The headers of the answer to a handshake (RFC 6455, 4.2.2)."""
    answer = {"sec-websocket-accept": accept_key(headers["sec-websocket-key"])}
    return {**answer, "sec-websocket-protocol": subprotocol} if subprotocol else answer


def check_handshake(method: str, headers: Mapping[str, str]) -> None:
    """Raises `RequestRefused` when a request that wants a WebSocket is no proper one (RFC 6455, 4.2.1)."""
    if not wants_socket(headers):
        raise _bad("a WebSocket is spoken here: connect with `Upgrade: websocket`", 426)
    words = {word.strip().lower() for word in headers.get("connection", "").split(",")}
    if method != "GET" or "upgrade" not in words:
        raise _bad("a WebSocket begins with GET and `Connection: Upgrade`")
    if headers.get("sec-websocket-version") != VERSION:
        raise _bad(f"only version {VERSION} of WebSockets is spoken here", 426)
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 16:
        raise _bad("`Sec-WebSocket-Key` is not 16 bytes in base64")


def _bad(message: str, status: int = 400) -> RequestRefused:
    return RequestRefused(message, status=status, code="bad_handshake")


class ClientSocket:
    """Implements `ports.Socket` for the server's side."""

    def __init__(self, line: Line, largest: int, subprotocol: str | None = None) -> None:
        self.subprotocol = subprotocol
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._protocol = Protocol(Side.SERVER, state=State.OPEN, max_size=largest)
        self._messages: deque[Message] = deque()
        self._parts: list[bytes] = []
        self._text = False
        self._waiting = 0
        self._held = False
        self._news = asyncio.Event()
        self._heard = self._loop.time()
        self._beat = self._loop.call_later(PING_EVERY, self._tick)

    # What the connection tells

    def feed(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        self._flush()
        self._news.set()
        if self._waiting > AHEAD and not self._held:
            self._held = True
            self._line.hold()

    def lost(self) -> None:
        """The connection is gone."""
        self._beat.cancel()
        if self._protocol.state is not State.CLOSED:
            self._protocol.receive_eof()
        self._news.set()

    # What a session asks for

    async def receive(self) -> Message:
        while not self._messages:
            if self._protocol.state is not State.OPEN:
                raise self._closed()
            self._news.clear()
            await self._news.wait()
        message = self._messages.popleft()
        self._waiting -= len(message)
        if self._held and self._waiting <= AHEAD // 2:
            self._held = False
            self._line.read_on()
        return message

    async def send(self, message: Message) -> None:
        if self._protocol.state is not State.OPEN:
            raise self._closed()
        if isinstance(message, str):
            self._protocol.send_text(message.encode("utf-8", "surrogatepass"))
        else:
            self._protocol.send_binary(message)
        self._flush()
        if self._line.full:
            await self._line.drained()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and wait a little for the other side to do so, too."""
        self._beat.cancel()
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._flush()
        try:
            async with asyncio.timeout(GOODBYE):
                while self._protocol.state is State.CLOSING and self._protocol.close_rcvd is None:
                    self._messages.clear()
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return

    # Inside

    def _take(self, frame: Frame) -> None:
        """Frames of a message come one after the other; others may stand between them."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._text, self._parts = frame.opcode is Opcode.TEXT, []
        elif frame.opcode is not Opcode.CONT:
            return
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return
        data, self._parts = b"".join(self._parts), []
        self._waiting += len(data)
        if not self._text:
            self._messages.append(data)
            return
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
            return
        self._waiting += len(text) - len(data)  # as it is counted when it is taken
        self._messages.append(text)

    def _flush(self) -> None:
        for piece in self._protocol.data_to_send():
            if piece:
                self._line.send(piece)

    def _tick(self) -> None:
        if self._loop.time() - self._heard > SILENT:
            self._line.abort()
            return
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._flush()
        self._beat = self._loop.call_later(PING_EVERY, self._tick)

    def _closed(self) -> SocketClosed:
        failed, protocol = self._protocol.parser_exc, self._protocol
        told = protocol.close_sent if failed is not None else protocol.close_rcvd or protocol.close_sent
        return SocketClosed(told.code, told.reason) if told else SocketClosed(LOST, "")
