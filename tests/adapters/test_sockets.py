from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from engine.adapters.access_tokens import AccessTokens
from engine.adapters.sockets import WebSockets
from engine.adapters.token_answer import Token
from engine.errors import ErrorClass, UpstreamFailed
from engine.events import Call, Grant
from engine.ports import SocketClosed
from tests.adapters.contract.calls import refused_port


async def talk(socket: ServerConnection) -> None:
    await socket.send(await socket.recv())
    await socket.close(4002, "done")


def check(socket: ServerConnection, request: Request) -> Response | None:
    if request.path == "/busy":
        answer = socket.respond(HTTPStatus.TOO_MANY_REQUESTS, "slow down")
        answer.headers["retry-after"] = "7"
        return answer
    if request.path == "/away":
        answer = socket.respond(HTTPStatus.FOUND, "")
        answer.headers["location"] = "ws://127.0.0.1:9/"
        return answer
    if request.path == "/token" and request.headers["authorization"] != "Bearer token-1":
        return socket.respond(HTTPStatus.UNAUTHORIZED, "no token")
    return None


class OneToken(AccessTokens):
    def __init__(self) -> None:
        pass

    async def get(self, call: Call, refused: Token | None = None) -> Token:
        return Token("token-1", 0.0, 60.0)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve(talk, "127.0.0.1", 0, process_request=check) as running:
        yield running


def call(server: Server, path: str = "/x") -> Call:
    port = next(iter(server.sockets)).getsockname()[1]
    return Call("GET", f"http://127.0.0.1:{port}{path}", {"authorization": "Bearer k"})


async def failure(call: Call) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as failed:
        await WebSockets().connect(call, (), 1000)
    return failed.value


async def test_messages_and_the_end(server: Server) -> None:
    socket = await WebSockets().connect(call(server), (), 1000)
    await socket.send("hi")
    assert await socket.receive() == "hi"
    for act in (socket.receive, lambda: socket.send("x")):
        with pytest.raises(SocketClosed) as closed:
            await act()
        assert (closed.value.code, closed.value.reason) == (4002, "done")
    await socket.close()


async def test_a_refusal_is_the_platforms_error(server: Server) -> None:
    info = (await failure(call(server, "/busy"))).info
    assert (info.error_class, info.retry_after) == (ErrorClass.RATE_LIMIT, 7.0)
    assert "status 429: slow down" in info.message


async def test_a_redirect_is_not_followed(server: Server) -> None:
    assert "refused the WebSocket with status 302" in (await failure(call(server, "/away"))).info.message


async def test_a_call_that_needs_a_token_gets_it(server: Server) -> None:
    wanted = call(server, "/token")._replace(
        grant=Grant("k", "https://login.test", lambda now, ids: ({}, b""))
    )
    socket = await WebSockets(tokens=OneToken()).connect(wanted, (), 1000)
    await socket.send("hi")
    assert await socket.receive() == "hi"
    await socket.close()
    assert (await failure(wanted)).info.error_class is ErrorClass.AUTH


async def test_nobody_there() -> None:
    info = (await failure(Call("GET", f"http://127.0.0.1:{refused_port()}/", {}))).info
    assert info.code == "connect_failed" and "refused" in info.message
    assert (await failure(Call("GET", "scripted:", {}))).info.code == "bad_url"


async def test_no_websocket_at_all() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        info = (await failure(Call("GET", f"http://127.0.0.1:{port}/", {}))).info
    assert info.error_class is ErrorClass.UPSTREAM and "status 200" in info.message
