"""Limits hold over workers, exactly, in real processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path

import httpx

from tests.adapters.rude_server import Talk, rude
from tests.e2e.engine_process import EngineProcess, write_site

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ANSWER = json.dumps(
    {
        "id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }
).encode()  # fmt: skip
KEY = {"authorization": "Bearer web-key"}


def site(tmp_path: Path, client: str = "{}", provider: str = "{}", url: str = "scripted:") -> Path:
    dialect = "mock" if url == "scripted:" else "openai"
    write_site(
        tmp_path,
        a=f"""
        version: 1
        providers: {{up: {{dialect: {dialect}, base_url: '{url}', limits: {provider}}}}}
        models: {{m: {{targets: [up/m]}}}}
        clients: {{web: {{key: "${{env:WEB_KEY}}", limits: {client}}}}}
        """,
    )
    return tmp_path


async def statuses(url: str, times: int, **body: object) -> Counter[int]:
    """What so many requests at once are answered with, over connections that reach all workers."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=url, timeout=60, limits=limits, trust_env=False, headers=KEY
    ) as client:
        replies = await asyncio.gather(
            *(client.post("/v1/chat/completions", json={**BODY, **body}) for _ in range(times))
        )
    return Counter(reply.status_code for reply in replies)


def workers_of(url: str) -> list[int]:
    return [worker["pid"] for worker in httpx.get(f"{url}/admin/config", trust_env=False).json()["workers"]]


async def test_exactly_a_hundred_of_four_hundred_pass(tmp_path: Path) -> None:
    env = {"WEB_KEY": "web-key"}
    with EngineProcess(site(tmp_path, "{rpm: 100}"), "--workers", "4", env=env) as engine:
        assert await statuses(engine.url, 400) == {200: 100, 429: 300}
        async with httpx.AsyncClient(base_url=engine.url, trust_env=False, headers=KEY) as client:
            refused = await client.post("/v1/chat/completions", json=BODY)
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-remaining-requests"] == "0"


async def test_a_killed_worker_gives_its_places_back(tmp_path: Path) -> None:
    waiting = asyncio.Event()

    async def script(talk: Talk) -> None:
        if b"hold" in talk.body:
            waiting.set()
            await talk.wait_gone()
            return
        await talk.say(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)
            + ANSWER
        )

    env = {"WEB_KEY": "web-key"}
    async with rude(script) as upstream:
        place = site(tmp_path, "{concurrency: 1}", "{concurrency: 1, queue: 0}", upstream.url)
        with EngineProcess(place, "--workers", "2", env=env) as engine:
            held = asyncio.ensure_future(_hold(engine.url))
            await asyncio.wait_for(waiting.wait(), 10)
            assert await statuses(engine.url, 4) == {429: 4}
            for pid in await asyncio.to_thread(workers_of, engine.url):
                os.kill(pid, signal.SIGKILL)
            await held
            assert await _until_answered(engine.url) == 200


async def _hold(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, headers=KEY) as client:
        try:
            await client.post("/v1/chat/completions", json={**BODY, "user": "hold"})
        except httpx.HTTPError:
            return


async def _until_answered(url: str) -> int:
    """The status of the first answer of the workers that follow."""
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False, headers=KEY) as client:
        for _ in range(200):
            try:
                return (await client.post("/v1/chat/completions", json=BODY)).status_code
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
    return 0


async def test_exactly_a_hundred_over_two_engines_with_one_redis(tmp_path: Path, redis_url: str) -> None:
    env = {"WEB_KEY": "web-key"}
    one, other = (site(tmp_path / name, "{rpm: 100}") for name in ("one", "other"))
    flags = ("--workers", "2", "--state", redis_url)
    with EngineProcess(one, *flags, env=env) as first, EngineProcess(other, *flags, env=env) as second:
        both = await asyncio.gather(statuses(first.url, 200), statuses(second.url, 200))
        assert sum(both, Counter[int]()) == {200: 100, 429: 300}
        shown = await asyncio.to_thread(httpx.get, f"{first.url}/admin/config", trust_env=False)
        assert shown.json()["counters"] == "redis"


async def test_a_restart_goes_on_counting(tmp_path: Path) -> None:
    env = {"WEB_KEY": "web-key"}
    for expected in ({200: 3}, {200: 1, 429: 2}):
        with EngineProcess(site(tmp_path, "{rpd: 4}"), "--workers", "2", env=env) as engine:
            assert await statuses(engine.url, 3) == expected
