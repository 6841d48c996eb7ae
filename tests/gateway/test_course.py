"""Dialogues for every row of the failover table: who is called next, and what the client gets in the end."""

import pytest

from engine.errors import ErrorClass
from engine.gateway.course import RETRIES
from engine.routing.failover import MAX_CREDENTIALS
from tests.gateway.playbook import Break, Game, Json, Line, Refuses, Status, Stream, Wait, inbound, play

PROVIDERS = """
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: pa}
  b: {dialect: plain, base_url: "https://b.test", key: kb}
  c: {dialect: plain, base_url: "https://c.test"}
pools:
  pa: {credentials: [{id: one, key: k1}, {id: two, key: k2}]}
"""
SITE = (
    PROVIDERS
    + """
models:
  smart: {targets: [a/m1, b/m2], fallback: [spare]}
  spare: {targets: [c/m3]}
  alone: {targets: [b/m2]}
  keys: {targets: [a/m1]}
"""
)
GOOD = Json({"text": "hi", "finish": "stop"})


# --- one row of the table each -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "next_calls"),
    [
        (Status(401), ["a k2 m1"]),
        (Status(403), ["a k2 m1"]),
        (Status(402), ["a k2 m1"]),
        (Status(400, {"code": "poor", "message": "no money"}), ["a k2 m1"]),
        (Status(429), ["a k2 m1"]),
        (Status(503), ["a k1 m1"]),
        (Status(504), ["b kb m2"]),
        (Status(500), ["a k1 m1"]),
        (Status(418, {"code": "busy", "message": "later"}), ["a k1 m1"]),
        (Refuses(), ["a k1 m1"]),
        (Refuses(ErrorClass.TIMEOUT), ["b kb m2"]),
        (Status(404), ["b kb m2"]),
        (Status(400, {"code": "long", "message": "too long"}), ["c - m3"]),
        (Json({"failed": True, "code": "busy", "message": "later"}), ["a k1 m1"]),
        (Stream(Break()), ["a k1 m1"]),
        (Status(302), ["a k1 m1"]),
    ],
)
def test_what_follows(failure: Line, next_calls: list[str]) -> None:
    game = play(SITE, "smart", failure, GOOD)
    assert game.sent == ["a k1 m1", *next_calls]
    assert game.heard.text == "hi"
    assert game.heard.headers["x-proxyctl-attempts"] == "2"
    assert game.all_closed


@pytest.mark.parametrize(
    ("failure", "status", "kind"),
    [
        (Status(400, {"message": "bad"}), 400, "invalid_request_error"),
        (Status(422, {"message": "bad"}), 400, "invalid_request_error"),
        (Status(400, {"code": "filtered", "message": "no"}), 400, "invalid_request_error"),
    ],
)
def test_the_request_itself_is_at_fault(failure: Line, status: int, kind: str) -> None:
    game = play(SITE, "smart", failure)
    assert game.sent == ["a k1 m1"]
    assert game.heard.status == status
    assert game.heard.error["type"] == kind


def test_the_whole_way_down() -> None:
    game = play(SITE, "smart", Status(401), Status(429), Status(404), Status(404))
    assert game.sent == ["a k1 m1", "a k2 m1", "b kb m2", "c - m3"]
    assert game.heard.status == 404
    assert game.heard.headers["x-proxyctl-provider"] == "c"


def test_a_target_whose_mapping_refuses_is_passed_over() -> None:
    site = PROVIDERS.replace("a: {dialect: plain", "a: {dialect: picky, unsupported: drop") + (
        "models:\n  smart: {targets: [a/m1, b/m2]}\n  alone: {targets: [a/m1]}\n"
    )
    site = (
        "  picky:\n    extends: plain\n    operations:\n      chat:\n        request:\n          body:\n"
        "            model: {$raise: {message: no pictures here, param: messages, code: no_pictures}}\n"
        + site
    )
    game = Game(site)
    assert game.ask("smart", script=[GOOD]).text == "hi"
    assert game.sent == ["b kb m2"]
    refused = game.ask("alone", script=[])
    assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "no_pictures", "messages")


# --- repeating, and its budgets -----------------------------------------------------------------------------


def test_back_off_grows_and_is_bounded_by_attempts() -> None:
    game = Game(SITE, chance=0.5)
    heard = game.ask("alone", script=[Status(503)] * 3)
    assert game.sent == ["b kb m2"] * 3
    assert game.world.waits == [0.15, 0.3]
    assert (heard.status, heard.error["type"]) == (503, "overloaded_error")


