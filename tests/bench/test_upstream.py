from __future__ import annotations

import asyncio

import httpx
import pytest

from engine.bench.bodies import body
from engine.bench.order import WORD, Order
from tests.bench.serving import serving


async def post(port: int, path: str, order: Order, *, stream: bool = False) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        content = body("1 kB", "m", order, stream=stream)
        return await client.post(f"http://127.0.0.1:{port}{path}", content=content)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1beta/models/m:generateContent"])
async def test_a_whole_answer(path: str) -> None:
    async with serving() as port:
        answer = await post(port, path, Order(events=3, size=6))
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.text.count(WORD) == 3 and answer.json()


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/messages", "/v1beta/models/m:streamGenerateContent"]
)
@pytest.mark.parametrize("pause", [0.0, 0.001])
async def test_a_stream(path: str, pause: float) -> None:
    async with serving() as port:
        answer = await post(port, path, Order(events=100, pause=pause), stream=True)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text.count(WORD) == 100 and answer.text.endswith("\n\n")


async def test_an_unknown_path() -> None:
    async with serving() as port:
        assert (await post(port, "/nowhere", Order())).status_code == 404


async def test_a_stream_is_cut_where_it_was_ordered() -> None:
    async with serving() as port:
        with pytest.raises(httpx.HTTPError):
            await post(port, "/v1/messages", Order(events=100, dies=5), stream=True)


async def test_requests_behind_one_another_are_answered_in_turn() -> None:
    content = body("1 kB", "m", Order(events=2), stream=True)
    head = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(content)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((head + content) * 3)
        said = b""
        while said.count(b"message_stop") < 6:
            said += await reader.read(65536)
        writer.close()
        await writer.wait_closed()
    assert said.count(b"HTTP/1.1 200 OK") == 3 and said.count(WORD.encode()) == 6


async def test_a_reader_that_stops_is_waited_for() -> None:
    order = Order(events=2000, size=4000)
    content = body("1 kB", "m", order, stream=True)
    head = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(content)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(head + content)
        said = await reader.readuntil(b"message_start")
        while b"message_stop" not in said[-200:]:
            said += await reader.read(2**20)
        writer.close()
        await writer.wait_closed()
    assert said.count(WORD.encode()) == 2000
