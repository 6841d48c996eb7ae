"""What a request leaves behind: nothing, at once, without the garbage collector. So memory stays flat."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator

import pytest

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Inbound
from engine.gateway.answer import Answer
from engine.gateway.attempt import Attempt
from engine.gateway.course import Course
from engine.gateway.passthrough import PassedFrames
from engine.gateway.plan import Leg, Place
from engine.gateway.reading import Body, Deadlines
from engine.gateway.report import Report
from engine.gateway.request import Request
from engine.gateway.source import Mapped
from engine.gateway.streaming import ClientStream
from engine.mapping.scope import Scope
from engine.surfaces.chat import Chat
from engine.surfaces.fold import Fold
from tests.gateway import test_passthrough, test_steps
from tests.gateway.playbook import (
    Break,
    Game,
    Json,
    Line,
    Refuses,
    Reply,
    ScriptedReply,
    Status,
    Stream,
    Wait,
)

MAPPED = """
providers:
  a: {dialect: plain, base_url: "https://a.test", retry: {attempts: 2}}
  b: {dialect: plain, base_url: "https://b.test", retry: off}
models:
  smart: {targets: [a/m, b/m]}
"""
PASSED = test_passthrough.SITE
CHUNK, GOOD = test_passthrough.chunk, test_passthrough.GOOD

OF_THE_CLIENT = (Inbound, Request, Leg, Place, Chat)
OF_A_REQUEST = (
    *OF_THE_CLIENT, Answer, Attempt, Body, ClientStream, Course, Deadlines, Fold, Mapped, PassedFrames, Report, Scope,
)  # fmt: skip


# What lived before a test: other modules keep some for theirs.
ELSEWHERE: list[object] = []


def living(kinds: tuple[type, ...]) -> list[object]:
    return [found for found in gc.get_objects() if isinstance(found, kinds)]


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    ELSEWHERE[:] = living(OF_A_REQUEST)
    yield
    ELSEWHERE.clear()
    gc.enable()


def alive(kinds: tuple[type, ...] = OF_A_REQUEST) -> set[str]:
    others = {id(found) for found in ELSEWHERE}
    return {type(found).__name__ for found in living(kinds) if id(found) not in others}


TEXT, STOP = {"text": "a"}, {"finish": "stop"}
ENDS: dict[str, Callable[[], tuple[str, list[Line]]]] = {
    "mapped": lambda: (MAPPED, [Stream(TEXT, STOP)]),
    "passed": lambda: (PASSED, [GOOD]),
    "whole, mapped": lambda: (MAPPED, [Json({"text": "hi", "finish": "stop"})]),
    "whole, passed": lambda: (PASSED, [Json(test_passthrough.WHOLE)]),
    "second attempt": lambda: (MAPPED, [Status(500), Stream(TEXT, STOP)]),
    "another target": lambda: (MAPPED, [Refuses(), Refuses(), Stream(TEXT, STOP)]),
    "all fail": lambda: (MAPPED, [Status(500), Status(500), Status(500)]),
    "late": lambda: (PASSED, [Stream(Wait(999)), Stream(Wait(999))]),
    "no sense": lambda: (MAPPED, [Json([1]), Json([1]), Json([1])]),
}
JOBS = test_steps.LIVE.replace("job:", "smart:")
ENDS |= {
    "a job that is not begun": lambda: (JOBS, [Refuses()]),
    "a job that is not answered": lambda: (JOBS, [Json({}, before=20.0)]),
    "a job whose answer is cut off": lambda: (JOBS, [Reply(200, [b"{", Break()])]),
    "a job that fails": lambda: (JOBS, [Json({"state": "failed", "why": "no luck"})]),
}
BREAKS: dict[str, Callable[[], tuple[str, list[Line]]]] = {
    "lost, mapped": lambda: (MAPPED, [Stream(TEXT, Break())]),
    "lost, passed": lambda: (PASSED, [Stream(CHUNK("a"), Break())]),
    "late, mapped": lambda: (MAPPED, [Stream(TEXT, Wait(999))]),
    "late, passed": lambda: (PASSED, [Stream(CHUNK("a"), Wait(999))]),
    "no sense": lambda: (MAPPED, [Stream(TEXT, {"usage": "much"})]),
    "error, mapped": lambda: (MAPPED, [Stream(TEXT, {"error": "no"})]),
    "error, passed": lambda: (PASSED, [Stream(CHUNK("a"), {"error": {"message": "no"}})]),
}


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("end", ENDS)
def test_a_request_that_is_over(end: str, streaming: bool) -> None:
    site, script = ENDS[end]()
    Game(site).ask("smart", script=script, stream=streaming)
    assert alive() == set()


@pytest.mark.parametrize("end", BREAKS)
def test_a_stream_that_broke_off(end: str) -> None:
    site, script = BREAKS[end]()
    assert Game(site).ask("smart", script=script, stream=True).error
    assert alive() == set()


@pytest.mark.parametrize(
    ("site", "script"),
    [(MAPPED, [Stream(TEXT, Wait(9), STOP)]), (PASSED, [Stream(CHUNK("a"), Wait(9), CHUNK(finish="stop"))])],
)
@pytest.mark.parametrize("cancelled", [True, False])
def test_a_client_that_left(site: str, script: list[Line], cancelled: bool) -> None:
    game = Game(site)

    async def leave() -> None:
        answer = await game.open("smart", script, stream=True)
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        if cancelled:
            waiting = asyncio.ensure_future(anext(answer.body))
            await asyncio.sleep(1)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
        await answer.aclose()

    game.run(leave())
    assert game.all_closed
    assert alive() == set()


@pytest.mark.parametrize(
    ("site", "script"),
    [(MAPPED, [Status(500), Stream(TEXT, TEXT, STOP)]), (PASSED, [GOOD])],
)
def test_an_open_stream_does_not_hold_what_was_asked(site: str, script: list[Line]) -> None:
    """Thousands of streams may be open, each for minutes, and each may have begun with megabytes."""
    game = Game(site)

    async def read() -> None:
        answer = await game.open("smart", script, stream=True)
        assert not isinstance(answer.body, bytes)
        held = alive(OF_THE_CLIENT)
        async for _ in answer.body:
            held |= alive(OF_THE_CLIENT)
            assert "ClientStream" in alive()
        assert held == set()

    game.run(read())


def test_a_stream_that_reads_the_request_holds_it() -> None:
    site = MAPPED.replace("dialect: plain", "dialect: echo").replace(
        "providers:",
        """
  echo:
    let: {asked: "=body.messages[0].content"}
    operations:
      chat:
        request: {path: /}
        stream: {frames: sse, events: [{text: =asked, finish: =data.finish}]}
providers:""",
        1,
    )
    game = Game(site)
    assert game.ask("smart", script=[Stream({}, {"finish": "stop"})], stream=True).text == "hihi"
    assert alive() == set()


def test_a_client_that_left_before_its_job_failed_to_begin() -> None:
    game = Game(JOBS)

    async def fails(call: Call) -> ScriptedReply:
        await asyncio.sleep(5)
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "connection lost"))

    async def leave() -> None:
        game.upstream.send = fails  # type: ignore[method-assign]
        asking = asyncio.ensure_future(game.open("smart", []))
        await asyncio.sleep(1)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        await game.gateway.outside.background.settled()

    game.run(leave())
    assert alive((*OF_A_REQUEST, Call)) == set()
