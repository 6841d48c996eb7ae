"""Events as the bytes of a client's stream: a program for each kind of event, a writer for the framing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.errors import ErrorInfo
from engine.events import Event
from engine.surfaces.answer import Meta
from engine.surfaces.declared.answer import begin
from engine.surfaces.declared.in_turn import InTurn
from engine.surfaces.declared.programs import Program
from engine.surfaces.fold import error_info

Frame = tuple[str | None, bytes]

# What ends a stream, for a framing that must be closed.
LAST = ("done", "error")


def write_sse(frames: Sequence[Frame]) -> bytes:
    return b"".join(
        [
            b"data: %b\n\n" % data if event is None else b"event: %b\ndata: %b\n\n" % (event.encode(), data)
            for event, data in frames
        ]
    )


def write_lines(frames: Sequence[Frame]) -> bytes:
    return b"".join([data + b"\n" for _, data in frames])


class ArrayWriter:
    """The elements of one JSON array, written as they come."""

    def __init__(self) -> None:
        self._before = b"["

    def __call__(self, frames: Sequence[Frame]) -> bytes:
        out = b""
        for _, data in frames:
            out += self._before + data
            self._before = b"\n,\r\n"
        return out

    def close(self) -> bytes:
        return b"[]" if self._before == b"[" else b"]"


WRITERS: Mapping[str, Callable[[], Callable[[Sequence[Frame]], bytes]]] = {
    "sse": lambda: write_sse,
    "ndjson": lambda: write_lines,
    "json-array": ArrayWriter,
}
CONTENT_TYPES = {
    "sse": "text/event-stream; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "json-array": "application/json",
}


class FrameEncoder:
    """Implements `surface.Encoder`. `keeps_request`: events after the first read the client's body."""

    def __init__(
        self,
        cases: Mapping[str, Program],
        framing: str,
        scope: Any,
        meta: Meta,
        error: Callable[[ErrorInfo], bytes],
        *,
        keeps_request: bool,
    ) -> None:
        self._cases = cases
        self._write = WRITERS[framing]()
        self._scope = scope
        self._meta = meta
        self._error = error
        self._keeps_request = keeps_request
        self._in_turn = InTurn()

    def encode(self, events: Sequence[Event]) -> bytes:
        cases, scope = self._cases, self._scope
        frames: list[Frame] = []
        for kind, fields, choice in self._in_turn.order(events):
            program = cases.get(kind)
            if program is not None:
                scope.kind, scope.choice = kind, choice
                scope.event = fields if kind in PLAIN else self._completed(kind, fields)
                frames += program(scope)
                if kind == "start" and not self._keeps_request:
                    scope.body = None
            elif kind == "error":
                frames.append((None, self._error(error_info(fields))))
        out = self._write(frames)
        if events and events[-1].kind in LAST and isinstance(self._write, ArrayWriter):
            out += self._write.close()
        return out

    def _completed(self, kind: str, fields: Any) -> Any:
        """`start` names the answer; an error has its status and type."""
        if kind == "start":
            return begin(fields, self._meta)
        info = error_info(fields)
        return error_names(info)


# Kinds whose fields are seen as they come.
PLAIN = frozenset(
    {"text", "reasoning", "tool_call", "refusal", "citation", "logprobs", "audio", "image", "finish", "usage",
     "extra", "done"}
)  # fmt: skip


def error_names(info: ErrorInfo) -> dict[str, Any]:
    return {
        "message": info.message,
        "class": info.error_class.value,
        "code": info.code,
        "param": info.param,
        "retry_after": info.retry_after,
        "status": info.status,
        "type": info.type,
    }
