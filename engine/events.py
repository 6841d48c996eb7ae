"""The values that pass along the straight line, and the vocabulary of the neutral answer.

Everything here is data; nothing here decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

from engine.errors import ErrorInfo


class Event(NamedTuple):
    """One step of an answer in neutral form: a kind of `EVENT_FIELDS`, its fields, its choice."""

    kind: str
    fields: dict[str, Any]
    choice: int = 0


new_event = partial(tuple.__new__, Event)
"""`Event(…)` of a tuple, without the detour through its keyword-taking constructor."""

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
    "image": ("data", "media_type", "url", "extra"),
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


new_frame = partial(tuple.__new__, Frame)
"""`Frame(…)` of a tuple, in the same way."""


class Upload(Protocol):
    """A body that is still coming, read once; `length` in bytes, where it is known. Raises `EngineError`."""

    length: int | None

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Inbound(NamedTuple):
    """A client's request as the ingress hands it over; header names are lower case.

    `path` and `raw_query` (what follows the `?`) are as sent, `query` is decoded; `names` is what the
    `{names}` of the endpoint's path stand for, decoded. `upload`: where requests are passed on as they are,
    the body may still be coming; `body` is empty then.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    remote: str = ""
    raw_query: str = ""
    names: Mapping[str, Any] = {}
    upload: Upload | None = None


new_inbound = partial(tuple.__new__, Inbound)
"""`Inbound(…)` of a tuple, in the same way."""


class Tried(NamedTuple):
    """An attempt, as a trace tells of it. `platform` is the dialect."""

    provider: str
    platform: str
    model: str
    base_url: str
    credential: str | None
    streamed: bool


class Told(NamedTuple):
    """A request that is over, as a trace tells of it. `first`: seconds to the first byte of a stream."""

    status: int
    request_id: str
    surface: str
    client: str | None
    alias: str | None
    provider: str | None
    target: str | None
    attempts: int
    usage: Mapping[str, int]
    cost: float | None
    first: float | None
    error: ErrorInfo | None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; None waits for ever. `first_byte` and `idle` count events, not bytes."""

    connect: float | None = 10.0
    first_byte: float | None = 120.0
    idle: float | None = 120.0
    total: float | None = 600.0


class Channel(NamedTuple):
    """How calls of one provider travel: whatever needs a connection pool of its own.

    `reach`: None for URLs of the site. For those of clients, the private networks that they may lead to;
    anything else that is not public is not called, whatever a name resolves to.
    """

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    proxy: str | None = None
    http2: bool = False
    reach: tuple[str, ...] | None = None


class FixedHeaders(dict[str, str]):
    """Headers that many calls or answers share, never to be changed.

    `encoded` is for the client that sends them: what it made of them, and of which call, to be used again.
    `lines` is the same for the server that answers with them.
    """

    __slots__ = ("encoded", "lines")

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self.encoded: tuple[str, str, bytes] | None = None
        self.lines: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that a call needs, and how it is asked for: a POST to `url` of what `ask` makes of the time
    and a source of ids, headers and body. `ask` raises ValueError, without a secret.

    `key` is the same for all calls that may share the token; it tells no secret. `secrets` stand in what is
    asked, and in no message.
    """

    key: str
    url: str = field(compare=False)
    ask: Callable[[float, Callable[[str], str]], tuple[dict[str, str], bytes]] = field(
        repr=False, compare=False
    )
    secrets: tuple[str, ...] = field(default=(), repr=False, compare=False)


class Call(NamedTuple):
    """One HTTP request to an upstream, ready to send; what sends it adds the token of `grant`, as bearer."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    timeouts: Timeouts = Timeouts()
    channel: Channel = Channel()
    max_header_bytes: int = 65536
    grant: Grant | None = None
    upload: Upload | None = None
    """What is sent instead of `body`, while it comes; such a call is not made twice."""


new_call = partial(tuple.__new__, Call)
"""`Call(…)` of a tuple, in the same way."""
