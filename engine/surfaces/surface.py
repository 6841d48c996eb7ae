"""What a surface is: a client protocol, as the gateway sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from engine.errors import ErrorInfo, RequestRefused
from engine.events import Event, Frame, Inbound
from engine.operations import CHAT
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.chat import Chat
from engine.surfaces.media import Inline

# A name longer than this is no name; it would only be looked up and printed.
LONGEST_NAME = 512


Rewrite = Callable[[str, str], str]
"""Part and text → text."""


@dataclass(frozen=True, slots=True)
class StandardEndpoint:
    """An endpoint that a site without `endpoints:` serves.

    `kind`: surface | models | model | count | constant, as in a snapshot's · `header`: only for requests that
    have it, and where it matches `header_like` · `answer`: that of a constant · `operation`: what a surface
    is asked for.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    kind: str
    header: str | None = None
    answer: Any = None
    operation: str = CHAT
    header_like: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model in a list of models; `created` in seconds since 1970."""

    id: str
    created: int = 0
    owned_by: str = "proxyctl"


class Asked(Protocol):
    """What a client sent: its body, and the rest of its request."""

    @property
    def body(self) -> dict[str, Any]: ...
    @property
    def inbound(self) -> Inbound: ...


class Encoder(Protocol):
    """Encodes one stream; takes what one `Fold` gives, in order."""

    def encode(self, events: Sequence[Event]) -> bytes:
        """The client's bytes for these events; empty when they wait for others."""
        ...


class PassedStream(Protocol):
    """One stream that passes through; see `openai_chat.passthrough.PassStream`."""

    begun: bool
    ended: bool
    error: ErrorInfo | None

    @property
    def usage(self) -> dict[str, Any] | None: ...

    def is_plain(self, events: bytes) -> bool:
        """Whether these bytes, whole events, may go to the client unread; if not, `feed` looks closer."""
        ...

    def says_nothing(self, data: Any) -> bool:
        """Whether an event, parsed, carries no part of the answer yet: who speaks, and the like."""
        ...

    def feed(self, frames: Iterable[Frame]) -> bytes: ...

    def end(self) -> bytes: ...

    def fail(self, info: ErrorInfo) -> bytes: ...


class Reading(Protocol):
    """How a surface reads for itself what passes through."""

    def stream(self, body: Mapping[str, Any]) -> PassedStream:
        """A stream for the client of this body."""
        ...

    def usage_of(self, data: Any) -> dict[str, Any] | None:
        """The settled usage of a whole answer."""
        ...

    def fault_of(self, data: Any) -> ErrorInfo | None:
        """Why a whole answer must not pass, whatever its status: an error, or nonsense."""
        ...


class Passthrough(Protocol):
    """What a surface can do with an upstream that speaks its own wire format."""

    @property
    def reading(self) -> Reading | None:
        """None: the dialect reads what passes, of a stream the events that are `notable`."""
        ...

    @property
    def notable(self) -> re.Pattern[bytes] | None: ...

    def patch(self, raw: bytes | None, body: dict[str, Any], model: str) -> bytes:
        """The body to send upstream: `raw`, the text of `body` if there is one, unless something differs."""
        ...


