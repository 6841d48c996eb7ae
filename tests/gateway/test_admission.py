"""Limits of clients, groups and models: who is refused, what is told, what is given back."""

from __future__ import annotations

import asyncio

import pytest

from engine.gateway.admission import standing
from engine.limits.told import rows
from tests.gateway.limited import TEXT, Limited
from tests.gateway.playbook import Break, Json, Status, Stream, Wait, inbound

KEY = "sha256:" + "0" * 64


def site(**limits: str) -> str:
    given = {"client": "{}", "group": "{}", "model": "{}", "provider": "{}", **limits}
    return f"""
providers:
  a: {{dialect: plain, base_url: "https://a.test", key: k, limits: {given["provider"]}}}
models:
  m: {{targets: [a/m1], limits: {given["model"]}, price: {{input: 10, output: 20, per: 1000}}}}
  other: {{targets: [a/m2]}}
clients:
  web: {{key: "{KEY}", groups: [team], limits: {given["client"]}}}
  ops: {{key: "{KEY[:-1]}1", groups: [team]}}
groups:
  team: {{limits: {given["group"]}}}
"""


def used(game: Limited, name: str = "web") -> dict[str, float]:
    """What is used of the client's limits, in the middle of a play, too: counters in memory never wait."""
    asked = standing(game.gateway.outside, game.by(name).allowances)
    with pytest.raises(StopIteration) as done:
        asked.send(None)
    return {f"{row['scope']} {row['kind']}": row["used"] for row in rows(done.value.value)}  # type: ignore[misc]


def test_no_more_requests_than_allowed_and_what_the_refused_are_told() -> None:
    game = Limited(site(client="{rpm: 3}"))
    assert game.tries(5, "m", Json(TEXT), game.by("web")) == [200, 200, 200, 429, 429]
    refused = game.ask("m", script=[], client=game.by("web"))
    assert refused.error == {
        "message": "the limit of client 'web', 3 requests a minute, is reached; try again in 1m0s",
        "type": "rate_limit_error",
        "code": "rate_limit_exceeded",
        "param": None,
    }
    assert refused.headers["retry-after"] == "60"
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.headers["x-ratelimit-reset-requests"] == "1m0s"
    assert (
        game.world.counted("proxyctl_limit_refusals_total", scope="client", owner="web", kind="requests") == 3
    )
    game.timeline.elapsed += 60
    assert game.tries(1, "m", Json(TEXT), game.by("web")) == [200]


def test_good_answers_tell_what_is_left() -> None:
    game = Limited(site(client="{rpm: 3, tpm: 5000}", group="{rpm: 2}"))
    whole = game.ask("m", script=[Json(TEXT)], client=game.by("web"), max_tokens=100)
    assert whole.headers["x-ratelimit-limit-requests"] == "2"
    assert whole.headers["x-ratelimit-remaining-requests"] == "1"
    assert whole.headers["x-ratelimit-limit-tokens"] == "5000"
    assert 4800 < int(whole.headers["x-ratelimit-remaining-tokens"]) < 4900
    streamed = game.ask("m", script=[Stream(*[TEXT])], client=game.by("web"), stream=True)
    assert streamed.headers["x-ratelimit-remaining-requests"] == "0"
    free = game.ask("other", script=[Json(TEXT)])
    assert not [name for name in free.headers if name.startswith("x-ratelimit")]


def test_members_of_a_group_share_its_limit() -> None:
    game = Limited(site(group="{rpm: 3}"))
    assert game.tries(2, "m", Json(TEXT), game.by("web")) == [200, 200]
    assert game.tries(2, "m", Json(TEXT), game.by("ops")) == [200, 429]


def test_all_who_ask_for_a_model_share_its_limit() -> None:
    game = Limited(site(model="{rpm: 2}"))
    assert game.tries(2, "m", Json(TEXT), game.by("web")) == [200, 200]
    assert game.tries(1, "m", Json(TEXT)) == [429]
    assert game.tries(2, "other", Json(TEXT)) == [200, 200]


def test_a_request_that_is_refused_takes_nothing() -> None:
    game = Limited(site(client="{rpm: 10}", model="{rpm: 1}"))
    assert game.tries(4, "m", Json(TEXT), game.by("web")) == [200, 429, 429, 429]
    assert used(game) == {"client requests": 1.0}


def test_tokens_are_reserved_and_settled_by_what_was_used() -> None:
    game = Limited(site(client="{tpm: 1000}"))
    answer = Json({**TEXT, "usage": {"prompt": 30, "output": 70}})
    assert game.tries(3, "m", answer, game.by("web"), max_tokens=700) == [200, 200, 200]
    assert used(game) == {"client tokens": 300.0}
    assert game.tries(1, "m", answer, game.by("web"), max_tokens=800) == [429]
    assert used(game) == {"client tokens": 300.0}


