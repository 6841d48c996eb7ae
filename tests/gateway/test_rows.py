"""Every row of the failover table: whatever fails, a request is answered while something is left that is well."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.errors import ErrorClass
from engine.events import Call
from engine.routing.failover import ROWS, Stage
from tests.gateway.playbook import (
    Break,
    Game,
    Heard,
    Json,
    Line,
    Refuses,
    Reply,
    ScriptedReply,
    ScriptedUpstream,
    Status,
    Stream,
    Wait,
    inbound,
)

PATIENCE = "retry: {attempts: 2, backoff: {base: 1ms}}, timeout: {first_byte: 5s, total: 8s}"
SITE = f"""
  picky:
    extends: plain
    operations: {{chat: {{request: {{body: {{model: {{$raise: {{message: no pictures here}}}}}}}}}}}}
providers:
  a: {{dialect: plain, base_url: "https://a.test", pool: pa, {PATIENCE}}}
  b: {{dialect: plain, base_url: "https://b.test", pool: pb, {PATIENCE}}}
  c: {{dialect: plain, base_url: "https://c.test"}}
  picky: {{dialect: picky, base_url: "https://p.test"}}
pools:
  pa: {{credentials: [{{id: one, key: k1}}]}}
  pb: {{credentials: [{{id: two, key: k2}}]}}
models:
  target: {{targets: [a/m, b/m]}}
  fallback: {{targets: [a/m], fallback: [spare]}}
  spare: {{targets: [b/m]}}
  refusing: {{targets: [picky/m, b/m]}}
  sizes:
    context: 1k
    targets: [a/m, b/m, {{provider: c, model: m, context: 9k}}]
  way: {{targets: [a/m], context: 1k, fallback: [same, room]}}
  same: {{targets: [b/m], context: 1k}}
  room: {{targets: [c/m], context: 9k}}
  unsaid: {{targets: [a/m, b/m], fallback: [room]}}
  none: {{targets: [{{provider: a, model: m, context: 1k}}, {{provider: b, model: m, context: 2k}}]}}
