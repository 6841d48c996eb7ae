"""Neutral events as `chat.completion.chunk` events of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from engine.events import Event
from engine.surfaces.answer import Meta
from engine.surfaces.fold import add_extra, error_info
from engine.surfaces.openai_chat.shapes import (
    EXTRA,
    Json,
    annotation,
    call_extra,
    error_body,
    image,
    logprobs,
    reasoning_detail,
    usage,
)

DONE = b"data: [DONE]\n\n"


class StreamEncoder:
    """Takes the events that a `Fold` gives. `include_usage`: the client wants a usage chunk.

    Chunks are written from the first delta on, which carries the role: a `start` alone writes nothing. Extra
    fields travel with the next chunk, never in a chunk without choices, which trips many a client.
    """

    def __init__(self, meta: Meta, *, include_usage: bool = False) -> None:
        self._meta = meta
        self._include_usage = include_usage
        self._head = b""
        self._no_usage = b',"usage":null' if include_usage else b""
        self._unfinished = b',"finish_reason":null}]%b}\n\n' % self._no_usage
        self._before: dict[int, bytes] = {}  # by choice: what stands before a delta
        self._calls: set[tuple[int, int]] = set()
        self._thinking: dict[int, bytearray] = {}
        self._details: dict[int, int] = {}
        self._notes: dict[int, int] = {}
        self._images: dict[int, int] = {}
        self._extra: Json = {}
        self._begin({})

    def encode(self, events: Sequence[Event]) -> bytes:
        """The bytes for these events; none for events that wait for others."""
        out: list[bytes] = []
        open_choice: int | None = None
        for kind, fields, choice in events:
            if kind == "text":
                out += self._chunk(choice, {"content": fields["text"]})
                open_choice = choice
            elif kind in WHOLE:
                out.append(WHOLE[kind](self, fields))
                open_choice = None
            elif kind == "logprobs":
                # Log probabilities go with the text that they are of.
                if choice != open_choice:
                    out += self._chunk(choice, {})
                out[LOGPROBS] = b',"logprobs":' + orjson.dumps(logprobs(fields))
                open_choice = None
            elif kind == "finish":
                out += self._chunk(choice, {}, fields["reason"])
                open_choice = None
            else:
                delta = DELTAS[kind](self, choice, fields)
                if delta is not None:
                    out += self._chunk(choice, delta)
                    open_choice = choice
        return b"".join(out)

    def _begin(self, fields: Mapping[str, Any]) -> bytes:
        """Write the envelope, once: all that chunks have in common."""
        meta = self._meta
        envelope: Json = {
            "id": fields.get("id") or meta.id,
            "object": "chat.completion.chunk",
            "created": fields.get("created") or meta.created,
            "model": fields.get("model") or meta.model,
        }
        if fields.get("service_tier"):
            envelope["service_tier"] = fields["service_tier"]
        if fields.get("fingerprint"):
            envelope["system_fingerprint"] = fields["fingerprint"]
        self._head = b"data: " + orjson.dumps(envelope)[:-1] + b',"choices":['
        return b""

    def _chunk(
        self, choice: int, delta: Json, finish: str | None = None
    ) -> tuple[bytes, bytes, bytes, bytes]:
        """A chunk in pieces; the last but one is free for log probabilities."""
        before = self._before.get(choice)
        if before is None:
            before = self._before[choice] = b'%b{"index":%d,"delta":' % (self._head, choice)
            delta = {"role": "assistant", **delta}
        tail = self._unfinished
        if finish or self._extra:
            extra = b"," + orjson.dumps({EXTRA: self._extra})[1:-1] if self._extra else b""
            tail = b',"finish_reason":%b}]%b%b}\n\n' % (orjson.dumps(finish), self._no_usage, extra)
            self._extra = {}
        return before, orjson.dumps(delta), b"", tail

    def _reasoning(self, choice: int, fields: Mapping[str, Any]) -> Json:
        """A block that must come back is told whole once its signature is there."""
        text, signature, extra = fields.get("text", ""), fields.get("signature"), fields.get("extra")
        thinking = self._thinking.setdefault(choice, bytearray())
        delta: Json = {}
        if text:
            delta["reasoning_content"] = text
            thinking += text.encode("utf-8", "surrogatepass")
        if signature or extra:
            index = self._details.get(choice, 0)
            self._details[choice] = index + 1
            block = thinking.decode("utf-8", "surrogatepass") if signature or text else ""
            thinking.clear()
            delta["reasoning_details"] = [reasoning_detail(index, block, signature, extra)]
        return delta

    def _tool_call(self, choice: int, fields: Mapping[str, Any]) -> Json:
        key = fields["key"]
        call: Json = {"index": key}
        function: Json = {"arguments": fields["arguments"]}
        if (choice, key) not in self._calls:
            self._calls.add((choice, key))
            call |= {"id": fields["id"], "type": "function"}  # chunks know no other type
            function = {"name": fields["name"], **function}
        call["function"] = function
        if fields.get("extra"):
            call |= call_extra(fields["extra"])
        return {"tool_calls": [call]}

    def _refusal(self, choice: int, fields: Mapping[str, Any]) -> Json:
        return {"refusal": fields["text"]}

    def _citation(self, choice: int, fields: Mapping[str, Any]) -> Json | None:
        note = annotation(fields)
        if note is None:
            add_extra(self._extra, {"citations": [dict(fields)]})
            return None
        index = self._notes.get(choice, 0)
        self._notes[choice] = index + 1
        return {"annotations": [{"index": index, **note}]}  # clients add lists up by `index`

    def _audio(self, choice: int, fields: Mapping[str, Any]) -> Json:
        return {"audio": dict(fields)}

    def _image(self, choice: int, fields: Mapping[str, Any]) -> Json:
        index = self._images.get(choice, 0)
        self._images[choice] = index + 1
        return {"images": [image(index, fields)]}

    def _keep_extra(self, fields: Mapping[str, Any]) -> bytes:
        add_extra(self._extra, fields)
        return b""

    def _usage(self, fields: Mapping[str, Any]) -> bytes:
        if not self._include_usage:
            return b""
        return b'%b],"usage":%b}\n\n' % (self._head, orjson.dumps(usage(fields)))

    def _error(self, fields: Mapping[str, Any]) -> bytes:
        body = error_body(error_info(fields))
        return error_chunk({**body, EXTRA: self._extra} if self._extra else body)

    def _done(self, fields: Mapping[str, Any]) -> bytes:
        return DONE


# Where `_chunk` leaves room for the log probabilities of the chunk written last.
LOGPROBS = -2

DELTAS: dict[str, Callable[[StreamEncoder, int, Mapping[str, Any]], Json | None]] = {
    "reasoning": StreamEncoder._reasoning,
    "tool_call": StreamEncoder._tool_call,
    "refusal": StreamEncoder._refusal,
    "citation": StreamEncoder._citation,
    "audio": StreamEncoder._audio,
    "image": StreamEncoder._image,
}

WHOLE: dict[str, Callable[[StreamEncoder, Mapping[str, Any]], bytes]] = {
    "start": StreamEncoder._begin,
    "extra": StreamEncoder._keep_extra,
    "usage": StreamEncoder._usage,
    "error": StreamEncoder._error,
    "done": StreamEncoder._done,
}


def error_chunk(body: Json) -> bytes:
    """An error in the middle of a stream; nothing follows it, not even `[DONE]`."""
    return b"data: %b\n\n" % orjson.dumps(body)
