"""Bedrock's Converse, whose streams are binary, and its InvokeModel, whose answers are the maker's own."""

from __future__ import annotations

import base64
import json
import struct
import zlib

from tests.matrix.platforms import anthropic
from tests.matrix.script import (
    BROKEN,
    CACHED,
    OUTPUT,
    PROMPT,
    REFUSED,
    SIGNATURE,
    SOURCE,
    TITLE,
    Body,
    Json,
    Platform,
    Script,
    as_json,
    in_halves,
)

NOTE = {"title": TITLE, "location": {"web": {"url": SOURCE, "domain": "rhein.test"}}}
USAGE = {
    "inputTokens": PROMPT - CACHED,
    "outputTokens": OUTPUT,
    "totalTokens": PROMPT + OUTPUT,
    "cacheReadInputTokens": CACHED,
}


def stop(script: Script) -> str:
    return "tool_use" if script.calls else "end_turn"


def whole(script: Script) -> Body:
    content: list[Json] = []
    if script.thoughts:
        thought = {"text": script.thought, "signature": SIGNATURE}
        content.append({"reasoningContent": {"reasoningText": thought}})
    if script.text and script.cites:
        content.append({"citationsContent": {"content": [{"text": script.said}], "citations": [NOTE]}})
    elif script.text:
        content.append({"text": script.said})
    for made in script.calls:
        content.append({"toolUse": {"toolUseId": made.id, "name": made.name, "input": dict(made.given)}})
    message = {"role": "assistant", "content": content}
    return as_json({"output": {"message": message}, "stopReason": stop(script), "usage": USAGE})


def events(script: Script) -> list[tuple[str, Json]]:
    told: list[tuple[str, Json]] = [("messageStart", {"role": "assistant"})]
    deltas: list[list[Json]] = []
    if script.thoughts:
        said = [{"reasoningContent": {"text": piece}} for piece in script.thoughts]
        deltas.append([*said, {"reasoningContent": {"signature": SIGNATURE}}])
    if script.text:
        deltas.append([{"text": piece} for piece in script.text])
        deltas[-1] += [{"citation": NOTE}] if script.cites else []
    for index, block in enumerate(deltas):
        told += [("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in block]
        if script.breaks:
            return [*told[:2], ("modelStreamErrorException", {"message": BROKEN})]
        told.append(("contentBlockStop", {"contentBlockIndex": index}))
    for index, made in enumerate(script.calls, len(deltas)):
        start = {"toolUse": {"toolUseId": made.id, "name": made.name}}
        told.append(("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        told += [
            ("contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}})
            for piece in in_halves(made.text)
        ]
        told.append(("contentBlockStop", {"contentBlockIndex": index}))
    told.append(("messageStop", {"stopReason": stop(script)}))
    return [*told, ("metadata", {"usage": USAGE})]


def message(event: str, data: Json) -> bytes:
    """One message of the binary framing, with both of its checksums."""
    kind = "exception" if event.endswith("Exception") else "event"
    named = {":message-type": kind, f":{kind}-type": event, ":content-type": "application/json"}
    headers = b"".join(
        struct.pack(f">B{len(name)}sBH{len(value)}s", len(name), name.encode(), 7, len(value), value.encode())
        for name, value in named.items()
    )
    payload = json.dumps(data, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return checked + struct.pack(">I", zlib.crc32(checked))


def stream(script: Script) -> Body:
    data = b"".join(message(event, told) for event, told in events(script))
    return Body(200, "application/vnd.amazon.eventstream", data)


FAIL = as_json({"message": REFUSED}, 429, {"x-amzn-errortype": "ThrottlingException"})


def platform(_: str) -> Platform:
    return Platform(
        whole,
        stream,
        FAIL,
        lambda path, _body: path.endswith("-stream"),
        frozenset({"thoughts", "cached", "signed", "citations"}),
    )


def chunk(event: Json) -> bytes:
    packed = base64.b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()
    return message("chunk", {"bytes": packed, "p": "abc"})


def invoke(dialect: str) -> Platform:
    def packed(script: Script) -> Body:
        data = b"".join(map(chunk, anthropic.events(script)))
        return Body(200, "application/vnd.amazon.eventstream", data)

    streams = platform(dialect).streams
    return anthropic.platform(dialect)._replace(stream=packed, fail=FAIL, streams=streams)
