"""JSON objects, one a line. Blank lines are nothing; the last line may come without its line feed."""

from __future__ import annotations

from engine.events import Frame
from engine.registry import Example
from engine.wire.framing import FramingSpec, strict_text, too_large


class Lines:
    """The bytes of the unfinished line wait in `_buffer`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        end = data.rfind(b"\n") + 1
        frames: list[Frame] = []
        if end:
            lines = bytes(self._buffer) + data[:end]
            self._buffer.clear()
            for line in lines.split(b"\n")[:-1]:
                self._take(line, b"\n", frames)
        self._buffer += data[end:]
        if len(self._buffer) > self._limit:
            raise too_large(self._limit)
        return frames

    def close(self) -> list[Frame]:
        frames: list[Frame] = []
        self._take(bytes(self._buffer), b"", frames)
        self._buffer.clear()
        return frames

    def _take(self, line: bytes, end: bytes, frames: list[Frame]) -> None:
        if len(line) > self._limit:
            raise too_large(self._limit)
        text = strict_text(line).strip("\r\t \ufeff")
        if text:
            frames.append(Frame(None, text, line + end))


SPEC = FramingSpec(
    name="ndjson",
    summary="One JSON object a line.",
    content_types=(
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
        "application/stream+json",
    ),
    open=Lines,
    examples=(
        Example('{"a": 1}\n\n{"a": 2}\r\n', [[None, '{"a": 1}'], [None, '{"a": 2}']]),
        Example('{"without": "a line feed"}', [[None, '{"without": "a line feed"}']]),
    ),
)
