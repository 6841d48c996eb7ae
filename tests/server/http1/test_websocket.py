from __future__ import annotations

import asyncio

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side, State

from engine.errors import RequestRefused
from engine.ports import SocketClosed
from engine.server.http1.websocket import AHEAD, ClientSocket, accepted, check_handshake

GOOD = {
    "upgrade": "WebSocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class FakeLine:
    def __init__(self) -> None:
        self.full = False
        self.sent = b""
        self.held = self.aborted = False
        self.room = asyncio.Event()

    def send(self, data: bytes) -> None:
        self.sent += data

    def abort(self) -> None:
        self.aborted = True

    def hold(self) -> None:
        self.held = True

    def read_on(self) -> None:
        self.held = False

    async def drained(self) -> None:
        await self.room.wait()


class Peer:
    """The client's side: makes bytes of frames and reads what came back."""

    def __init__(self, line: FakeLine) -> None:
        self._line = line
        self._protocol = Protocol(Side.CLIENT, state=State.OPEN)

    def says(self, text: str | bytes) -> bytes:
        send = self._protocol.send_text if isinstance(text, str) else self._protocol.send_binary
        send(text.encode() if isinstance(text, str) else text)
        return b"".join(self._protocol.data_to_send())

    def goes(self, code: int, reason: str = "") -> bytes:
        self._protocol.send_close(code, reason)
        return b"".join(self._protocol.data_to_send())

    def heard(self) -> list[tuple[Opcode, bytes]]:
        self._protocol.receive_data(self._line.sent)
        self._line.sent = b""
        frames = self._protocol.events_received()
        return [(frame.opcode, bytes(frame.data)) for frame in frames if isinstance(frame, Frame)]


def pair(largest: int = 2**20) -> tuple[FakeLine, ClientSocket, Peer]:
    line = FakeLine()
    return line, ClientSocket(line, largest), Peer(line)


def test_the_answer_to_a_handshake() -> None:
    check_handshake("GET", GOOD)
    assert accepted(GOOD, None) == {"sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}
    assert accepted(GOOD, "realtime")["sec-websocket-protocol"] == "realtime"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"upgrade": "h2c"}, 426),
        ({"connection": "close"}, 400),
        ({"sec-websocket-version": "8"}, 426),
        ({"sec-websocket-key": "c2hvcnQ="}, 400),
        ({"sec-websocket-key": "?"}, 400),
    ],
)
def test_what_is_no_handshake(change: dict[str, str], status: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        check_handshake("GET", {**GOOD, **change})
    assert refused.value.info.status == status
    with pytest.raises(RequestRefused):
        check_handshake("POST", GOOD)


async def test_messages_come_however_they_are_cut() -> None:
    _, socket, peer = pair()
    for byte in peer.says("hëllo") + peer.says(b"\x00"):
        socket.feed(bytes([byte]))
    assert (await socket.receive(), await socket.receive()) == ("hëllo", b"\x00")
    await socket.send("ja")
    await socket.send(b"\x01")
    assert peer.heard() == [(Opcode.TEXT, b"ja"), (Opcode.BINARY, b"\x01")]


async def test_a_client_that_is_ahead_must_wait() -> None:
    line, socket, peer = pair()
    for _ in range(3):
        socket.feed(peer.says("x" * (AHEAD // 2)))
    assert line.held
    await socket.receive()
    assert line.held
    await socket.receive()
    assert not line.held


async def test_whoever_sends_to_a_slow_client_waits() -> None:
    line, socket, _ = pair()
    line.full = True
    sending = asyncio.ensure_future(socket.send("x"))
    await asyncio.sleep(0)
    assert line.sent and not sending.done()
    line.room.set()
    await sending


async def test_a_client_that_says_goodbye() -> None:
    _, socket, peer = pair()
    socket.feed(peer.says("last") + peer.goes(3001, "bye"))
    assert await socket.receive() == "last"
    for act in (socket.receive, lambda: socket.send("x")):
        with pytest.raises(SocketClosed) as closed:
            await act()
        assert (closed.value.code, closed.value.reason) == (3001, "bye")
    await socket.close()
    assert peer.heard()[-1][0] is Opcode.CLOSE


async def test_a_client_that_is_lost() -> None:
    _, socket, _ = pair()
    receiving = asyncio.ensure_future(socket.receive())
    await asyncio.sleep(0)
    socket.lost()
    with pytest.raises(SocketClosed) as closed:
        await receiving
    assert closed.value.code == 1006


@pytest.mark.parametrize(("sent", "code"), [(b"x" * 100, 1009), (b"\xff", 1007)])
async def test_what_breaks_the_rules_ends_it(sent: bytes, code: int) -> None:
    _, socket, _ = pair(largest=50)
    client = Protocol(Side.CLIENT, state=State.OPEN)
    client.send_text(sent)
    socket.feed(b"".join(client.data_to_send()))
    with pytest.raises(SocketClosed) as closed:
        await socket.receive()
    assert closed.value.code == code
