"""Copies of requests: sent in the background, bounded, counted, and of no consequence for anybody."""

import asyncio
from typing import Any

import pytest

from engine.gateway.mirrors import MIRRORED, Mirrors
from tests.gateway.playbook import Break, Game, Heard, Json, Line, Refuses, Status, Stream, Wait, inbound

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
  b: {dialect: plain, base_url: "https://b.test", pool: pb, breaker: {failures: 1}}
pools:
  pb: {credentials: [{id: one, key: k1}]}
models:
  all: {targets: [a/m], mirror: {target: b/shadow}}
  some: {targets: [a/m], mirror: {target: b/shadow, share: 25%}}
  none: {targets: [a/m], mirror: {target: {provider: b, model: s, when: "=chat.tools"}}}
  real: {targets: [b/shadow, a/m]}
"""
GOOD = Json({"text": "hi", "finish": "stop"})


async def asked(game: Game, model: str, script: list[Line], **body: Any) -> Heard:
    """The answer, and after it whatever its copy comes to."""
    game.upstream.script = script
    heard = await game.hear(inbound(model, **body))
    await game.gateway.mirrors.settled()
    return heard


def ask(game: Game, model: str, *script: Line, **body: Any) -> Heard:
    return game.run(asked(game, model, list(script), **body))


def results(game: Game) -> dict[str, float]:
    names = ("ok", "upstream", "rate_limit", "timeout", "dropped", "no_credential")
    counted = {name: game.world.counted(MIRRORED, result=name) for name in names}
    return {name: count for name, count in counted.items() if count}


@pytest.mark.parametrize("streaming", [True, False])
def test_a_copy_follows_its_request(streaming: bool) -> None:
    game = Game(SITE)
    answer = Stream({"text": "hi"}, {"finish": "stop"}) if streaming else GOOD
    shadow = Stream({"text": "no"}, {"finish": "stop"}) if streaming else Json({"text": "no"})
    heard = ask(game, "all", answer, shadow, stream=streaming)
    assert heard.text == "hi"
    assert game.sent == ["a - m", "b k1 shadow"]
    assert results(game) == {"ok": 1}
    assert game.all_closed
    assert game.upstream.replies[1].given == (2 if streaming else 1), "it is read to its end"


@pytest.mark.parametrize(
    ("shadow", "result"),
    [
        (Status(500), "upstream"),
        (Status(429), "rate_limit"),
        (Refuses(), "upstream"),
        (Stream({"text": "a"}, Break()), "upstream"),
        (Stream(Wait(999)), "timeout"),
    ],
)
def test_what_a_copy_meets_is_of_no_consequence(shadow: Line, result: str) -> None:
    game = Game(SITE)
    assert ask(game, "all", GOOD, shadow).text == "hi"
    assert results(game) == {result: 1}
    assert game.world.marked == {} and game.world.failures == {}
    assert game.all_closed
    game.ask("real", script=[GOOD])
    assert game.sent[-1] == "b k1 shadow"


def test_no_report_tells_of_it() -> None:
    game = Game(SITE)
    ask(game, "all", GOOD, Status(500))
    assert [line[1] for line in game.world.lines] == ["request"]
    assert game.world.counted("proxyctl_attempts_total") == 1
    assert game.world.counted("proxyctl_upstream_errors_total") == 0


def test_it_delays_nothing() -> None:
    game = Game(SITE)

    async def measured() -> float:
        game.upstream.script = [GOOD, Json({"text": "no"}, before=60.0)]
        await game.hear(inbound("all"))
        answered = game.elapsed
        await game.gateway.mirrors.settled()
        return answered

    assert game.run(measured()) == 0.0
    assert game.elapsed == 60.0


def test_a_request_that_fails_is_copied_too() -> None:
    game = Game(SITE)
    assert ask(game, "all", Status(400, {"message": "bad"}), GOOD).status == 400
    assert game.sent == ["a - m", "b k1 shadow"]


def test_a_share() -> None:
    game = Game(SITE)
    game.world.chance = 0.74
    ask(game, "some", GOOD)
    game.world.chance = 0.75
    ask(game, "some", GOOD, GOOD)
    assert game.sent == ["a - m", "a - m", "b k1 shadow"]


def test_a_condition() -> None:
    game = Game(SITE)
    ask(game, "none", GOOD)
    assert game.sent == ["a - m"]


def test_without_a_credential_there_is_none() -> None:
    game = Game(SITE)
    game.world.mark("rest/pb", "one", game.world.now() + 9)
    ask(game, "all", GOOD)
    assert results(game) == {"no_credential": 1}


def test_so_many_at_once_and_no_more() -> None:
    game = Game(SITE)
    game.gateway.mirrors = Mirrors(game.gateway.outside, most=2)

    async def crowd() -> None:
        slow = Json({"text": "no"}, before=5.0)
        for _ in range(4):
            game.upstream.script = [GOOD, slow]
            await game.hear(inbound("all"))
            await asyncio.sleep(1)
        await game.gateway.mirrors.settled()

    game.run(crowd())
    assert results(game) == {"ok": 2, "dropped": 2}


def test_all_can_be_stopped() -> None:
    game = Game(SITE)

    async def stop() -> None:
        game.upstream.script = [GOOD, Stream(Wait(999))]
        await game.hear(inbound("all"))
        await asyncio.sleep(1)
        await game.gateway.mirrors.aclose()

    game.run(stop())
    assert game.all_closed
    assert game.elapsed == 1.0


def test_a_copy_is_in_the_ledger_since_it_costs() -> None:
    prices = "prices: {'b/*': {input: 1, output: 1, per: 1}}\n"
    game = Game(prices + SITE)
    ask(game, "all", GOOD, Json({"text": "no", "usage": {"prompt": 3, "output": 4}}))
    ask(game, "all", GOOD, Status(500))
    told = [
        (row["operation"], row["target"], row["status"], row["credential"], row["client"], row["cost"])
        for row in game.usage
        if row["surface"] == "mirror"
    ]
    assert told == [
        ("chat", "b/shadow", 200, "one", None, 7.0),
        ("chat", "b/shadow", 502, "one", None, 0.0),
    ]
