"""A client's WebSocket joined to an upstream's: a real client, the server's own connection, a real upstream."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from engine.adapters.counters import LocalCounters
from engine.adapters.sockets import WebSockets
from engine.gateway.gateway import Gateway
from engine.gateway.realtime import Meter, Session
from engine.gateway.record import COLUMNS
from engine.mapping.scope import Scope
from tests.gateway.playbook import Time, World, compiled
from tests.server.running import Running, eventually, running

KEY = "pk-web"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()
USAGE = {
    "type": "response.done",
    "response": {
        "usage": {"input_tokens": 30, "output_tokens": 12, "input_token_details": {"cached_tokens": 10}}
    },
}
Script = Callable[[ServerConnection], Awaitable[None]]


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


@dataclass
class Upstream:
    """What it was asked: path, headers; `closed`: how its sockets ended."""

    script: Script = echo
    refusals: dict[str, int] = field(default_factory=dict)
    port: int = 0
    asked: list[Request] = field(default_factory=list)
    closed: asyncio.Queue[tuple[int | None, str | None]] = field(default_factory=asyncio.Queue)

    def check(self, socket: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request)
        key = request.headers.get("authorization", "")
        status = self.refusals.get(key)
        return socket.respond(HTTPStatus(status), f"no, not {key}") if status else None

    async def talk(self, socket: ServerConnection) -> None:
        try:
            await self.script(socket)
        finally:
            await socket.wait_closed()
            self.closed.put_nowait((socket.close_code, socket.close_reason))


def site(port: int) -> str:
    base = f"http://127.0.0.1:{port}"
    return f"""
clients:
  web: {{key: "sha256:{DIGEST}", models: [voice, "text", far, kept, single, least]}}
pools:
  keys: {{credentials: [{{id: one, key: sk-one-of-them}}, {{id: two, key: sk-two-of-them}}]}}
providers:
  voice: {{dialect: openai, base_url: "{base}/v1", pool: keys, headers: {{x-team: search}}, limits: {{event: 1KiB}}}}
  text: {{dialect: plain, base_url: "{base}"}}
  live: {{dialect: gemini, base_url: "{base}", key: AIza}}
  dead: {{dialect: openai, base_url: "http://127.0.0.1:1/v1", key: sk-dead, retry: {{attempts: 1}}}}
  spare: {{dialect: openai, base_url: "{base}/v1", key: sk-spare-of-them}}
  narrow: {{dialect: openai, base_url: "{base}/v1", key: sk-narrow-of-them, limits: {{concurrency: 1}}}}
models:
  voice: {{targets: [text/x, voice/gpt-realtime]}}
  text: {{targets: [text/x]}}
  hidden: {{targets: [voice/gpt-realtime]}}
  near: {{targets: [spare/near]}}
  far: {{targets: [dead/far], fallback: [text, near]}}
  kept: {{targets: [voice/gpt-realtime], fallback: [near]}}
  single: {{targets: [narrow/single], fallback: [near]}}
  least: {{strategy: least_busy, targets: [spare/a, spare/b]}}
endpoints:
  live: {{path: "/live/{{path}}", pass: live}}
