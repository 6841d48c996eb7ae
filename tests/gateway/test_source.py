"""Mapped answers, piece by piece: order, end and failure."""

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Event, Timeouts
from engine.gateway.reading import Body, Deadlines
from engine.gateway.source import Mapped
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold
from engine.surfaces.registry import SURFACES


class Silent:
    status = 200
    headers: Mapping[str, str] = {}
    closed = False

    async def chunks(self) -> AsyncIterator[bytes]:
        return
        yield b""

    async def aclose(self) -> None:
        self.closed = True


class Given:
    def __init__(self, *batches: Sequence[Event], complete: bool = False) -> None:
        self.batches = list(batches)
        self.complete = complete

    async def next(self) -> Sequence[Event] | None:
        return self.batches.pop(0) if self.batches else None


def text(words: str) -> Event:
    return Event("text", {"text": words})


STOP, DONE = Event("finish", {"reason": "stop"}), Event("done", {})
ERROR = Event("error", {"message": "no", "class": "rate_limit"})


def source(*batches: Sequence[Event], complete: bool = False) -> Mapped:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    body = Body(Silent(), Deadlines(Timeouts()), 100)
    made = Mapped(
        body, Given(*batches, complete=complete), Fold(lambda p: p), surface, Meta("id", "m", 1, lambda p: p)
    )
    return made.encode_for({})


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
