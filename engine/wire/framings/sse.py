"""Server-sent events, as the WHATWG specification has them (section "Parsing an event stream").

One departure: the last event is delivered although no blank line follows it when the stream ends, since
upstreams leave that line out. Frames without a `data` field (comments, `retry`, a lone `id`) are none.
"""

from __future__ import annotations

import re

from engine.events import Frame
from engine.registry import Example
from engine.wire.framing import FramingSpec, too_large

BOM = b"\xef\xbb\xbf"

# A line end and the blank line behind it. Atomic groups: CR LF is one line end, never two.
BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
LINE_END = re.compile(r"\r\n|\n|\r")
ONE_DATA_LINE = re.compile(rb"data: [^\r\n]*+\n\n")

# The longest part of a `BLANK_LINE` that may stand at the end of what has been searched.
OVERLAP = 3


def frame_ends(source: bytes | bytearray, start: int) -> list[int]:
    """Where the blank lines behind `start` end."""
    if source.find(b"\r", start) < 0:
        ends = []
        while (start := source.find(b"\n\n", start) + 2) > 1:
            ends.append(start)
        return ends
    found = list(BLANK_LINE.finditer(source, start))
    if found and found[-1].end() == len(source) and found[-1][0].endswith(b"\r") and found[-1][0] != b"\r\r":
        found.pop()  # the LF of its last CR LF may still come; a stream of bare CRs does not wait for one
    return [match.end() for match in found]


class EventStream:
    """Bytes that complete no frame wait in `_buffer`; its first `_searched` bytes hold no blank line."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._begun = False
        self._last_id: str | None = None

    def feed(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        waiting = self._buffer
        if waiting:
            waiting += data
        source = waiting or data
        start = 0
        for end in frame_ends(source, max(0, self._searched - OVERLAP)):
            self._take(bytes(source[start:end]), frames)
            start = end
        if source is waiting:
            del waiting[:start]
        else:
            waiting += source[start:]
        self._searched = len(waiting)
        if self._searched > self._limit:
            raise too_large(self._limit)
        return frames

    def close(self) -> list[Frame]:
        frames: list[Frame] = []
        if self._buffer:
            self._take(bytes(self._buffer), frames)
            self._buffer.clear()
        return frames

    def _take(self, raw: bytes, frames: list[Frame]) -> None:
        if len(raw) > self._limit:
            raise too_large(self._limit)
        if ONE_DATA_LINE.fullmatch(raw):
            frames.append(Frame(None, raw[6:-2].decode("utf-8", "replace"), raw, self._last_id))
        else:
            self._take_lines(raw, frames)
        self._begun = True

    def _take_lines(self, raw: bytes, frames: list[Frame]) -> None:
        event: str | None = None
        data: list[str] = []
        lines = raw if self._begun else raw.removeprefix(BOM)
        for line in LINE_END.split(lines.decode("utf-8", "replace")):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "event":
                event = value or None
            elif name == "id" and "\0" not in value:
                self._last_id = value or None
        if data:
            frames.append(Frame(event, "\n".join(data), raw, self._last_id))


SPEC = FramingSpec(
    name="sse",
    summary="Server-sent events: `event:` and `data:` lines, a blank line behind each event.",
    content_types=("text/event-stream",),
    open=EventStream,
    bare=False,
    examples=(
        Example('data: {"a": 1}\n\ndata: [DONE]\n\n', [[None, '{"a": 1}'], [None, "[DONE]"]]),
        Example(": ping\r\n\r\nevent:error\r\ndata:one\r\ndata: two\r\n\r\n", [["error", "one\ntwo"]]),
        Example("data: without a blank line", [[None, "without a blank line"]]),
    ),
)
