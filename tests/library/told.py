"""What a platform told, in the barest form, and the frames that it came in: none of the engine's code."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Choice:
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[list[Any]] = field(default_factory=list)  # [id or None, name, arguments as text]
    finish: str | None = None

    def settled(self) -> Choice:
        """With the finish that a client of the engine sees."""
        if self.calls and self.finish in (None, "stop"):
            self.finish = "tool_calls"
        for call in self.calls:
            call[2] = call[2] or "{}"
        return self


@dataclass(slots=True)
class Answer:
    """`usage`: prompt, completion, cached, reasoning; what the platform did not say is missing."""

    choices: dict[int, Choice] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    model: str | None = None
    error: str | None = None

    def choice(self, index: int | None = 0) -> Choice:
        return self.choices.setdefault(index or 0, Choice())

    def settled(self) -> Answer:
        for choice in self.choices.values():
            choice.settled()
        return self


def sse(text: str) -> Iterator[tuple[str | None, str]]:
    """(event name, data) of each event."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        name, data = None, []
        for line in block.split("\n"):
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if key == "event":
                name = value
            elif key == "data":
                data.append(value)
        if data:
            yield name, "\n".join(data)


def frames(record: Json) -> list[tuple[str | None, Any]]:
    """The frames of a streamed answer; a whole answer is one frame."""
    response = record["response"]
    if response["encoding"] == "sse":
        raw = [(name, data) for name, data in sse(response["body_text"]) if data != "[DONE]"]
        return [(name, payload(data)) for name, data in raw]
    if response["encoding"] == "ndjson":
        return [(None, json.loads(line)) for line in response["body_text"].splitlines() if line.strip()]
    if response["encoding"] == "eventstream":
        return list(messages(b64decode(response["body_base64"])))
    body = response.get("body")
    return [(None, item) for item in body] if isinstance(body, list) else [(None, body)]


def messages(data: bytes) -> Iterator[tuple[str | None, Any]]:
    """Of binary messages whose headers are all texts."""
    while data:
        total, size = struct.unpack(">II", data[:8])
        headers, text, found = data[12 : 12 + size], data[12 + size : total - 4], {}
        while headers:
            end = 1 + headers[0]
            length = struct.unpack(">H", headers[end + 1 : end + 3])[0]
            found[headers[1:end].decode()] = headers[end + 3 : end + 3 + length].decode()
            headers = headers[end + 3 + length :]
        yield found.get(":event-type") or found[":exception-type"], json.loads(text)
        data = data[total:]


def payload(text: str) -> Any:
    """JSON, or the text of a platform that sends bare texts."""
    return json.loads(text) if text.startswith(("{", '"[DONE]"')) else text
