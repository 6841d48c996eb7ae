from __future__ import annotations

import json

import pytest

from engine.adapters.upstream_scripted import ScriptedReply, ScriptedUpstream
from engine.errors import UpstreamFailed
from engine.events import Call


class Slept(list[float]):
    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


async def send(script: object, slept: Slept | None = None) -> ScriptedReply:
    body = script if isinstance(script, bytes) else json.dumps(script).encode()
    upstream = ScriptedUpstream((slept if slept is not None else Slept()).sleep)
    return await upstream.send(Call("POST", "scripted:/chat", {}, body))


async def chunks(reply: ScriptedReply) -> list[bytes]:
    return [chunk async for chunk in reply.chunks()]


async def test_frames_become_events() -> None:
    reply = await send(
        {"frames": [{"event": "delta", "data": {"a": 1}}, {"data": "[DONE]"}, {"data": "x\ny"}, "bare"]}
    )
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    assert await chunks(reply) == [
        b'event: delta\ndata: {"a":1}\n\n', b"data: [DONE]\n\n", b"data: x\ndata: y\n\n", b"data: bare\n\n",
    ]  # fmt: skip


@pytest.mark.parametrize(("body", "sent"), [({"a": 1}, [b'{"a":1}']), ("text", [b"text"]), (None, [])])
async def test_a_body_is_sent_whole(body: object, sent: list[bytes]) -> None:
    reply = await send({"status": 429, "headers": {"Retry-After": 3}, "body": body})
    assert (reply.status, reply.headers) == (429, {"content-type": "application/json", "retry-after": "3"})
    assert await chunks(reply) == sent


async def test_times_are_kept() -> None:
    slept = Slept()
    await chunks(await send({"delay": 2, "interval": 0.5, "frames": [{"data": "a"}, {"data": "b"}]}, slept))
    assert slept == [2.0, 0.5]


@pytest.mark.parametrize("after", [0, 1, 5])
async def test_a_connection_that_breaks(after: int) -> None:
    reply = await send({"frames": [{"data": "a"}, {"data": "b"}], "break_after": after})
    got = []
    with pytest.raises(UpstreamFailed) as caught:
        async for chunk in reply.chunks():
            got.append(chunk)
    assert caught.value.info.code == "connection_lost" and len(got) == min(after, 2)


async def test_a_closed_reply_sends_no_more() -> None:
    reply = await send({"frames": ["a", "b"]})
    source = reply.chunks()
    await anext(source)
    await reply.aclose()
    assert [chunk async for chunk in source] == []


@pytest.mark.parametrize("script", [b"{", b"[]", b'{"delay": -1}', b'{"status": "x"}', b'{"interval": true}'])
async def test_a_bad_script_is_refused(script: bytes) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await send(script)
    assert (caught.value.info.status, caught.value.info.code) == (400, "bad_script")