"""
GOOD = Json({"text": "hi", "finish": "stop"})
LONG = [{"role": "user", "content": "word" * 1500}]
TOO_LONG = Status(400, {"code": "long", "message": "too long"})

STATUS: dict[ErrorClass, Line] = {
    ErrorClass.AUTH: Status(401),
    ErrorClass.QUOTA: Status(402),
    ErrorClass.RATE_LIMIT: Status(429, retry_after="900"),
    ErrorClass.OVERLOADED: Status(503),
    ErrorClass.TIMEOUT: Status(504),
    ErrorClass.UPSTREAM: Status(500),
    ErrorClass.NOT_FOUND: Status(404),
}
WAYS: dict[str, Line] = {
    **{f"connect, {kind}": Refuses(ErrorClass(kind)) for kind in ("upstream", "timeout", "overloaded")},
    **{f"status, {kind}": answer for kind, answer in STATUS.items()},
    **{f"first event, {kind}": Stream({"error": "no", "class": kind.value}) for kind in STATUS},
    "breaks": Stream(Break()),
    "breaks behind its start": Stream({"id": "r"}, Break()),
    "stalls": Stream(Wait(60)),
    "stalls before its status": Stream(before=60.0),
    "ends": Stream(),
    "garbage": Stream(b"data: nonsense\n\n"),
    "html": Reply(200, [b"<html>"], "text/html"),
    "good status": Json({"failed": True, "code": "poor"}),
}


class ByHost(ScriptedUpstream):
    """The same answer from a host, whenever it is asked."""

    def __init__(self, answers: Mapping[str, Line]) -> None:
        super().__init__()
        self.answers = answers

    async def send(self, call: Call) -> ScriptedReply:
        self.script = [self.answers[(urlsplit(call.url).hostname or "")[0]]]
        return await super().send(call)


def asked(game: Game, model: str, answers: Mapping[str, Line], **body: Any) -> Heard:
    game.upstream = ByHost(answers)
    object.__setattr__(game.gateway.outside, "upstream", game.upstream)
    game.heard = game.run(game.hear(inbound(model, **body)))
    return game.heard


def hosts(game: Game) -> str:
    return "".join(call[0] for call in game.sent)


def test_every_class_that_another_target_may_help_is_tried_here() -> None:
    helped = {kind for row in ROWS if Stage.STATUS in row.stages and row.verdicts for kind in row.classes}
    assert helped == {*STATUS, ErrorClass.CONTEXT_LENGTH}


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("model", ["target", "fallback"])
@pytest.mark.parametrize("way", WAYS)
def test_another_target_or_alias_answers(way: str, model: str, streaming: bool) -> None:
    game = Game(SITE)
    heard = asked(game, model, {"a": WAYS[way], "b": GOOD}, stream=streaming)
    assert (heard.status, heard.text) == (200, "hi")
    assert hosts(game).strip("a") == "b"
    assert game.all_closed


@pytest.mark.parametrize("way", WAYS)
def test_a_credential_that_rests_answers_as_a_last_resort(way: str) -> None:
    game = Game(SITE)
    game.world.mark("rest/pb", "two", game.world.now() + 99)
    assert asked(game, "target", {"a": WAYS[way], "b": GOOD}).text == "hi"


@pytest.mark.parametrize("way", WAYS)
def test_a_target_that_is_left_alone_answers_as_a_last_resort(way: str) -> None:
    game = Game(SITE)
    for _ in range(9):
        asked(game, "spare", {"b": Status(500)})
    assert asked(game, "target", {"a": WAYS[way], "b": GOOD}).text == "hi"


def test_where_a_mapping_refuses_even_a_resting_credential_is_tried() -> None:
    game = Game(SITE)
    game.world.mark("rest/pb", "two", game.world.now() + 99)
    assert asked(game, "refusing", {"b": GOOD}).text == "hi"


def test_another_target_has_time_of_its_own() -> None:
    """The first one has used up all that a request may take."""
    game = Game(SITE.replace("first_byte: 5s, total: 8s", "total: 8s"))
    assert asked(game, "target", {"a": Stream(Wait(60)), "b": GOOD}).text == "hi"
    assert (hosts(game), game.elapsed) == ("ab", 8.0)


# --- context windows ---------------------------------------------------------------------------------------


def test_a_request_that_fits_goes_where_it_always_goes() -> None:
    game = Game(SITE)
    asked(game, "sizes", {"a": GOOD})
    assert hosts(game) == "a"


@pytest.mark.parametrize("model", ["sizes", "way"])
def test_one_that_is_too_long_goes_at_once_where_there_is_room(model: str) -> None:
    game = Game(SITE)
    assert asked(game, model, {"c": GOOD}, messages=LONG).text == "hi"
    assert hosts(game) == "c"


def test_so_does_one_that_asks_for_too_long_an_answer() -> None:
    game = Game(SITE)
    asked(game, "way", {"c": GOOD}, max_tokens=5000)
    assert hosts(game) == "c"


@pytest.mark.parametrize("model", ["sizes", "way"])
def test_what_the_upstream_says_counts_more_than_an_estimate(model: str) -> None:
    game = Game(SITE)
    assert asked(game, model, {"a": TOO_LONG, "c": GOOD}).text == "hi"
    assert hosts(game) == "ac", "those of the same size are not tried"


def test_targets_that_say_nothing_are_alike() -> None:
    game = Game(SITE)
    asked(game, "unsaid", {"a": TOO_LONG, "c": GOOD})
    assert hosts(game) == "ac"


def test_where_none_fits_the_one_with_most_room_is_tried() -> None:
    game = Game(SITE)
    assert asked(game, "none", {"b": GOOD}, messages=LONG * 3).text == "hi"
    assert hosts(game) == "b"


def test_and_what_it_says_is_the_answer() -> None:
    game = Game(SITE)
    heard = asked(game, "none", {"b": TOO_LONG}, messages=LONG * 3)
    assert (heard.status, hosts(game)) == (400, "b")


def test_where_the_one_that_fits_is_in_trouble_the_others_are_tried_after_it() -> None:
    game = Game(SITE)
    assert asked(game, "way", {"a": GOOD, "b": Status(500), "c": Status(500)}, messages=LONG).text == "hi"
    assert hosts(game).startswith("c") and hosts(game).endswith("a")