"""


@dataclass
class Scene:
    upstream: Upstream
    server: Running
    rows: list[dict[str, Any]]
    world: World

    @asynccontextmanager
    async def client(
        self,
        path: str = "/v1/realtime?model=voice",
        *,
        key: str | None = KEY,
        subprotocols: Sequence[str] = (),
        **headers: str,
    ) -> AsyncIterator[ClientConnection]:
        auth = {"authorization": f"Bearer {key}"} if key else {}
        async with connect(
            self.server.url.replace("http", "ws", 1) + path,
            additional_headers={**auth, **headers},
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            proxy=None,
            close_timeout=2,
        ) as socket:
            yield socket

    async def refused(self, path: str = "/v1/realtime?model=voice", **options: Any) -> tuple[int, str]:
        with pytest.raises(InvalidStatus) as refused:
            async with self.client(path, **options):
                raise AssertionError("it was let in")
        response = refused.value.response
        return response.status_code, json.loads(response.body or b"{}")["error"]["message"]


@asynccontextmanager
async def scene(script: Script = echo, **refusals: int) -> AsyncIterator[Scene]:
    upstream = Upstream(script, {f"Bearer sk-{name}-of-them": status for name, status in refusals.items()})
    async with serve(
        upstream.talk,
        "127.0.0.1",
        0,
        process_request=upstream.check,
        subprotocols=[Subprotocol("realtime")],
        select_subprotocol=lambda socket, offered: "realtime" if "realtime" in offered else None,  # type: ignore[arg-type, return-value]
    ) as listening:
        upstream.port = next(iter(listening.sockets)).getsockname()[1]
        world: Any = World(Time())
        rows: list[dict[str, Any]] = []

        class Ledger:
            def record(self, row: Sequence[object]) -> None:
                rows.append(dict(zip(COLUMNS, row, strict=True)))

        gateway = Gateway(world, world, world, LocalCounters(now=world.now), world, Ledger())
        gateway.sockets = WebSockets()
        async with running(served=compiled(site(upstream.port)), real=gateway) as server:
            yield Scene(upstream, server, rows, world)


async def test_messages_pass_as_they_are_with_the_providers_credentials() -> None:
    async with scene() as here:
        async with here.client(
            **{"OpenAI-Beta": "realtime=v1"}, path="/v1/realtime?model=voice&intent=x"
        ) as socket:
            for message in ("hëllo", b"\x00\xff", "x" * 900, ""):
                await socket.send(message)
                assert await socket.recv() == message
        asked = here.upstream.asked[0]
        assert asked.path == "/v1/realtime?model=gpt-realtime&intent=x"
        assert (
            asked.headers["authorization"] == "Bearer sk-one-of-them" and asked.headers["x-team"] == "search"
        )
        assert asked.headers["openai-beta"] == "realtime=v1" and KEY not in str(asked.headers)
        assert await here.upstream.closed.get() == (1000, "")
        row = here.rows[0]
        names = ("operation", "client", "alias", "target", "status", "error")
        assert tuple(row[name] for name in names) == (
            "realtime", "web", "voice", "voice/gpt-realtime", 101, None,
        )  # fmt: skip


async def test_a_browser_brings_its_key_among_the_subprotocols() -> None:
    async with scene() as here:
        offered = ["realtime", f"openai-insecure-api-key.{KEY}", "openai-beta.realtime-v1"]
        async with here.client(key=None, subprotocols=offered) as socket:
            assert socket.subprotocol == "realtime"
        assert here.upstream.asked[0].headers["sec-websocket-protocol"] == "realtime, openai-beta.realtime-v1"


async def test_what_the_platform_says_was_used_is_recorded() -> None:
    async def answers(socket: ServerConnection) -> None:
        for message in (json.dumps(USAGE), "no json", json.dumps(USAGE), json.dumps({"type": "other"})):
            await socket.send(message)

    async with scene(answers) as here:
        async with here.client() as socket:
            assert [await socket.recv() for _ in range(4)][1] == "no json"
        await here.upstream.closed.get()
    row = here.rows[0]
    assert (row["prompt"], row["output"], row["cache_read"]) == (60, 24, 20)


def test_a_message_that_does_not_fit_the_mapping_counts_for_nothing() -> None:
    provider = compiled("""
  live:
    operations:
      realtime:
        request: {path: /}
        stream: {events: [{usage: {output: =length(data.said)}}]}
providers:
  a: {dialect: live, base_url: "https://a.test"}
models:
  m: {targets: [a/m]}
