"""Server-sent events, as the WHATWG specification has them (section "Parsing an event stream").

One departure: the last event is delivered although no blank line follows it when the stream ends, since
upstreams leave that line out. Frames without a `data` field (comments, `retry`, a lone `id`) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.events import Frame, new_frame
from engine.registry import Example
from engine.wire.framing import FramingSpec, too_large

BOM = b"\xef\xbb\xbf"

# A line end and the blank line behind it. Possessive: CR LF is one line end, never two.
BLANK_LINE = re.compile(rb"(?:\r\n?+|\n)(?:\r\n?+|\n)")

# What nearly every event is: one line of data, perhaps its name before it. A data line that ends in CR LF
# keeps its CR here.
USUAL = re.compile(rb"(?:event: ?([^\r\n]*)\r?\n)?data: ?(.*)\n\r?\n")

# The longest part of a `BLANK_LINE` that may stand at the end of what has been searched.
OVERLAP = 3


def blank_line(source: bytes | bytearray, start: int) -> bytes | None:
    """The one `BLANK_LINE` that can stand behind `start`; None where line ends are mixed.

    All streams but contrived ones keep to one, and searching for it is many times faster.
    """
    if source.find(b"\r", start) < 0:
        return b"\n\n"
    pairs = source.count(b"\r\n", start)
    alike = pairs == source.count(b"\r", start) == source.count(b"\n", start)
    return b"\r\n\r\n" if alike else None


def last_end(source: bytes | bytearray, start: int) -> int:
    """Where the last blank line behind `start` ends; 0 when there is none."""
    blank = blank_line(source, start)
    if blank:
        found = source.rfind(blank, start)
        return found + len(blank) if found >= 0 else 0
    blanks = list(BLANK_LINE.finditer(source, start))
    if blanks and blanks[-1].end() == len(source) and blanks[-1][0] in (b"\n\r", b"\r\n\r"):
        blanks.pop()  # the LF of its last CR LF may still come; a stream of bare CRs does not wait for one
    return blanks[-1].end() if blanks else 0


def split(events: bytes) -> Iterator[bytes]:
    """Each event with its blank line, the last one perhaps without."""
    blank, start = blank_line(events, 0), 0
    if blank:
        while (found := events.find(blank, start)) >= 0:
            end = found + len(blank)
            yield events[start:end]
            start = end
    else:
        for match in BLANK_LINE.finditer(events):
            yield events[start : match.end()]
            start = match.end()
    if start < len(events):
        yield events[start:]


class EventStream:
    """Implements `Cutting`. Bytes that complete no event wait."""

    __slots__ = ("_begun", "_last_id", "_limit", "_waiting")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting = bytearray()
        self._begun = False
        self._last_id: str | None = None

    def feed(self, data: bytes) -> list[Frame]:
        return self.parse(self.cut(data))

    def close(self) -> list[Frame]:
        rest = bytes(self._waiting)
        self._waiting.clear()
        return self.parse(rest)

    def cut(self, data: bytes) -> bytes:
        if not self._waiting and (data[-2:] == b"\n\n" or data[-4:] == b"\r\n\r\n"):
            whole = data  # what nearly every read is: events to their very end
        else:
            whole = self._completed_by(data)
        if len(whole) > self._limit and any(len(event) > self._limit for event in split(whole)):
            raise too_large(self._limit)
        return whole

    def _completed_by(self, data: bytes) -> bytes:
        """Of all that has come, the events that are whole; the rest waits."""
        waiting = self._waiting
        searched = len(waiting)
        waiting += data
        end = last_end(waiting, max(0, searched - OVERLAP))
        whole = bytes(waiting[:end])
        del waiting[:end]
        if len(waiting) > self._limit:
            raise too_large(self._limit)
        return whole

    def parse(self, events: bytes) -> list[Frame]:
        frames: list[Frame] = []
        start, size = 0, len(events)
        while start < size:
            usual = USUAL.match(events, start)
            if usual is None:
                break
            name, line = usual.groups()
            data = line.decode("utf-8", "replace")
            if "\r" in data:
                data = data[:-1]
                if "\r" in data:  # alone in the line, of which it is an end
                    break
            event = name.decode("utf-8", "replace") if name else None
            frames.append(new_frame((event, data, usual[0], self._last_id)))
            self._begun = True
            start = usual.end()
        else:
            return frames
        for raw in split(events[start:]):
            self._take_lines(raw, frames)
            self._begun = True
        return frames

    def _take_lines(self, raw: bytes, frames: list[Frame]) -> None:
        event: str | None = None
        data: list[str] = []
        text = (raw if self._begun else raw.removeprefix(BOM)).decode("utf-8", "replace")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        for line in text.split("\n"):
            if not line:
                continue
            name, _, value = line.partition(":")
            if value[:1] == " ":
                value = value[1:]
            if name == "data":
                data.append(value)
            elif name == "event":
                event = value or None
            elif name == "id" and "\0" not in value:
                self._last_id = value or None
        if data:
            # Blank lines before an event are none of its own, wherever the bytes were cut.
            whole = raw.lstrip(b"\r\n") if raw[0] in b"\r\n" else raw
            frames.append(new_frame((event, "\n".join(data), whole, self._last_id)))


SPEC = FramingSpec(
    name="sse",
    summary="Server-sent events: `event:` and `data:` lines, a blank line behind each event.",
    content_types=("text/event-stream",),
    open=EventStream,
    cutter=EventStream,
    bare=False,
    examples=(
        Example('data: {"a": 1}\n\ndata: [DONE]\n\n', [[None, '{"a": 1}'], [None, "[DONE]"]]),
        Example(": ping\r\n\r\nevent:error\r\ndata:one\r\ndata: two\r\n\r\n", [["error", "one\ntwo"]]),
        Example("data: without a blank line", [[None, "without a blank line"]]),
    ),
)
