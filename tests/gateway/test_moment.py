"""Dialogues about strategies: what a target is chosen by, in time that only waiting moves."""

import asyncio
from collections import Counter

import pytest

from tests.gateway.playbook import Game, Json, Line, Status, Stream, Wait, client, inbound

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", retry: off}
  b: {dialect: plain, base_url: "https://b.test", retry: off}
  c: {dialect: plain, base_url: "https://c.test", retry: off}
models:
  turns: {strategy: round_robin, targets: [a/m, b/m, c/m]}
  busy: {strategy: least_busy, targets: [a/m, b/m]}
  soon: {strategy: lowest_latency, targets: [a/m, b/m], explore: 10%}
  cheap:
    strategy: lowest_cost
    targets:
      - {provider: a, model: m, price: {input: 1, output: 8}}
      - {provider: b, model: m, price: {input: 2, output: 2}}
      - c/m
  client: {strategy: sticky, targets: [a/m, b/m, c/m]}
  header: {strategy: sticky, by: "header:X-Session", targets: [a/m, b/m, c/m]}
  talk: {strategy: sticky, by: conversation, targets: [a/m, b/m, c/m]}
"""
GOOD = Json({"text": "hi", "finish": "stop"})


def hosts(game: Game) -> list[str]:
    return [call.split()[0] for call in game.sent]


def test_each_in_its_turn() -> None:
    game = Game(SITE)
    for _ in range(6):
        game.ask("turns", script=[GOOD])
    assert hosts(game) == ["a", "b", "c"] * 2


def test_a_turn_that_fails_goes_to_the_next() -> None:
    game = Game(SITE)
    game.ask("turns", script=[Status(500), GOOD])
    game.ask("turns", script=[GOOD])
    assert hosts(game) == ["a", "b", "b"]


def test_the_less_busy_one() -> None:
    """Ten at once, answered after a second: five go here, five there, whatever chance says."""
    game = Game(SITE)

    async def crowd() -> None:
        game.upstream.script = [Json({"text": "hi", "finish": "stop"}, before=1.0)] * 10
        await asyncio.gather(*(game.hear(inbound("busy")) for _ in range(10)))

    game.run(crowd())
    assert Counter(hosts(game)) == {"a": 5, "b": 5}
    assert hosts(game)[:4] == ["a", "b", "a", "b"]


def stream_after(seconds: float) -> Line:
    return Stream(Wait(seconds), {"text": "a"}, {"finish": "stop"})


def test_both_are_tried_then_the_sooner_one_is_taken() -> None:
    game = Game(SITE, chance=0.5)
    for script in (stream_after(2.0), stream_after(0.5), stream_after(0.5), stream_after(0.5)):
        game.ask("soon", script=[script], stream=True)
    assert hosts(game) == ["a", "b", "b", "b"]


def test_it_is_the_first_token_that_counts_not_the_last() -> None:
    game = Game(SITE, chance=0.5)
    game.ask("soon", script=[Stream(Wait(0.1), {"text": "a"}, Wait(50), {"finish": "stop"})], stream=True)
    for _ in range(2):
        game.ask("soon", script=[stream_after(1.0)], stream=True)
    assert hosts(game) == ["a", "b", "a"]


def test_while_one_tries_an_unknown_target_others_go_elsewhere() -> None:
    game = Game(SITE, chance=0.5)

    async def crowd() -> None:
        game.upstream.script = [stream_after(1.0)] * 5
        await asyncio.gather(*(game.hear(inbound("soon", stream=True)) for _ in range(5)))

    game.run(crowd())
    assert Counter(hosts(game)) == {"a": 4, "b": 1}


def test_a_share_of_the_requests_looks_at_the_other() -> None:
    game = Game(SITE, chance=0.5)
    for script in (stream_after(2.0), stream_after(1.0)):
        game.ask("soon", script=[script], stream=True)
    for game.world.chance in (0.09, 0.1, 0.09, 0.1):
        game.ask("soon", script=[stream_after(1.0)], stream=True)
    assert hosts(game) == ["a", "b", "a", "b", "a", "b"]


def test_one_that_only_fails_is_not_tried_by_everybody() -> None:
    game = Game(SITE, chance=0.5)
    game.ask("soon", script=[Status(500), stream_after(1.0)], stream=True)
    for _ in range(3):
        game.ask("soon", script=[stream_after(1.0)], stream=True)
    assert hosts(game) == ["a", "b", "b", "b", "b"]


def test_one_that_begins_to_hang_is_left_for_one_that_answers() -> None:
    game = Game(SITE.replace("retry: off}", "retry: off, timeout: {first_byte: 20s}}"), chance=0.5)
    for script in (
        [stream_after(0.1)],
        [stream_after(0.4)],
        [stream_after(60), stream_after(0.4)],
        [stream_after(0.4)],
    ):
        game.ask("soon", script=script, stream=True)
    assert hosts(game) == ["a", "b", "a", "b", "b"]


def test_whole_answers_are_timed_apart() -> None:
    game = Game(SITE, chance=0.5)
    for script in (stream_after(0.1), stream_after(0.2)):
        game.ask("soon", script=[script], stream=True)
    for seconds in (9.0, 3.0, 3.0):
        game.ask("soon", script=[Json({"text": "hi", "finish": "stop"}, before=seconds)])
    assert hosts(game) == ["a", "b", "a", "b", "b"]


def test_the_cheaper_one_for_this_request() -> None:
    game = Game(SITE)
    long = [{"role": "user", "content": "word " * 4000}]
    game.ask("cheap", script=[GOOD], messages=long, max_tokens=10)
    game.ask("cheap", script=[GOOD], max_tokens=4000)
    game.ask("cheap", script=[Status(500), Status(500), GOOD], max_tokens=4000)
    assert hosts(game) == ["a", "b", "b", "a", "c"]


def test_the_same_target_for_the_same_client() -> None:
    game = Game(SITE)
    for name in ("ann", "bob", "cid", "dan") * 2:
        game.ask("client", script=[GOOD], client=client(name))
    assert hosts(game)[:4] == hosts(game)[4:]
    assert len(set(hosts(game))) > 1


@pytest.mark.parametrize("headers", [[{"x-session": f"s{n}"} for n in range(6)]])
def test_the_same_target_for_the_same_header(headers: list[dict[str, str]]) -> None:
    game = Game(SITE)
    for each in headers * 2:
        game.ask("header", script=[GOOD], headers=each)
    assert hosts(game)[:6] == hosts(game)[6:]
    assert len(set(hosts(game))) == 3


def test_without_the_header_chance_draws() -> None:
    game = Game(SITE)
    for game.world.chance in (0.0, 0.4, 0.9):
        game.ask("header", script=[GOOD])
    assert hosts(game) == ["a", "b", "c"]


def test_the_same_target_for_a_conversation_that_goes_on() -> None:
    game = Game(SITE)
    for subject in ("cats", "dogs", "owls", "newts", "yaks"):
        told = [{"role": "system", "content": "be brief"}, {"role": "user", "content": subject}]
        more = [*told, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "more"}]
        game.ask("talk", script=[GOOD], messages=told)
        game.ask("talk", script=[GOOD], messages=more, temperature=1)
    assert hosts(game)[::2] == hosts(game)[1::2]
    assert len(set(hosts(game))) > 1


def test_when_its_target_is_left_alone_a_client_goes_on_elsewhere_and_comes_back() -> None:
    site = SITE.replace("retry: off}", "retry: off, breaker: {failures: 1, open: 10s}}")
    game = Game(site)
    ann = client("ann")
    game.ask("client", script=[GOOD], client=ann)
    game.ask("client", script=[Status(500), GOOD], client=ann)
    game.ask("client", script=[GOOD], client=ann)
    game.run(game.world.sleep(10))
    game.ask("client", script=[GOOD], client=ann)
    home, away = hosts(game)[0], hosts(game)[2]
    assert hosts(game) == [home, home, away, away, home]
    assert home != away
