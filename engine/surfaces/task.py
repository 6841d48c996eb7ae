"""A request of an operation beside the chat, as a chat of one turn, for whoever decides where a request goes.

So limits, prices, affinity and conditions need not know what is asked; the mapping reads `body`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from engine.operations import OPERATIONS, Kind
from engine.surfaces.chat import Chat, Fields

Json = dict[str, Any]


class Task(Chat):
    """`body` is the request in the hub's words; `lost` are the client's own parameters that nothing reads."""

    def __init__(self, kind: Kind, body: Json, lost: Sequence[str] = ()) -> None:
        super().__init__(body, FIELDS[kind.name], partial(asked, kind))
        self._lost = lost
        self.stream = body.get("stream") is True if kind.streams is None else kind.streams
        # No answer in words is paid for.
        self.max_tokens = 0

    @property
    def unread(self) -> Sequence[str]:
        return self._lost


def asked(kind: Kind, body: Mapping[str, Any]) -> frozenset[str]:
    acted = {"model", *kind.plain}
    return frozenset(name for name, value in body.items() if value is not None and name not in acted)


def turns(kind: Kind, body: Mapping[str, Any]) -> list[Json]:
    parts = [{"type": "text", "text": text} for text in kind.words(body)]
    return [{"role": "user", "parts": parts}] if parts else []


FIELDS = {
    name: Fields({"system": lambda _: [], "turns": partial(turns, kind)}) for name, kind in OPERATIONS.items()
}


def unread(given: Mapping[str, Any], known: Iterable[str] | None) -> list[str]:
    """The client's own parameters that nothing reads; `known` None: everything is read."""
    if known is None:
        return []
    return [name for name, value in given.items() if value is not None and name not in known]
