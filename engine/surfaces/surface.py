"""What a surface is: a client protocol, as the gateway sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.errors import ErrorInfo
from engine.events import Event, Frame
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.chat import Chat


@dataclass(frozen=True, slots=True)
class StandardEndpoint:
    """An endpoint that a site without `endpoints:` serves. `kind`: surface | models, as in a snapshot's."""

    name: str
    path: str
    methods: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model in a list of models; `created` in seconds since 1970."""

    id: str
    created: int = 0
    owned_by: str = "proxyctl"


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

    def feed(self, frames: Iterable[Frame]) -> bytes: ...

    def end(self) -> bytes: ...

    def fail(self, info: ErrorInfo) -> bytes: ...


class Passthrough(Protocol):
    """What a surface can do with an upstream that speaks its own wire format."""

    def patch(
        self,
        raw: bytes,
        body: dict[str, Any],
        model: str,
        *,
        defaults: Mapping[str, Any] | None = None,
        override: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The body to send upstream; `raw` itself when nothing differs from it."""
        ...

    def stream(self, body: Mapping[str, Any]) -> PassedStream:
        """A stream for the client of this body."""
        ...

    def usage_of(self, data: Any) -> dict[str, Any] | None:
        """The settled usage of a whole answer."""
        ...

    def fault_of(self, data: Any) -> ErrorInfo | None:
        """Why a whole answer must not pass, whatever its status: an error, or nonsense."""
        ...


class Surface(Protocol):
    """A client protocol. Pure: bodies and events in, bodies and bytes out."""

    @property
    def name(self) -> str: ...

    @property
    def wire(self) -> str:
        """The wire format; a dialect with the same one may be passed through."""
        ...

    @property
    def endpoints(self) -> tuple[StandardEndpoint, ...]: ...

    @property
    def stream_type(self) -> str:
        """The content type of a stream."""
        ...

    @property
    def carried(self) -> Mapping[str, str | None]:
        """Body field -> the chat field that carries it."""
        ...

    @property
    def passthrough(self) -> Passthrough | None: ...

    def decode(self, body: Any) -> Chat:
        """The neutral request. Raises `RequestRefused`, whose `param` names the field that is wrong."""
        ...

    def stream(self, body: Mapping[str, Any], meta: Meta) -> Encoder:
        """An encoder for the client of this body."""
        ...

    def whole(self, folded: Folded, meta: Meta) -> Any:
        """The JSON body of a whole answer."""
        ...

    def error(self, info: ErrorInfo) -> Any:
        """The JSON body of an error answer."""
        ...

    def models(self, entries: Iterable[ModelEntry]) -> Any:
        """The JSON body of a list of models."""
        ...

    def model(self, entry: ModelEntry) -> Any: ...


def dropped(chat: Chat, surface: Surface, body: frozenset[str] | None, fields: frozenset[str]) -> list[str]:
    """Parameters that the client sent and a mapping does not carry, in the client's order.

    `body`: the body fields that the mapping reads, None for all; `fields`: the chat fields that it reads.
    """
    if body is None:
        return []
    return [
        name
        for name in chat.body
        if name in chat.sent and name not in body and surface.carried.get(name) not in fields
    ]
