"""Mapped answers, piece by piece: order, end and failure."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace

import pytest

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Event, Inbound, Timeouts
from engine.gateway.reading import Body, Deadlines
from engine.gateway.source import Mapped
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold
from engine.surfaces.registry import SURFACES


class Chunks:
    """As many chunks as there are batches; what stands in them is `Given`'s affair."""

    status = 200
    headers: Mapping[str, str] = {}

    def __init__(self, number: int) -> None:
        self.number = number

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        for _ in range(self.number):
            yield b"x"

    async def aclose(self) -> None:
        return None


class Given:
    def __init__(self, *batches: Sequence[Event], complete: bool, failure: ErrorInfo | None) -> None:
        self.batches = list(batches)
        self.complete = complete
        self.failure: ErrorInfo | None = None
        self.then = failure

    def read(self, chunk: bytes | None) -> Sequence[Event]:
        found = self.batches.pop(0) if chunk else []
        if not self.batches:
            self.failure = self.then
        return found


def text(words: str) -> Event:
    return Event("text", {"text": words})


ASKED = SimpleNamespace(body={}, inbound=Inbound("POST", "/", {}, {}, b"{}", "r"))
STOP, DONE = Event("finish", {"reason": "stop"}), Event("done", {})
ERROR = Event("error", {"message": "no", "class": "rate_limit"})


def source(*batches: Sequence[Event], complete: bool = False, failure: ErrorInfo | None = None) -> Mapped:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    body = Body(Chunks(len(batches)), Deadlines(Timeouts()), 100)
    given = Given(*batches, complete=complete, failure=failure)
    meta = Meta("id", "m", 1, lambda p: p)
    return Mapped(
        body,
        given,
        Fold(lambda p: p),
        partial(surface.whole, meta=meta, asked=ASKED),
        surface.stream(ASKED, {}, meta),
    )


async def pulled(made: Mapped) -> bytes:
    return b"".join([piece async for piece in pieces(made)])


async def pieces(made: Mapped) -> AsyncIterator[bytes]:
    while (piece := await made.next()) is not None:
        assert piece
        yield piece


async def test_ends_with_done() -> None:
    assert (await pulled(source([text("a")], [STOP]))).endswith(b"data: [DONE]\n\n")
    assert (await pulled(source([text("a")], [DONE], [text("never")]))).count(b'"content"') == 1


async def test_the_same_answer_whole() -> None:
    assert b'"content":"ab"' in await source([text("a")], [text("b"), STOP]).whole()
    assert b'"content":"a"' in await source([text("a")], complete=True).whole()


async def test_what_came_before_an_error_is_told_first() -> None:
    made = source([text("a"), ERROR])
    assert b'"content":"a"' in (await made.next() or b"")
    with pytest.raises(UpstreamFailed, match="no"):
        await made.next()


async def test_what_came_before_a_failure_is_told_first() -> None:
    made = source([text("a")], failure=ErrorInfo(ErrorClass.UPSTREAM, "no sense"))
    assert b'"content":"a"' in (await made.next() or b"")
    with pytest.raises(UpstreamFailed, match="no sense"):
        await made.next()
    with pytest.raises(UpstreamFailed, match="no sense"):
        await source([text("a")], failure=ErrorInfo(ErrorClass.UPSTREAM, "no sense")).whole()


@pytest.mark.parametrize("batches", [[[DONE]], [], [[ERROR]], [[Event("usage", {"output": 1})]]])
async def test_no_answer_at_all(batches: list[list[Event]]) -> None:
    with pytest.raises(UpstreamFailed):
        await source(*batches).next()


async def test_usage_is_known_as_it_comes() -> None:
    made = source([text("a"), Event("usage", {"output": 3})])
    await made.next()
    assert made.usage is not None and made.usage["output"] == 3


async def test_broken_says_so_in_the_clients_words() -> None:
    made = source([text("a")])
    await made.next()
    told = made.broken(ErrorInfo(ErrorClass.UPSTREAM, "gone"))
    assert told.startswith(b'data: {"error":') and b"[DONE]" not in told