class Surface(Protocol):
    """A client protocol. Pure: bodies and events in, bodies and bytes out."""

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def wire(self) -> str:
        """The wire format; a dialect with the same one may be passed through."""
        ...

    @property
    def endpoints(self) -> tuple[StandardEndpoint, ...]: ...

    @property
    def hub(self) -> bool:
        """Whether its bodies are in the hub's words, which mappings see as `body.*`."""
        ...

    @property
    def operation(self) -> str:
        """What is asked of a platform: its chat, or one of `engine.operations`."""
        ...

    @property
    def chats(self) -> bool:
        """Whether the protocol has a chat, which is this surface itself."""
        ...

    @property
    def operations(self) -> Mapping[str, Surface]:
        """What the protocol has beside it, each a surface of one operation."""
        ...

    @property
    def form(self) -> Mapping[str, str] | None:
        """Where requests may be forms with files: the JSON types of fields that are no texts."""
        ...

    @property
    def id_prefix(self) -> str:
        """What ids of answers begin with, where the upstream gives none."""
        ...

    @property
    def carried(self) -> Mapping[str, str | None]:
        """Body field -> the chat field that carries it."""
        ...

    @property
    def passthrough(self) -> Passthrough | None: ...

    def model_of(self, body: dict[str, Any], inbound: Inbound) -> str:
        """The model that is asked for. Raises `RequestRefused`."""
        ...

    def rewrite(self, body: dict[str, Any], chat: Chat, rewrite: Rewrite) -> tuple[dict[str, Any], Chat]:
        """What `read` gave, each text as `rewrite(part, text)` has it; the very same if none differs.

        Parts: system, text, reasoning, tool_results, tool_arguments (JSON), tool_input (arguments, no JSON).
        """
        ...

    def inline(self, body: dict[str, Any], chat: Chat, inline: Inline) -> tuple[dict[str, Any], Chat]:
        """What `read` gave, with bytes for URLs as `inline` has them; the very same if none has."""
        ...

    def read(
        self,
        body: dict[str, Any],
        inbound: Inbound,
        params: Mapping[str, Any],
        override: Mapping[str, Any],
    ) -> tuple[dict[str, Any], Chat]:
        """What mappings see as `body.*`, and the neutral request, both as an alias's parameters have them.

        Raises `RequestRefused`, whose `param` names the field that is wrong.
        """
        ...

    def renamed(self, lost: Iterable[str]) -> Iterable[str]:
        """Parameters in the hub's words as the client calls them."""
        ...

    def stream_type(self, asked: Asked) -> str:
        """The content type of a stream."""
        ...

    def stream(self, asked: Asked, body: Mapping[str, Any], meta: Meta) -> Encoder:
        """An encoder for the client; `body` is what `read` gave."""
        ...

    def whole(self, folded: Folded, meta: Meta, asked: Asked) -> Any:
        """The JSON body of a whole answer."""
        ...

    def told(self, results: dict[str, Any], meta: Meta, asked: Asked) -> Any:
        """The JSON body of a whole answer to another operation than a chat."""
        ...

    def error(self, info: ErrorInfo) -> Any:
        """The JSON body of an error answer."""
        ...

    def models(self, entries: Iterable[ModelEntry]) -> Any:
        """The JSON body of a list of models."""
        ...

    def model(self, entry: ModelEntry) -> Any: ...

    def count(self, tokens: int) -> Any:
        """The JSON body that tells how many tokens a request has. Raises `RequestRefused`."""
        ...

    def last_words(self, info: ErrorInfo, content_type: str) -> bytes | None:
        """The bytes that end a stream with an error; None where the format has none."""
        ...


def spoken(surface: Surface) -> tuple[str, ...]:
    """The operations that a protocol has."""
    return (*((CHAT,) if surface.chats else ()), *surface.operations)


def speaking(surface: Surface, operation: str | None) -> Surface | None:
    """The surface of a protocol's operation; None: it has no such. Unnamed: its chat, else its only one."""
    has = spoken(surface)
    if operation is None:
        operation = CHAT if surface.chats or len(has) != 1 else has[0]
    if operation == CHAT:
        return surface if surface.chats else None
    return surface.operations.get(operation)


def named_model(model: Any) -> str:
    """A model's name, if it is one. Raises `RequestRefused`."""
    if not isinstance(model, str) or not model or len(model) > LONGEST_NAME:
        code = "missing_required_parameter" if model is None else "invalid_value"
        raise RequestRefused("you must name a model: `model`, a string", param="model", code=code)
    return model


def dropped(chat: Chat, surface: Surface, body: frozenset[str] | None, fields: frozenset[str]) -> list[str]:
    """Parameters that the client sent and a mapping does not carry, in the client's order.

    `body`: the body fields that the mapping reads, None for all; `fields`: the chat fields that it reads.
    """
    if body is None:
        return []
    carried, sent = carried_by(surface, body, fields), chat.sent
    if sent <= carried:
        return []
    gone = sent - carried
    return list(gone) if len(gone) < 2 else in_order(chat, gone)


def in_order(chat: Chat, names: Set[str]) -> list[str]:
    return [name for name in chat.order if name in names]


@lru_cache(maxsize=1024)
def carried_by(surface: Surface, body: frozenset[str], fields: frozenset[str]) -> frozenset[str]:
    """The client's parameters that a mapping carries which reads these fields."""
    return body | {name for name, field in surface.carried.items() if field in fields}
