"""What the upstream of a test answers, as the bytes and headers that would come over the wire."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping

import orjson

from engine.spec.test_case import DialectTest, ErrorAnswer
from engine.testing.cuts import ways
from engine.testing.world import UpstreamAnswer
from engine.wire.framings.sse import EventStream
from engine.wire.registry import FRAMINGS

JSON_TYPE = "application/json"


def answers(test: DialectTest, framing: str | None) -> Iterator[tuple[str, UpstreamAnswer]]:
    """(how it is cut, answer): several for a stream, one for anything else, none when the test has none.

    `framing` names the framing of the dialect's streams.
    """
    if test.error is not None:
        yield "whole", _error(test.error)
    elif test.response is not None:
        headers = {"content-type": JSON_TYPE, **_lower(test.headers)}
        yield "whole", UpstreamAnswer(test.status or 200, headers, (orjson.dumps(test.response),))
    elif (data := stream_bytes(test, framing)) is not None:
        headers = {"content-type": stream_type(framing), **_lower(test.headers)}
        for way, pieces in ways(data):
            yield way, UpstreamAnswer(test.status or 200, headers, tuple(pieces))


def stream_bytes(test: DialectTest, framing: str | None = None) -> bytes | None:
    """The stream of a test; one of a binary framing is written as if it were server-sent events."""
    if test.stream_base64 is not None:
        return b64decode(test.stream_base64)
    if test.stream is None:
        return None
    text = test.stream.encode()
    spec = FRAMINGS.get(framing or "sse")
    if spec is None or spec.write is None:
        return text
    written = EventStream(len(text))
    frames = [*written.feed(text), *written.close()]
    return b"".join(spec.write(frame.event, frame.data) for frame in frames)


def stream_type(framing: str | None) -> str:
    """The content type of a framing; one without a type of its own travels as plain JSON."""
    spec = FRAMINGS.get(framing or "sse")
    return spec.content_types[0] if spec and spec.content_types else JSON_TYPE


def _error(error: ErrorAnswer) -> UpstreamAnswer:
    kind = JSON_TYPE if error.text is None else "text/plain"
    body = orjson.dumps(error.json) if error.text is None else error.text.encode()
    return UpstreamAnswer(error.status, {"content-type": kind, **_lower(error.headers)}, (body,))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
