"""Upstreams that fail in every way, under load, beside one that is well: no request fails, retries stay in budget."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, free_port, write_site
from tests.e2e.test_failures import SSE, WHOLE, chunk, frame
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

ROLE = {**chunk(""), "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
LONG = 10.0

BEHAVIOURS: dict[str, Any] = {
    "well": lambda stream: sse_answer(ROLE, chunk("ok"), chunk("", "stop")) if stream else json_answer(WHOLE),
    "e500": lambda _: json_answer({"error": {"message": "boom"}}, 500),
    "e503": lambda _: json_answer({"error": {"message": "busy"}}, 503),
    "e429": lambda _: json_answer({"error": {"message": "slow down"}}, 429, retry_after="30"),
    "e401": lambda _: json_answer({"error": {"message": "who are you"}}, 401),
    "e404": lambda _: json_answer({"error": {"message": "no such model"}}, 404),
    "hangs": lambda _: Answer(200, SSE, [LONG]),
    "hangs-before-status": lambda _: Answer(raw=True, pieces=[LONG]),
    "says-who-it-is": lambda stream: Answer(200, SSE, [frame(ROLE), LONG if stream else None]),
    "dies": lambda _: Answer(200, SSE, [None]),
    "dies-before-status": lambda _: Answer(raw=True, pieces=[None]),
    "garbage": lambda _: Answer(200, SSE, [b"data: {nonsense\n\n"]),
    "not-http": lambda _: Answer(raw=True, pieces=[b"SSH-2.0-nope\r\n\r\n"]),
    "html": lambda _: Answer(200, {"content-type": "text/html"}, [b"<html>login</html>"]),
    "ends": lambda _: Answer(200, SSE, [frame(ROLE)]),
}
BROKEN = [name for name in BEHAVIOURS if name != "well"]


class Upstream:
    """Behaves as the path says: one provider for each way to fail."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()

    def __call__(self, request: Request) -> Answer:
        name = request.path.split("/")[1]
        self.hits[name] += 1
        made: Answer = BEHAVIOURS[name](bool(request.json.get("stream")))
        return made


def site(url: str, strategy: str, breaker: str, first_byte: str = "500ms") -> str:
    """The one that is well has time: this machine may be busy."""
    rule = (
        f"breaker: {breaker}, key: k, retry: {{attempts: 3, budget: 10%, backoff: {{base: 10ms, max: 20ms}}}}"
    )
    named = {name: f"{url}/{name}/v1" for name in BEHAVIOURS} | {
        "refused": f"http://127.0.0.1:{free_port()}/v1"
    }
    providers = "\n".join(
        f'  {name}: {{dialect: openai, base_url: "{base}", {rule}, '
        f"timeout: {{first_byte: {'60s' if name == 'well' else first_byte}, total: 2m}}}}"
        for name, base in named.items()
    )
    targets = ", ".join(f"{name}/m" for name in ["refused", *BROKEN, "well"])
    return f"""version: 1
providers:
{providers}
models:
  all: {{strategy: {strategy}, targets: [{targets}]}}
"""


@pytest.fixture
def upstream() -> Iterator[tuple[Upstream, str]]:
    handler = Upstream()
    with TestUpstream(handler) as server:
        yield handler, server.url


async def asked(url: str, count: int, at_once: int) -> list[tuple[int, str]]:
    """Every answer's status and text, every second one streamed."""
    places = asyncio.Semaphore(at_once)

    async def ask(http: httpx.AsyncClient, number: int) -> tuple[int, str]:
        body = {"model": "all", "stream": bool(number % 2), "messages": [{"role": "user", "content": "hi"}]}
        async with places:
            answer = await http.post("/v1/chat/completions", json=body)
        return answer.status_code, answer.text

    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(base_url=url, timeout=90, limits=limits) as http:
        return list(await asyncio.gather(*(ask(http, number) for number in range(count))))


def numbers(url: str, name: str) -> Counter[str]:
    """A counter by provider, of all workers. They tell each other once a second, so it is awaited."""
    found: Counter[str] = Counter()
    for line in httpx.get(f"{url}/metrics").text.splitlines():
        if line.startswith(f"{name}{{"):
            provider = re.search(r'provider="([^"]*)"', line)
            found[provider[1] if provider else ""] += int(float(line.rsplit(" ", 1)[1]))
    return found


async def settled(url: str, heard: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Attempts and repetitions, once all are told of that the providers heard of."""
    for _ in range(100):
        made = numbers(url, "proxyctl_attempts_total")
        if made >= heard:
            break
        await asyncio.sleep(0.1)
    return made, numbers(url, "proxyctl_retries_total")


@pytest.mark.parametrize("strategy", ["first", "round_robin", "least_busy", "lowest_latency", "weighted"])
async def test_no_request_fails_while_one_is_well(
    tmp_path: Path, upstream: tuple[Upstream, str], strategy: str
) -> None:
    write_site(tmp_path, a=site(upstream[1], strategy, "{failures: 2, window: 60s, open: 60s}"))
    with EngineProcess(tmp_path, "--workers", "2", "--log-level", "error") as engine:
        answers = await asked(engine.url, 100, at_once=20)
        targets = httpx.get(f"{engine.url}/admin/targets").json()["targets"]
    assert Counter(status for status, _ in answers) == {200: 100}
    assert all("ok" in text and '"error"' not in text for _, text in answers)
    assert upstream[0].hits["well"] == 100
    assert targets["well/m"]["breaker"] == "closed"
    if strategy in ("first", "round_robin"):  # which come to every target
        assert {name for name, target in targets.items() if target["breaker"] != "closed"} == {
            f"{name}/m" for name in ["refused", *BROKEN] if name not in ("e429", "e401", "e404")
        }


async def test_retries_stay_in_budget(tmp_path: Path, upstream: tuple[Upstream, str]) -> None:
    """Without breakers, so that every target is called by every request that comes to it."""
    handler, url = upstream
    write_site(tmp_path, a=site(url, "first", "off", first_byte="100ms"))
    with EngineProcess(tmp_path, "--workers", "2", "--log-level", "error") as engine:
        answers = await asked(engine.url, 120, at_once=30)
        attempts, retries = await settled(engine.url, handler.hits)
    assert Counter(status for status, _ in answers) == {200: 120}
    assert sum(retries.values()) > 0
    for provider, count in attempts.items():
        assert retries[provider] <= 0.1 * (count - retries[provider]) + 10, provider
        if provider not in ("refused", "e429", "e401"):  # nobody hears the one, the others' keys rest
            assert handler.hits[provider] >= 120, provider