def test_more_tokens_than_the_limit_need_all_of_it() -> None:
    game = Limited(site(client="{tpm: 1000}"))
    answer = Json({**TEXT, "usage": {"prompt": 3, "output": 7}})
    assert game.tries(2, "m", answer, game.by("web"), max_tokens=100_000) == [200, 429]


def test_a_stream_holds_its_estimate_until_its_end() -> None:
    game = Limited(site(client="{tpm: 1000, concurrency: 1}"))
    web = game.by("web")

    async def play() -> None:
        game.upstream.script = [Stream(*[{"text": "a"}, {**TEXT, "usage": {"prompt": 30, "output": 70}}])]
        answer = await game.begin("m", web, stream=True, max_tokens=500)
        assert used(game)["client tokens"] > 500 and used(game)["client concurrency"] == 1
        assert (await game.begin("m", web)).status == 429
        async for _ in answer.body:  # type: ignore[union-attr]
            pass
        await answer.aclose()
        assert used(game) == {"client concurrency": 0, "client tokens": 100.0}

    game.run(play())


def test_a_client_that_leaves_gives_its_place_back() -> None:
    game = Limited(site(client="{tpm: 1000, concurrency: 1}", provider="{concurrency: 1}"))
    web = game.by("web")

    async def play() -> None:
        game.upstream.script = [Stream(*[{"text": "a"}, Wait(5), TEXT])]
        answer = await game.begin("m", web, stream=True, max_tokens=500)
        await anext(answer.body)  # type: ignore[arg-type]
        await answer.aclose()
        left = used(game)
        assert left["client concurrency"] == 0 and 0 < left["client tokens"] < 100
        assert game.counters.busy("provider/a/concurrency") == 0

    game.run(play())


def test_a_client_that_leaves_before_its_answer_gives_everything_back() -> None:
    game = Limited(site(client="{rpm: 9, tpm: 1000, concurrency: 1}", provider="{concurrency: 1}"))

    async def play() -> None:
        game.upstream.script = [Json(TEXT, before=10)]
        task = asyncio.ensure_future(game.hear(inbound("m"), game.by("web")))
        await asyncio.sleep(1)
        assert used(game)["client concurrency"] == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    game.run(play())
    assert used(game) == {"client concurrency": 0, "client requests": 1.0, "client tokens": 0.0}
    assert game.counters.busy("provider/a/concurrency") == 0


def test_what_failed_used_no_tokens() -> None:
    game = Limited(site(client="{rpm: 9, tpm: 5000, concurrency: 1, budget: {usd: 50}}"))
    assert game.tries(2, "m", Status(400), game.by("web")) == [400, 400]
    assert used(game) == {
        "client concurrency": 0, "client requests": 2.0, "client tokens": 0.0, "client budget": 0.0,
    }  # fmt: skip


def test_a_stream_that_breaks_off_used_what_was_counted() -> None:
    game = Limited(site(client="{tpm: 5000, concurrency: 1}"))
    script = [Stream(*[{"text": "a", "usage": {"prompt": 30, "output": 1}}, Break("gone")])]
    game.ask("m", script=script, client=game.by("web"), stream=True)
    assert used(game) == {"client concurrency": 0, "client tokens": 31.0}


def test_a_budget_is_spent_by_what_answers_cost() -> None:
    game = Limited(site(client="{budget: {usd: 5, per: day}}"))
    answer = Json({**TEXT, "usage": {"prompt": 100, "output": 100}})
    assert game.tries(2, "m", answer, game.by("web"), max_tokens=100) == [200, 200]
    assert used(game) == {"client budget": 6.0}
    refused = game.ask("m", script=[], client=game.by("web"))
    assert (refused.status, refused.error["code"], refused.error["type"]) == (
        429,
        "insufficient_quota",
        "insufficient_quota",
    )
    assert "$5 a day" in refused.error["message"]
    game.timeline.elapsed += 86400
    assert game.tries(1, "m", answer, game.by("web"), max_tokens=100) == [200]


def test_where_there_is_no_price_a_budget_is_not_spent() -> None:
    game = Limited(site(client="{budget: {usd: 5}}"))
    answer = Json({**TEXT, "usage": {"prompt": 100, "output": 100}})
    assert game.tries(3, "other", answer, game.by("web")) == [200, 200, 200]
    assert used(game) == {"client budget": 0.0}