def test_retry_after_is_waited_for() -> None:
    game = play(SITE, "alone", Status(503, retry_after="7"), GOOD)
    assert game.world.waits == [7.1]


def test_a_longer_retry_after_is_told_to_the_client() -> None:
    game = play(SITE, "alone", Status(503, retry_after="11"))
    assert game.world.waits == []
    assert game.heard.status == 503
    assert game.heard.headers["retry-after"] == "11"


def test_a_rate_limit_is_waited_for_when_nothing_else_is_left() -> None:
    game = play(SITE, "alone", Status(429, retry_after="2"), GOOD)
    assert game.sent == ["b kb m2"] * 2
    assert game.world.waits == [2.1]


def test_a_rate_limit_without_a_time_is_not_repeated() -> None:
    game = play(SITE, "alone", Status(429))
    assert game.sent == ["b kb m2"]
    assert game.heard.status == 429


def test_retries_can_be_off() -> None:
    site = SITE.replace("key: kb}", "key: kb, retry: off}")
    game = play(site, "alone", Status(503))
    assert game.sent == ["b kb m2"]


def test_an_alias_has_the_last_word_on_retries() -> None:
    site = SITE.replace("alone: {", "alone: {retry: {attempts: 2, backoff: {base: 1s}}, ")
    game = play(site, "alone", Status(503), Status(503))
    assert game.world.waits == [0.5]


def test_repetitions_are_counted_for_each_target() -> None:
    site = f"{PROVIDERS}\nmodels:\n  both: {{targets: [b/m2, c/m3]}}"
    game = play(site, "both", *[Status(503)] * 6)
    assert game.sent == ["b kb m2"] * 3 + ["c - m3"] * 3


def test_an_outage_is_not_multiplied() -> None:
    game = Game(SITE)
    for _ in range(100):
        game.upstream.script = [Status(503)] * 50
        game.run(game.hear(inbound("alone")))
    assert 110 <= len(game.sent) <= 132
    assert game.world.counted(RETRIES, provider="b") == len(game.sent) - 100


def test_one_request_tries_no_more_than_so_many_credentials() -> None:
    keys = ", ".join(f"{{id: c{n}, key: key{n}}}" for n in range(30))
    site = f"{PROVIDERS}  many: {{credentials: [{keys}]}}\nmodels:\n  smart: {{targets: [d/m]}}\n"
    site = site.replace(
        "providers:\n", 'providers:\n  d: {dialect: plain, base_url: "https://d.test", pool: many}\n'
    )
    game = Game(site)
    heard = game.ask("smart", script=[Status(401)] * MAX_CREDENTIALS)
    assert len(set(game.sent)) == MAX_CREDENTIALS
    assert heard.status == 502


def test_a_large_pool_in_trouble_leaves_calls_for_the_target_behind_it() -> None:
    keys = ", ".join(f"{{id: c{n}, key: key{n}}}" for n in range(30))
    site = PROVIDERS.replace("[{id: one, key: k1}, {id: two, key: k2}]", f"[{keys}]") + (
        "models: {smart: {targets: [a/m1, b/m2]}}\n"
    )
    game = Game(site)
    assert game.ask("smart", script=[*[Status(401)] * MAX_CREDENTIALS, GOOD]).text == "hi"
    assert game.sent[-1] == "b kb m2"


def test_no_attempt_begins_after_the_total_time() -> None:
    site = SITE.replace("key: kb}", "key: kb, timeout: {total: 5s, first_byte: 3s}}")
    slow = Stream(Wait(100))
    game = play(site, "alone", slow, slow)
    assert game.heard.status == 504
    assert game.elapsed < 7


# --- credentials ----------------------------------------------------------------------------------------------


def test_rotation_goes_on_from_request_to_request() -> None:
    game = Game(SITE)
    for _ in range(3):
        game.ask("keys", script=[GOOD])
    assert game.sent == ["a k1 m1", "a k2 m1", "a k1 m1"]


def test_a_limited_key_rests_as_long_as_it_was_told() -> None:
    game = Game(SITE)
    game.ask("keys", script=[Status(429, retry_after="30"), GOOD])
    for _ in range(2):
        game.ask("keys", script=[GOOD])
    game.run(game.world.sleep(31))
    for _ in range(2):
        game.ask("keys", script=[GOOD])
    assert [call.split()[1] for call in game.sent] == ["k1", "k2", "k2", "k2", "k2", "k1"]


