"""How targets stand, as a page and as numbers."""

import httpx
import pytest

from engine.adapters.metrics import render
from engine.gateway.gate import UNWELL
from engine.routing.latency import STREAM
from engine.server.admin.targets import target_numbers, target_pages
from tests.gateway.playbook import Game, Json, Status
from tests.server.running import running

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", retry: off, breaker: {failures: 1, open: 10s}}
  b: {dialect: plain, base_url: "https://b.test", retry: off, health: {path: /up}}
models:
  both: {targets: [a/m, b/m]}
"""
GOOD = Json({"text": "hi", "finish": "stop"})


def numbers(game: Game) -> list[str]:
    text = render([target_numbers(game.gateway, lambda: game.snapshot)])
    return [line for line in text.splitlines() if line and not line.startswith("#")]


async def page(game: Game, loaded: bool = True) -> httpx.Response:
    pages = target_pages(game.gateway, lambda: game.snapshot if loaded else None)
    async with running(pages=pages) as server:
        return await server.client.get("/admin/targets")


async def test_the_page() -> None:
    told = (await page(Game(SITE))).json()
    assert told["targets"]["a/m"]["breaker"] == "closed"
    assert told["providers"]["b"]["health"] == "well"


async def test_before_anything_is_loaded() -> None:
    assert (await page(Game(SITE), loaded=False)).json() == {"targets": {}, "providers": {}, "total": 0}


def test_breakers_and_health_as_numbers() -> None:
    game = Game(SITE)
    assert numbers(game) == ['proxyctl_provider_well{provider="b"} 1']
    game.ask("both", script=[Status(500), GOOD])
    game.world.mark(UNWELL, "b", game.world.now() + 5)
    breaker, well = (
        'proxyctl_breaker_state{provider="a",target="a/m"}',
        'proxyctl_provider_well{provider="b"}',
    )
    assert numbers(game) == [f"{breaker} 2", f"{well} 0"]
    game.run(game.world.sleep(10))
    assert numbers(game) == [f"{breaker} 1", f"{well} 1"]
    game.ask("both", script=[GOOD])
    assert numbers(game) == [f"{well} 1"]


@pytest.mark.parametrize("seconds", [0.25])
def test_latencies_as_numbers(seconds: float) -> None:
    game = Game(SITE)
    game.gateway.experience.latencies.observe(("a/m", STREAM), seconds, 0.0)
    line = 'proxyctl_target_latency_seconds{kind="stream",provider="a",target="a/m"} 0.25'
    assert line in numbers(game)