""").providers["a"]
    meter = Meter(provider.dialect.operations["realtime"], Scope())
    for message in ('{"said": 3}', '{"said": "abc"}'):
        meter.read(message)
    assert meter.usage is not None and meter.usage["output"] == 3


async def test_no_key_is_told_when_a_platform_repeats_it_in_its_last_word() -> None:
    async def closes(socket: ServerConnection) -> None:
        await socket.close(3000, "invalid key sk-one-of-them, or sk-o***them")

    async with scene(closes) as here:
        async with here.client() as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (3000, "invalid key ***, or ***")
        await here.upstream.closed.get()
    (line,) = [fields for _, event, fields in here.world.lines if event == "request"]
    assert line["message"] == "the WebSocket was closed with 3000: invalid key ***, or ***"


async def test_a_close_is_carried_with_its_code_both_ways() -> None:
    async def closes(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.close(4001, "enough")

    async with scene(closes) as here:
        async with here.client() as socket:
            await socket.send("x")
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None and (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            4001,
            "enough",
        )
        assert await here.upstream.closed.get() == (4001, "enough")
        assert here.rows[0]["code"] == "websocket_closed"
    async with scene() as here:
        async with here.client() as socket:
            await socket.close(3000, "bye")
        assert await here.upstream.closed.get() == (3000, "bye")


async def test_a_client_that_vanishes_takes_its_upstream_along() -> None:
    async with scene() as here, here.client() as socket:
        await socket.send("x")
        await socket.recv()
        socket.transport.abort()
        assert (await here.upstream.closed.get())[0] in (1001, 1011)


async def test_a_message_that_is_too_large_ends_it() -> None:
    async with scene() as here, here.client() as socket:
        await socket.send("x" * 2000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


async def test_who_may_not_come_in_and_what_is_not_there() -> None:
    async with scene() as here:
        assert (await here.refused(key="wrong"))[0] == 401
        assert (await here.refused("/v1/realtime?model=hidden"))[0] == 404
        assert (await here.refused("/v1/realtime"))[1].startswith("name a model")
        status, message = await here.refused("/v1/realtime?model=text")
        assert status == 400 and "has no operation 'realtime'" in message
        plain = await here.server.client.get("/v1/realtime?model=voice", headers={"x-api-key": KEY})
        assert plain.status_code == 426
        assert not here.upstream.asked


async def test_another_credential_is_tried_when_one_is_refused() -> None:
    async with scene(one=429) as here:
        async with here.client() as socket:
            await socket.send("x")
            assert await socket.recv() == "x"
        assert [request.headers["authorization"] for request in here.upstream.asked] == [
            "Bearer sk-one-of-them",
            "Bearer sk-two-of-them",
        ]
    async with scene(one=401, two=401) as here:
        status, message = await here.refused()
        assert status == 502 and "status 401" in message and "sk-" not in message
        assert here.rows[0]["status"] == 502 and here.rows[0]["attempts"] == 2


async def told(here: Scene, model: str) -> str:
    """The model that a session of this one ended up with."""
    async with here.client(f"/v1/realtime?model={model}") as socket:
        await socket.send("x")
        await socket.recv()
    await here.upstream.closed.get()
    return here.upstream.asked[-1].path.partition("model=")[2]


async def test_a_fallback_is_tried_before_its_client_is_answered() -> None:
    async with scene() as here:
        assert await told(here, "far") == "near"
        row = here.rows[0]
        assert (row["alias"], row["target"], row["attempts"], row["status"]) == ("near", "spare/near", 2, 101)
    async with scene(one=401, two=403) as here:
        assert await told(here, "kept") == "near"
        keys = [request.headers["authorization"] for request in here.upstream.asked]
        assert keys == ["Bearer sk-one-of-them", "Bearer sk-two-of-them", "Bearer sk-spare-of-them"]


async def test_what_the_request_itself_is_at_fault_for_is_not_tried_elsewhere() -> None:
    async with scene(one=400) as here:
        status, _ = await here.refused("/v1/realtime?model=kept")
        assert status == 400 and len(here.upstream.asked) == 1


async def test_a_credential_that_was_refused_rests() -> None:
    async with scene(one=429) as here:
        assert await told(here, "voice") == await told(here, "voice") == "gpt-realtime"
        keys = [request.headers["authorization"] for request in here.upstream.asked]
        assert keys == ["Bearer sk-one-of-them"] + ["Bearer sk-two-of-them"] * 2


async def test_a_session_has_its_place_until_it_ends() -> None:
    async with scene() as here:
        async with here.client("/v1/realtime?model=single"), here.client("/v1/realtime?model=least"):
            assert await told(here, "single") == "near"
            assert await told(here, "least") == "b"
        await here.upstream.closed.get()
        await here.upstream.closed.get()
        assert (await told(here, "single"), await told(here, "least")) == ("single", "a")


async def test_a_way_through_to_a_provider_takes_a_websocket_too() -> None:
    async with scene() as here:
        async with here.client("/live/ws/Some.Service?alt=x&key=" + KEY, key=None) as socket:
            await socket.send(b'{"setup": {}}')
            assert await socket.recv() == b'{"setup": {}}'
        asked = here.upstream.asked[0]
        assert asked.path.startswith("/ws/Some.Service?alt=x") and KEY not in asked.path
        assert asked.headers["x-goog-api-key"] == "AIza"


async def test_what_a_lost_client_had_goes_without_the_garbage_collector() -> None:
    def alive() -> bool:
        return any(isinstance(found, Session) for found in gc.get_objects())

    async with scene() as here:
        gc.collect()
        gc.disable()
        try:
            async with here.client() as socket:
                await socket.send("x")
                await socket.recv()
                line = socket.transport.get_extra_info("socket")
                line.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))  # as if it had crashed
                assert alive()
                socket.transport.abort()
            await here.upstream.closed.get()
            await eventually(lambda: not alive())
        finally:
            gc.enable()


async def test_a_shutdown_says_goodbye_to_both() -> None:
    async with scene() as here, here.client() as socket:
        await socket.send("x")
        await socket.recv()
        await here.server.drain.run_out(0.0, 2.0)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
        assert (await here.upstream.closed.get())[0] == 1001
