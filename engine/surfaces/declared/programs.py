"""What a compiled surface is, as this package sees it; `engine.mapping.surface` makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from engine.errors import MappingFailed, RequestRefused

Program = Callable[[Any], Any]
"""A generated function of a scope. Raises `MappingFailed`, and `RequestRefused` where it says `$raise`."""


def reading(program: Program, scope: Any) -> Any:
    """What it makes of a client's request: where that cannot be transformed, the client sent nonsense.

    Raises `RequestRefused`.
    """
    try:
        return program(scope)
    except MappingFailed as failure:
        message = f"the request cannot be read: {failure.info.message}"
        raise RequestRefused(message, code="unreadable_request") from failure


class Decoding(Protocol):
    """See `engine.mapping.surface.DecodePrograms`."""

    @property
    def model(self) -> Program | None: ...
    @property
    def fields(self) -> Mapping[str, Program]: ...
    @property
    def body(self) -> Program | None: ...
    @property
    def known(self) -> frozenset[str] | None: ...
    @property
    def carried(self) -> Mapping[str, str]: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def schema(self) -> Mapping[str, Any] | None: ...
    @property
    def passes(self) -> Program | None: ...


class Encoding(Protocol):
    """See `engine.mapping.surface.EncodePrograms`."""

    @property
    def id(self) -> str: ...
    @property
    def whole(self) -> Program | None: ...
    @property
    def framing(self) -> str | Program: ...
    @property
    def cases(self) -> Mapping[str, Program]: ...
    @property
    def holds_request(self) -> bool: ...
    @property
    def error(self) -> Program | None: ...
    @property
    def one_model(self) -> Program | None: ...
    @property
    def models(self) -> Program | None: ...
    @property
    def count(self) -> Program | None: ...


class Asking(Protocol):
    """See `engine.mapping.surface.OperationPrograms`."""

    @property
    def model(self) -> Program | None: ...
    @property
    def body(self) -> Program | None: ...
    @property
    def known(self) -> frozenset[str] | None: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def schema(self) -> Mapping[str, Any] | None: ...
    @property
    def wire(self) -> str: ...
    @property
    def response(self) -> Program | None: ...


class Programs(Protocol):
    """See `engine.mapping.surface.SurfacePrograms`."""

    @property
    def name(self) -> str: ...
    @property
    def operations(self) -> Mapping[str, Asking]: ...
    @property
    def chats(self) -> bool: ...
    @property
    def decode(self) -> Decoding: ...
    @property
    def encode(self) -> Encoding: ...

    def scope(self, names: Mapping[str, Any], clock: Callable[[], float], ids: Callable[[str], str]) -> Any:
        """What programs take: an object whose attributes are names of the language."""
        ...

    def state(self) -> dict[str, Any]:
        """A fresh `state` for a stream."""
        ...
