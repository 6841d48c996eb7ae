"""Short ways to write events, and to fold them, for the tests of the surfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.events import Event
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.fold import Fold


def counting() -> Callable[[str], str]:
    """uid(prefix): prefix1, prefix2, …"""
    made = 0

    def uid(prefix: str) -> str:
        nonlocal made
        made += 1
        return f"{prefix}{made}"

    return uid


def meta() -> Meta:
    return Meta(id="chatcmpl-1", model="alias", created=1700000000, uid=counting())


def start(id: str = "up-1", model: str = "m-1", **fields: Any) -> Event:
    return Event("start", {"id": id, "model": model, **fields})


def text(text: Any, choice: int = 0) -> Event:
    return Event("text", {"text": text}, choice)


def reasoning(text: str | None = None, choice: int = 0, **fields: Any) -> Event:
    return Event("reasoning", {"text": text, **fields} if text is not None else fields, choice)


def call(choice: int = 0, **fields: Any) -> Event:
    return Event("tool_call", fields, choice)


def finish(reason: Any, choice: int = 0) -> Event:
    return Event("finish", {"reason": reason}, choice)


def usage(**fields: Any) -> Event:
    return Event("usage", fields)


DONE = Event("done", {})


def orderly(events: Iterable[Event], *, complete: bool = False) -> list[Event]:
    """What a `Fold` makes of a whole answer, event by event."""
    fold = Fold(counting())
    return [told for event in events for told in fold.feed([event])] + fold.end(complete=complete)


def folded(events: Iterable[Event], *, complete: bool = False) -> Folded:
    fold = Fold(counting())
    fold.feed(events)
    fold.end(complete=complete)
    return fold.result()
