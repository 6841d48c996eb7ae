from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engine.adapters.upstream_scripted import ScriptedUpstream
from engine.credentials.vault import Vault
from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call, Channel, Timeouts
from engine.testing.endpoint_case import replay
from engine.testing.recording import (
    HeardReply,
    NotRecorded,
    Recorder,
    cleaned,
    exchange,
    parted,
    spelled,
    written_answer,
)
from engine.testing.world import RecordedReply, UpstreamAnswer
from tests.snapshot.sites import served
from tests.testing.sample import case

SITE = """
providers: {demo: {dialect: mock, base_url: "scripted:"}}
models: {demo: {targets: [demo/demo]}}
"""
ASKED = "name: n\nendpoint: openai-chat\ngiven: {body: {model: demo, messages: [{role: user, content: Hi}]}}"
JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream"}


class Broken(RecordedReply):
    async def chunks(self) -> AsyncIterator[bytes]:
        async for piece in super().chunks():
            yield piece
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "lost"))


class Upstream:
    """Implements `ports.Upstream`; counts."""

    def __init__(self, status: int) -> None:
        self.status, self.calls = status, 0

    async def send(self, call: Call) -> RecordedReply:
        self.calls += 1
        return RecordedReply(self.status, JSON, (b"{}",))

    async def aclose(self) -> None:
        return None


async def heard(reply: RecordedReply) -> HeardReply:
    found = HeardReply(reply)
    async for _ in found.chunks():
        pass
    return found


def call(url: str) -> Call:
    return Call("POST", url, {}, b"{}", Timeouts(), Channel())


async def test_the_request_goes_out_and_comes_back_alike_offline() -> None:
    snapshot, asked = served(a=SITE), case(ASKED)
    live = await exchange(asked, snapshot, ScriptedUpstream(), Vault())
    assert live.provider == "demo" and live.recorder.heard is not None
    reply = live.recorder.heard
    answer = UpstreamAnswer(reply.status, reply.headers, tuple(reply.pieces))
    answered, seen = await replay(asked, snapshot, answer)
    assert live.seen.found["answer"]["id"] != seen.found["answer"]["id"]
    assert parted(live, answered, seen) is None
    seen.found["answer"]["choices"].append({})
    assert parted(live, answered, seen) == "answer.choices[1]: expected nothing, got {}"


@pytest.mark.parametrize(
    ("status", "url", "answered"), [(429, "b", True), (200, "a", True), (200, "b", False)]
)
async def test_the_upstream_is_asked_once(status: int, url: str, answered: bool) -> None:
    upstream = Upstream(status)
    recorder = Recorder(upstream)
    first = await recorder.send(call("http://a"))
    assert [piece async for piece in first.chunks()] == [b"{}"]
    try:
        again = await recorder.send(call(f"http://{url}"))
        assert answered and [piece async for piece in again.chunks()] == [b"{}"]
    except UpstreamFailed as refused:
        assert not answered and "asked again" in refused.info.message
    assert upstream.calls == 1


async def test_a_stream_ends_where_it_breaks_and_a_whole_answer_does_not() -> None:
    assert (await heard(Broken(200, SSE, (b"data: 1\n\n",)))).pieces == [b"data: 1\n\n"]
    with pytest.raises(UpstreamFailed):
        await heard(Broken(200, JSON, (b"{}",)))


async def test_answers_in_the_words_of_tests() -> None:
    headers = {**JSON, "date": "now", "set-cookie": "a", "x-ratelimit-reset": "1s", "retry-after": "2"}
    kept = {**JSON, "x-ratelimit-reset": "1s", "retry-after": "2"}
    assert written_answer(await heard(RecordedReply(200, headers, (b'{"a":', b"1}"))), ()) == {
        "headers": kept,
        "response": {"a": 1},
    }
    assert written_answer(await heard(RecordedReply(201, SSE, (b"data: \xc3", b"\xbc\n\n"))), ()) == {
        "status": 201,
        "headers": SSE,
        "stream": "data: ü\n\n",
    }
    for status in (200, 502):
        assert written_answer(await heard(RecordedReply(status, {}, (b"<html>",))), ()) == {
            "error": {"status": status, "text": "<html>"}
        }


@pytest.mark.parametrize("kind", ["audio/mpeg", "application/vnd.amazon.eventstream"])
async def test_other_bytes_are_refused(kind: str) -> None:
    for data in (b"\xff", b"\0"):
        with pytest.raises(NotRecorded, match=kind):
            written_answer(await heard(RecordedReply(200, {"content-type": kind}, (data,))), ())


def test_secrets_are_taken_out_and_fields_stay() -> None:
    told = {"token": "hello", "of hush/hush": ["Bearer abcdefgh", 'a "hush/hush"', 1, None]}
    assert cleaned(told, ("hush/hush",)) == {
        "token": "hello",
        "of ***": ["Bearer [redacted]", 'a "***"', 1, None],
    }
    assert set(spelled(['a/"b'])) == {'a/"b', 'a/\\"b', 'a\\/\\"b'}