def test_a_resting_key_is_used_when_it_is_the_last() -> None:
    game = Game(SITE)
    game.ask("alone", script=[Status(429)])
    assert game.ask("alone", script=[GOOD]).text == "hi"


def test_the_resting_key_nearest_its_end_is_the_last_resort() -> None:
    game = Game(SITE)
    game.ask("keys", script=[Status(429, retry_after="60"), Status(429, retry_after="20")])
    game.ask("keys", script=[GOOD])
    assert game.sent[2:] == ["a k2 m1"]


def test_a_ready_target_is_preferred_to_a_resting_one() -> None:
    game = Game(SITE)
    game.ask("keys", script=[Status(429), Status(429)])
    game.ask("smart", script=[GOOD])
    assert game.sent[2:] == ["b kb m2"]


def test_the_last_resort_comes_after_the_fallback() -> None:
    game = Game(SITE)
    game.ask("keys", script=[Status(429), Status(429)])
    game.ask("smart", script=[Status(404), Status(404), GOOD])
    assert game.sent[2:] == ["b kb m2", "c - m3", "a k1 m1"]


def test_one_key_for_two_models_is_tried_for_both_when_limited() -> None:
    site = PROVIDERS + "models:\n  smart: {targets: [b/m1, b/m2]}\n"
    game = play(site, "smart", Status(429), GOOD)
    assert game.sent == ["b kb m1", "b kb m2"]


def test_one_refused_key_is_not_tried_for_another_model() -> None:
    site = PROVIDERS + "models:\n  smart: {targets: [b/m1, b/m2]}\n"
    game = play(site, "smart", Status(401))
    assert game.sent == ["b kb m1"]
    assert game.heard.status == 502


def test_a_disabled_key_is_out_until_it_is_another() -> None:
    site = SITE.replace("pa: {", "pa: {on_error: {auth: {disable: true}}, ")
    game = Game(site)
    game.ask("keys", script=[Status(401), Status(401)])
    heard = game.ask("keys", script=[])
    assert (heard.status, heard.error["code"]) == (503, "no_target")
    game.snapshot = Game(site.replace("k1", "k9")).snapshot
    assert game.ask("keys", script=[GOOD]).text == "hi"
    assert game.sent[-1].split()[1] == "k9"


def test_an_error_in_the_stream_also_costs_the_key() -> None:
    game = Game(SITE)
    game.ask(
        "keys", stream=True, script=[Stream({"text": "hi"}, {"error": "slow down", "class": "rate_limit"})]
    )
    game.ask("keys", script=[GOOD])
    game.ask("keys", script=[GOOD])
    assert [call.split()[1] for call in game.sent] == ["k1", "k2", "k2"]


# --- nothing to try ---------------------------------------------------------------------------------------------


def test_all_providers_off_names_the_variable() -> None:
    site = """
providers:
  a: {dialect: plain, base_url: "https://a.test", key: "${env:A_KEY}", optional: true}
  b: {dialect: plain, base_url: "https://b.test"}
models:
  dark: {targets: [a/m1]}
  half: {targets: [a/m1, b/m2]}
"""
    game = Game(site)
    heard = game.ask("dark", script=[])
    assert heard.status == 503
    assert "A_KEY" in heard.error["message"]
    assert game.ask("half", script=[GOOD]).text == "hi"
    assert game.sent == ["b - m2"]


def test_conditions() -> None:
    site = (
        PROVIDERS
        + """
models:
  smart:
    targets:
      - {provider: b, model: m1, when: "=body.messages[-1].content == 'hello'"}
      - {provider: c, model: m2, when: "=chat.temperature == `0`"}
"""
    )
    game = Game(site)
    game.ask("smart", script=[GOOD], temperature=0)
    assert game.sent == ["c - m2"]
    heard = game.ask("smart", script=[])
    assert (heard.status, heard.error["code"]) == (400, "no_target")


def test_fallbacks_go_round_no_circle() -> None:
    site = (
        PROVIDERS
        + """
models:
  one: {targets: [c/m1], fallback: ["two-*", three]}
  "two-*": {targets: [c/m2], fallback: [three]}
  three: {targets: [c/m3]}
"""
    )
    game = play(site.replace('["two-*", three]', "[two-x, three]"), "one", *[Status(404)] * 3)
    assert [call.split()[2] for call in game.sent] == ["m1", "m2", "m3"]
