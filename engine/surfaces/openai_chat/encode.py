"""Neutral events as `chat.completion.chunk` events of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
    logprobs,
    reasoning_detail,
    usage,
)

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Chunk:
    """A chunk of one choice that is still being put together."""

    choice: int
    delta: Json
    finish: str | None = None
    logprobs: Json | None = None
    extra: Json | None = None


class StreamEncoder:
    """Takes the events that a `Fold` gives. `include_usage`: the client wants a usage chunk.

    Chunks are written from the first delta on, which carries the role: a `start` alone writes nothing. Extra
    fields travel with the next chunk, never in a chunk without choices, which trips many a client.
    """

    def __init__(self, meta: Meta, *, include_usage: bool = False) -> None:
        self._meta = meta
        self._include_usage = include_usage
        self._head = b""
        self._tail = b',"usage":null' if include_usage else b""
        self._text_heads: dict[int, bytes] = {}
        self._text_tail = b""
        self._calls: set[tuple[int, int]] = set()
        self._thinking: dict[int, list[str]] = {}
        self._details: dict[int, int] = {}
        self._notes: dict[int, int] = {}
        self._extra: Json = {}
        self._begin({})

    def encode(self, events: Sequence[Event]) -> bytes:
        """The bytes for these events; none for events that wait for others."""
        out: list[bytes] = []
        chunks: list[Chunk] = []
        fast = not any(event.kind == "logprobs" for event in events)
        for kind, fields, choice in events:
            if fast and kind == "text" and choice in self._text_heads and not (chunks or self._extra):
                out += (self._text_heads[choice], orjson.dumps(fields["text"]), self._text_tail)
            elif kind in DELTAS:
                self._add(chunks, kind, fields, choice)
            else:
                out += map(self._chunk, chunks)
                chunks.clear()
                out.append(WHOLE[kind](self, fields))
        out += map(self._chunk, chunks)
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
        self._text_tail = b'},"finish_reason":null}]' + self._tail + b"}\n\n"
        return b""

    def _add(self, chunks: list[Chunk], kind: str, fields: Mapping[str, Any], choice: int) -> None:
        """Log probabilities go with the text that they are of."""
        last = chunks[-1] if chunks else None
        if kind == "logprobs" and last and last.choice == choice and not last.logprobs and not last.finish:
            last.logprobs = logprobs(fields)
            return
        begun = choice in self._text_heads
        chunk = Chunk(choice, {} if begun else {"role": "assistant"})
        if not DELTAS[kind](self, chunk, fields):
            return
        if not begun:
            self._text_heads[choice] = b'%b{"index":%d,"delta":{"content":' % (self._head, choice)
        chunk.extra, self._extra = self._extra, {}
        chunks.append(chunk)

    def _chunk(self, chunk: Chunk) -> bytes:
        choice: Json = {"index": chunk.choice, "delta": chunk.delta}
        if chunk.logprobs:
            choice["logprobs"] = chunk.logprobs
        choice["finish_reason"] = chunk.finish
        extra = b"," + orjson.dumps({EXTRA: chunk.extra})[1:-1] if chunk.extra else b""
        return b"".join((self._head, orjson.dumps(choice), b"]", self._tail, extra, b"}\n\n"))

    def _text(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        chunk.delta["content"] = fields["text"]
        return True

    def _reasoning(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        """A block that must come back is told whole once its signature is there."""
        text, signature, extra = fields.get("text", ""), fields.get("signature"), fields.get("extra")
        thinking = self._thinking.setdefault(chunk.choice, [])
        if text:
            chunk.delta["reasoning_content"] = text
            thinking.append(text)
        if signature or extra:
            index = self._details.get(chunk.choice, 0)
            self._details[chunk.choice] = index + 1
            block = "".join(thinking) if signature or text else ""
            thinking.clear()
            chunk.delta["reasoning_details"] = [reasoning_detail(index, block, signature, extra)]
        return True

    def _tool_call(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        key = chunk.choice, fields["key"]
        call: Json = {"index": fields["key"]}
        function: Json = {"arguments": fields["arguments"]}
        if key not in self._calls:
            self._calls.add(key)
            call |= {"id": fields["id"], "type": "function"}  # chunks know no other type
            function = {"name": fields["name"], **function}
        call["function"] = function
        if fields.get("extra"):
            call |= call_extra(fields["extra"])
        chunk.delta["tool_calls"] = [call]
        return True

    def _refusal(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        chunk.delta["refusal"] = fields["text"]
        return True

    def _citation(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        note = annotation(fields)
        if note is None:
            add_extra(self._extra, {"citations": [dict(fields)]})
            return False
        index = self._notes.get(chunk.choice, 0)
        self._notes[chunk.choice] = index + 1
        chunk.delta["annotations"] = [{"index": index, **note}]  # clients add lists up by `index`
        return True

    def _logprobs(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        chunk.logprobs = logprobs(fields)
        return True

    def _audio(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        chunk.delta["audio"] = dict(fields)
        return True

    def _finish(self, chunk: Chunk, fields: Mapping[str, Any]) -> bool:
        chunk.finish = fields["reason"]
        return True

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


DELTAS: dict[str, Callable[[StreamEncoder, Chunk, Mapping[str, Any]], bool]] = {
    "text": StreamEncoder._text,
    "reasoning": StreamEncoder._reasoning,
    "tool_call": StreamEncoder._tool_call,
    "refusal": StreamEncoder._refusal,
    "citation": StreamEncoder._citation,
    "logprobs": StreamEncoder._logprobs,
    "audio": StreamEncoder._audio,
    "finish": StreamEncoder._finish,
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
