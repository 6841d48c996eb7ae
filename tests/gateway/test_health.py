"""Health checks in time that only waiting moves: who is asked when, and what comes of it."""

import asyncio

import pytest

from engine.gateway.gate import UNWELL
from engine.gateway.health import CHECKS, Checks
from tests.gateway.playbook import Break, Game, Json, Line, Refuses, Reply, Status, Stream

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: pa, retry: off, health: {path: /up, every: 10s, timeout: 2s, successes: 2}}
  b: {dialect: plain, base_url: "https://b.test", retry: off}
pools:
  pa: {credentials: [{id: one, key: k1}]}
models:
  both: {targets: [a/m, b/m]}
  lone: {targets: [a/m]}
"""
BY_MODEL = SITE.replace("path: /up", "model: tiny")
GOOD = Json({"text": "hi", "finish": "stop"})
UP, DOWN = Reply(200, [b"fine"]), Status(503)


def watch(game: Game, *script: Line, checks: Checks | None = None, seconds: float | None = None) -> Checks:
    """Check for as long as there is something in the script."""
    made = checks or Checks(game.gateway.outside)

    async def until() -> None:
        game.upstream.script = list(script)
        running = asyncio.ensure_future(made.run(lambda: game.snapshot))
        await asyncio.sleep(10.0 * len(script) - 0.1 if seconds is None else seconds)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    game.run(until())
    return made


def unwell(game: Game) -> bool:
    return game.world.marks(UNWELL).get("a", 0.0) > game.world.now()


def test_it_is_asked_at_its_path_with_a_credential() -> None:
    game = Game(SITE)
    watch(game, UP, UP)
    (call, again) = game.upstream.calls
    assert (call.method, call.url, call.body) == ("GET", "https://a.test/up", b"")
    assert call.headers["authorization"] == "Bearer k1"
    assert call == again
    assert game.elapsed == 19.9
    assert game.world.counted(CHECKS, provider="a", result="good") == 2
    assert game.all_closed


@pytest.mark.parametrize(
    "answer", [DOWN, Status(404), Status(401), Refuses(), Reply(200, [b"slow"], before=3.0)]
)
def test_so_many_bad_answers_and_it_is_left_alone(answer: Line) -> None:
    game = Game(SITE)
    checks = watch(game, answer)
    assert not unwell(game)
    watch(game, answer, checks=checks)
    assert unwell(game)
    game.upstream.calls.clear()
    game.ask("both", script=[GOOD])
    assert game.sent == ["b - m"]
    assert [line[1] for line in game.world.lines if "provider" in line[1]] == ["provider is unwell"]


def test_where_there_is_no_other_it_is_tried_even_so() -> None:
    game = Game(SITE)
    watch(game, DOWN, DOWN)
    assert game.ask("lone", script=[GOOD]).text == "hi"
    assert unwell(game), "one good answer is no check"


def test_so_many_good_ones_and_it_is_used_again() -> None:
    game = Game(SITE)
    checks = watch(game, DOWN, DOWN, DOWN)
    watch(game, UP, checks=checks)
    assert unwell(game)
    watch(game, DOWN, UP, checks=checks)
    assert unwell(game)
    watch(game, UP, checks=checks)
    assert not unwell(game)
    game.upstream.calls.clear()
    game.ask("both", script=[GOOD])
    assert game.sent == ["a k1 m"]


def test_when_nobody_checks_any_more_it_ends_by_itself() -> None:
    game = Game(SITE)
    watch(game, DOWN, DOWN)
    game.run(game.world.sleep(22))
    assert unwell(game)
    game.run(game.world.sleep(0.2))
    assert not unwell(game)


def test_a_model_may_be_asked_for_a_token() -> None:
    game = Game(BY_MODEL)
    watch(game, GOOD, GOOD)
    assert game.sent == ["a k1 tiny"] * 2
    assert not unwell(game)
    assert game.all_closed


@pytest.mark.parametrize("answer", [Status(429), Status(400), Status(401)])
def test_a_model_that_refuses_is_there(answer: Line) -> None:
    game = Game(BY_MODEL)
    watch(game, answer, answer, answer)
    assert not unwell(game)
    assert game.world.marks("rest/pa") == {}, "checks are held against no credential"


@pytest.mark.parametrize(
    "answer", [DOWN, Refuses(), Json({}, before=9.0), Json([1]), Stream({"text": "a"}, Break())]
)
def test_a_model_that_does_not_answer_is_not(answer: Line) -> None:
    game = Game(BY_MODEL)
    watch(game, answer, answer)
    assert unwell(game)


def test_a_slow_check_holds_up_no_other_and_is_not_doubled() -> None:
    site = SITE.replace(
        "retry: off}", "retry: off, health: {path: /b, every: 1s, timeout: 30s, failures: 9}}"
    )
    game = Game(site)
    watch(game, UP, Reply(200, [b"slow"], before=8.0), seconds=6.0)
    assert [call.url for call in game.upstream.calls] == ["https://a.test/up", "https://b.test/b"]


def test_nobody_is_asked_by_those_who_follow() -> None:
    game = Game(SITE)
    checks = Checks(game.gateway.outside)

    async def follow() -> None:
        running = asyncio.ensure_future(checks.run(lambda: None))
        await asyncio.sleep(60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    game.run(follow())
    assert game.sent == []


UNDECLARED = SITE.replace(", health: {path: /up, every: 10s, timeout: 2s, successes: 2}", "")


def test_a_check_that_is_declared_later_begins_within_a_second() -> None:
    game, snapshots = Game(SITE), [Game(UNDECLARED).snapshot]
    game.upstream.script = [UP]

    async def edit() -> None:
        running = asyncio.ensure_future(Checks(game.gateway.outside).run(lambda: snapshots[-1]))
        await asyncio.sleep(5.5)
        assert game.sent == []
        snapshots.append(game.snapshot)
        await asyncio.sleep(1.0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    game.run(edit())
    assert len(game.sent) == 1


def test_nothing_is_asked_that_is_not_declared() -> None:
    game = Game(UNDECLARED)
    watch(game, seconds=60.0)
    assert game.sent == []
    game.world.mark(UNWELL, "a", game.world.now() + 99)
    assert game.ask("lone", script=[GOOD]).text == "hi"


def test_no_secret_is_told() -> None:
    game = Game(BY_MODEL.replace("key: k1", "key: sk-very-secret-1"))
    said = Status(500, {"message": "your key sk-very-secret-1 broke us"})
    watch(game, said, said)
    assert "your key *** broke us" in str(game.world.lines)
    assert "sk-very-secret-1" not in str(game.world.lines)
