"""Breakers, health checks and mirrors as four workers share them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.test_failures import WHOLE
from tests.e2e.upstream import Answer, Request, TestUpstream

SITE = """
version: 1
providers:
  flaky: {{dialect: openai, base_url: "{url}/flaky", retry: off, breaker: {{failures: 3, window: 60s, open: 1s}}}}
  well: {{dialect: openai, base_url: "{url}/well"}}
  asked: {{dialect: openai, base_url: "{url}/asked", health: {{path: /up, every: 250ms, timeout: 30s}}}}
  shadow: {{dialect: openai, base_url: "{url}/shadow"}}
models:
  broken: {{targets: [flaky/m, well/m]}}
  checked: {{targets: [asked/m, well/m]}}
  copied: {{targets: [well/m], mirror: {{target: shadow/m}}}}
"""


class Upstream:
    """Answers by the first part of the path. `gate` holds back what the flaky one answers, while it is closed."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.bad: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, request: Request) -> Answer:
        name = "up" if request.path.endswith("/up") else request.path.split("/")[1]
        self.hits[name] += 1
        status, said = (503, {"error": {"message": "boom"}}) if name in self.bad else (200, WHOLE)
        body = json.dumps(said).encode()
        kind = {"content-type": "application/json"}
        return Answer(status, kind, self._pieces(name, body), len(body))

    def _pieces(self, name: str, body: bytes) -> Iterator[bytes | float | None]:
        while name == "flaky" and not self.gate.is_set():
            yield 0.02
        yield body


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Upstream, str]]:
    upstream = Upstream()
    with TestUpstream(upstream) as server:
        write_site(tmp_path, a=SITE.format(url=server.url))
        with EngineProcess(tmp_path, "--workers", "4", "--log-level", "error") as engine:
            yield upstream, engine.url


async def ask(url: str, model: str) -> str:
    """On a connection of its own, so that every worker has its share. Gives the provider that answered."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
        answer = await http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-proxyctl-provider"]


async def crowd(url: str, model: str, count: int) -> Counter[str]:
    return Counter(await asyncio.gather(*(ask(url, model) for _ in range(count))))


async def until(url: str, holds: Callable[[Any], bool]) -> None:
    """Until what the operator sees is so."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        for _ in range(600):
            if holds((await http.get("/admin/targets")).json()):
                return
            await asyncio.sleep(0.05)
    raise AssertionError("it never came to be")


def breaker_is(state: str) -> Callable[[Any], bool]:
    return lambda told: bool(told["targets"]["flaky/m"]["breaker"] == state)


async def tried_once(upstream: Upstream, url: str) -> str:
    """Who answers the one request that tries the target; while it does, all others go elsewhere."""
    await until(url, breaker_is("half_open"))
    upstream.gate.clear()
    hits = upstream.hits["flaky"]
    trying = asyncio.ensure_future(ask(url, "broken"))
    while upstream.hits["flaky"] == hits:
        await asyncio.sleep(0.01)
    assert await crowd(url, "broken", 30) == {"well": 30}
    assert upstream.hits["flaky"] == hits + 1
    upstream.gate.set()
    return await trying


async def test_a_breaker_is_one_for_all_workers_and_one_request_tries(served: tuple[Upstream, str]) -> None:
    upstream, url = served
    upstream.bad.add("flaky")
    for _ in range(3):
        assert await ask(url, "broken") == "well"
    assert upstream.hits["flaky"] == 3

    assert await tried_once(upstream, url) == "well", "it failed, and another target answered"
    upstream.bad.clear()
    assert await tried_once(upstream, url) == "flaky"

    await until(url, breaker_is("closed"))
    assert await crowd(url, "broken", 20) == {"flaky": 20}


async def test_one_worker_checks_and_all_know(served: tuple[Upstream, str]) -> None:
    upstream, url = served
    assert await crowd(url, "checked", 10) == {"asked": 10}
    upstream.bad.add("up")
    await until(url, lambda told: told["providers"]["asked"]["health"] == "unwell")
    assert await crowd(url, "checked", 20) == {"well": 20}
    upstream.bad.clear()
    await until(url, lambda told: told["providers"]["asked"]["health"] == "well")
    assert await crowd(url, "checked", 20) == {"asked": 20}


async def test_copies_go_to_the_mirror_and_to_nobody_else(served: tuple[Upstream, str]) -> None:
    upstream, url = served
    upstream.bad.add("shadow")
    assert await crowd(url, "copied", 40) == {"well": 40}
    for _ in range(600):
        if upstream.hits["shadow"] == 40:
            break
        await asyncio.sleep(0.05)
    assert upstream.hits == {**upstream.hits, "shadow": 40, "well": 40}
    assert httpx.get(f"{url}/admin/targets").json()["targets"]["shadow/m"]["failures"] == 0
