"""The platform inside, played from its script to the answer that a client gets."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.adapters.upstream_scripted import ScriptedUpstream
from engine.errors import UpstreamFailed
from engine.events import Call, Event
from engine.surfaces.answer import Folded
from engine.surfaces.fold import Fold
from engine.wire.registry import framing_for

from .answers import LIMIT, ids
from .dialects import compiled, decode, scope


class Waits:
    """A `sleep` that only remembers."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def answer(
    params: dict[str, Any], waits: Waits | None = None, **body: Any
) -> tuple[Folded, list[Event]]:
    dialect = compiled("mock")
    chat = decode({"model": "m", "messages": [{"role": "user", "content": "one two three"}], **body})
    spot = scope("mock", chat=chat, params={**dialect.params, **params})
    program = dialect.operations["chat"]
    assert program.request and program.stream and program.response
    payload = orjson.dumps(program.request.render(spot).body)
    reply = await ScriptedUpstream(waits or Waits()).send(Call("POST", "scripted:/chat", {}, payload))
    fold = Fold(ids())
    events: list[Event] = []
    spec = framing_for(reply.headers["content-type"])
    if spec is None:
        data = orjson.loads(b"".join([chunk async for chunk in reply.chunks()]))
        if reply.status >= 400:
            return Folded({}, [], error=dialect.error.info(data, reply.status, reply.headers, "", spot)), []
        events = fold.feed(program.response.events(data, reply.status, reply.headers, spot))
        return fold.result(), events + fold.end(complete=True)
    framing = spec.open(LIMIT)
    async for chunk in reply.chunks():
        for frame in framing.feed(chunk):
            events += fold.feed(program.stream.events(frame, spot))
    return fold.result(), events + fold.end()


@pytest.mark.parametrize("stream", [True, False])
async def test_it_echoes(stream: bool) -> None:
    folded, events = await answer({}, stream=stream)
    assert folded.text == "one two three"
    assert folded.usage and (folded.usage["prompt"], folded.usage["output"]) == (3, 3)
    assert [event.kind for event in events].count("text") == (3 if stream else 1)


@pytest.mark.parametrize("stream", [True, False])
async def test_it_says_what_it_is_told(stream: bool) -> None:
    params = {
        "chunks": ["He", "llo"],
        "reasoning": "hm",
        "finish": "length",
        "usage": {"prompt": 7, "output": 8},
    }
    folded, _ = await answer(params, stream=stream)
    choice = folded.choices[0]
    assert (folded.text, choice.reasoning, choice.finish) == ("Hello", "hm", "length")
    assert folded.usage and folded.usage["total"] == 15


@pytest.mark.parametrize("stream", [True, False])
async def test_it_calls_a_tool(stream: bool) -> None:
    folded, _ = await answer({"tool": {"name": "f", "arguments": {"a": 1}}}, stream=stream)
    choice = folded.choices[0]
    assert choice.finish == "tool_calls" and not choice.text
    assert [(call.name, call.arguments) for call in choice.tool_calls] == [("f", '{"a":1}')]


async def test_it_takes_its_time() -> None:
    waits = Waits()
    await answer({"delay": 0.2, "interval": 0.01}, waits, stream=True)
    assert waits.seconds == [0.2, 0.01, 0.01, 0.01]


async def test_it_breaks_off() -> None:
    with pytest.raises(UpstreamFailed):
        await answer({"break_after": 2}, stream=True)


@pytest.mark.parametrize("stream", [True, False])
async def test_it_fails(stream: bool) -> None:
    folded, _ = await answer({"status": 429, "error": "slow down", "retry_after": 3}, stream=stream)
    assert folded.error
    assert (folded.error.status, folded.error.message, folded.error.retry_after) == (429, "slow down", 3.0)
