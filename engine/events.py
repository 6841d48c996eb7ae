"""The values that pass along the straight line, and the vocabulary of the neutral answer.

Everything here is data; nothing here decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Event(NamedTuple):
    """One step of an answer in neutral form: a kind of `EVENT_FIELDS`, its fields, its choice."""

    kind: str
    fields: dict[str, Any]
    choice: int = 0


# Kind -> fields, in order; a scalar in an event mapping stands for the first field.
# `None` marks an open event: any field may stand in it.
EVENT_FIELDS: dict[str, tuple[str, ...] | None] = {
    "start": ("id", "model", "created", "fingerprint", "service_tier"),
    "text": ("text",),
    "reasoning": ("text", "signature", "extra"),
    "tool_call": ("key", "id", "name", "arguments", "extra"),
    "refusal": ("text",),
    "citation": None,
    "logprobs": ("content", "refusal"),
    "audio": ("id", "data", "transcript", "expires_at"),
    "finish": ("reason",),
    "usage": (
        "prompt", "input", "cache_read", "cache_write", "output", "visible", "reasoning", "total", "details",
    ),
    "extra": None,
    "error": ("message", "class", "code", "param", "retry_after"),
    "done": (),
}  # fmt: skip

# Fields of the neutral request; `chat` is closed, so these are all that a mapping may read.
CHAT_FIELDS: tuple[str, ...] = (
    "system", "turns", "tools", "tool_choice", "parallel", "max_tokens", "temperature", "top_p", "stop",
    "format", "effort", "n", "seed", "user", "stream",
)  # fmt: skip

FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter")


class Frame(NamedTuple):
    """One frame of a stream: the event name (or None), its payload text, and the bytes as received."""

    event: str | None
    data: str
    raw: bytes = b""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A client's request as the ingress hands it over; header names are lower case.

    `path` and `raw_query` (what follows the `?`) are as sent, `query` is decoded.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    remote: str = ""
    raw_query: str = ""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; None waits for ever. `first_byte` and `idle` count events, not bytes."""

    connect: float | None = 10.0
    first_byte: float | None = 120.0
    idle: float | None = 120.0
    total: float | None = 600.0


@dataclass(frozen=True, slots=True)
class Channel:
    """How calls of one provider travel: whatever needs a connection pool of its own."""

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    proxy: str | None = None
    http2: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to an upstream, ready to send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    timeouts: Timeouts = field(default_factory=Timeouts)
    channel: Channel = field(default_factory=Channel)
    max_header_bytes: int = 65536
