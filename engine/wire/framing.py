"""What a framing is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Frame
from engine.registry import Example


class FramingError(UpstreamFailed):
    """The bytes of a stream do not follow its framing, or one event is larger than allowed."""

    def __init__(self, message: str, code: str = "malformed_stream") -> None:
        super().__init__(ErrorInfo(ErrorClass.UPSTREAM, message, code))


class Framing(Protocol):
    """An incremental parser of one stream. Both methods raise `FramingError`; after that it is spent."""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        ...

    def close(self) -> list[Frame]:
        """The stream has ended: the frame that its last bytes make, if the framing allows them to."""
        ...


class Cutting(Framing, Protocol):
    """A framing whose events can be told apart before they are parsed: `feed` is `parse` of what `cut` gives.

    So they can go on unread.
    """

    def cut(self, data: bytes) -> bytes:
        """The events that these bytes complete, as they came; what follows waits. Raises `FramingError`."""
        ...

    def parse(self, events: bytes) -> list[Frame]:
        """The frames of whole events. Some may be left out, the first ones excepted; the order stays."""
        ...


@dataclass(frozen=True, slots=True)
class FramingSpec:
    """`open(limit)` begins a stream whose events may be `limit` bytes each.

    `cutter` opens it as a `Cutting`, where it is one.
    `content_types` are lower case, without parameters; those of other framings' streams are not listed.
    An example's text is a whole stream, its result the frames as `[event, data]`. `bare`: its frames are
    bare JSON; a stream of another framing never begins with a brace. `write`: an event and its data as the
    bytes of a binary framing, whose examples are base64, and whose streams in tests are written as sse.
    """

    name: str
    summary: str
    content_types: tuple[str, ...]
    open: Callable[[int], Framing]
    examples: tuple[Example, ...]
    bare: bool = True
    write: Callable[[str | None, str], bytes] | None = None
    cutter: Callable[[int], Cutting] | None = None


def too_large(limit: int) -> FramingError:
    return FramingError(f"event too large: more than {limit} bytes", "event_too_large")


def strict_text(data: bytes) -> str:
    """UTF-8 text of a JSON framing. Raises `FramingError`."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise FramingError(f"the stream is not UTF-8 (byte {error.object[error.start]:#04x})") from error
