"""What only a whole worker shows: the parts together, over a real upstream."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from engine.adapters import heap
from tests.adapters.rude_server import Talk, rude
from tests.server.serving import SITE, serving

SSE = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":'
    b'[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}\n\n'
)
DONE = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":'
    b'[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


def site_for(tmp_path: Path, url: str) -> Path:
    site = tmp_path / "site"
    (site / "routes.d").mkdir(parents=True)
    (site / "routes.d" / "a.yaml").write_text(
        "version: 1\n"
        f"providers: {{up: {{dialect: openai, base_url: '{url}', key: sk-upstream-secret}}}}\n"
        "models: {m: {targets: [up/m]}}\n"
        "endpoints:\n"
        "  chat: {path: /v1/chat/completions, surface: openai-chat}\n"
        "  raw: {path: '/raw/{path}', pass: up}\n"
    )
    return site


async def test_a_stream_from_a_real_upstream_and_a_client_that_leaves(tmp_path: Path) -> None:
    seen: list[Talk] = []

    async def script(talk: Talk) -> None:
        seen.append(talk)
        await talk.say(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        await talk.say(b"%x\r\n%b\r\n" % (len(SSE), SSE))
        if b"leave" in talk.body:
            await talk.wait_gone()
            return
        await talk.say(b"%x\r\n%b\r\n0\r\n\r\n" % (len(DONE), DONE))

    async with rude(script) as upstream:
        with serving(site_for(tmp_path, upstream.url), tmp_path, wait=False) as process:
            await asyncio.to_thread(process.until_ready)
            async with httpx.AsyncClient(base_url=process.url, timeout=10, trust_env=False) as client:
                body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "stay"}]}
                reply = await client.post("/v1/chat/completions", json=body)
                assert '"content":"hi"' in reply.text and reply.text.rstrip().endswith("data: [DONE]")
                body["messages"] = [{"role": "user", "content": "leave"}]
                async with client.stream("POST", "/v1/chat/completions", json=body) as stream:
                    await anext(stream.aiter_bytes())
                await asyncio.wait_for(seen[-1].gone.wait(), 5)
                assert b"authorization: bearer sk-upstream-secret" in seen[0].head.lower()
        assert "sk-upstream-secret" not in process.lines and "Traceback" not in process.lines


async def test_a_pass_endpoint_hands_bytes_through(tmp_path: Path) -> None:
    async def script(talk: Talk) -> None:
        body = json.dumps({"head": talk.head.decode().split("\r\n")[0], "body": talk.body.decode()}).encode()
        await talk.say(b"HTTP/1.1 201 Made\r\nx-up: 1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    async with rude(script) as upstream:
        with serving(site_for(tmp_path, upstream.url), tmp_path, wait=False) as process:
            await asyncio.to_thread(process.until_ready)
            async with httpx.AsyncClient(base_url=process.url, timeout=10, trust_env=False) as client:
                reply = await client.post("/raw/files/a%2Fb?x=%20", content=b"\x00raw")
    assert (reply.status_code, reply.headers["x-up"]) == (201, "1")
    assert reply.json() == {"head": "POST /files/a%2Fb?x=%20 HTTP/1.1", "body": "\x00raw"}


def megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the size")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_idle_worker_is_small(tmp_path: Path, workers: int) -> None:
    with serving(site_for(tmp_path, "http://127.0.0.1:9"), tmp_path, workers=workers) as process:
        assert all(megabytes(pid) < 90 for pid in process.pids())


@pytest.mark.skipif(sys.platform != "linux" or not heap.GLIBC, reason="only glibc is told what to give back")
def test_what_large_requests_needed_is_given_back_when_none_come(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "routes.d").mkdir(parents=True)
    (site / "routes.d/a.yaml").write_text(SITE)
    with serving(site, tmp_path, workers=1) as process:
        [pid] = process.pids()
        body = {"model": "fast", "messages": [{"role": "user", "content": "x" * 15_000_000}]}
        for _ in range(3):
            process.client.post(f"{process.url}/v1/chat/completions", json=body)
        assert megabytes(pid) > 90
        process.until(lambda: megabytes(pid) < 90)


def test_a_worker_loads_no_database_library() -> None:
    """They would take more memory than all else in it."""
    code = (
        "import sys, engine.server.serve, engine.cli.commands.serve\n"
        "heavy = {'sqlalchemy', 'alembic', 'aiosqlite', 'asyncpg', 'aiomysql', 'mako'}\n"
        "assert not heavy & {name.partition('.')[0] for name in sys.modules}, heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
