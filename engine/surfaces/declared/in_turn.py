"""Each call of a stream in one piece, for protocols that know no other way.

Platforms begin the next call, or say something, before the arguments of a call are there; those of a function
that takes none come at the very end. What would part a call waits until it is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from engine.events import Event

CALL, FINISH = "tool_call", "finish"
LAST = ("done", "error")
ASIDE = ("start", "usage")


class InTurn:
    """Takes and gives what one stream's encoder is fed with."""

    def __init__(self) -> None:
        self._choices: dict[int, Choice] = {}

    def order(self, events: Sequence[Event]) -> Sequence[Event]:
        """Free as long as nothing is called."""
        if not self._choices:
            for event in events:
                if event[0] == CALL:
                    break
            else:
                return events
        out: list[Event] = []
        for event in events:
            self._take(event, out)
        return out

    def _take(self, event: Event, out: list[Event]) -> None:
        kind, _, index = event
        choice = self._choices.get(index)
        if choice is None and kind == CALL:
            choice = self._choices[index] = Choice()
        if kind in LAST:
            for each in self._choices.values():
                each.let_go(out)
        elif kind == FINISH and choice is not None:
            choice.let_go(out)
        elif choice is not None and kind not in ASIDE:
            choice.take(event, out)
            return
        out.append(event)


class Choice:
    """`key`, `text`: the call that is being told."""

    __slots__ = ("free", "key", "text", "waiting")

    def __init__(self) -> None:
        self.key: object = Choice  # no call has this one
        self.text: list[str] = []
        self.free = True
        self.waiting: list[Event] = []

    def take(self, event: Event, out: list[Event]) -> None:
        kind, fields, _ = event
        if kind == CALL and fields.get("key") == self.key:
            self._add(event, out)
            if self.waiting and self._is_whole():
                self._go_on(out)
        elif self.waiting or not self._is_whole():
            self.waiting.append(event)
        elif kind == CALL:
            self.key, self.free = fields.get("key"), (fields.get("extra") or {}).get("type") == "custom"
            self.text.clear()
            self._add(event, out)
        else:
            out.append(event)

    def let_go(self, out: list[Event]) -> None:
        """All that waits, whole or not."""
        out += by_call(self.waiting)
        self.waiting = []

    def _go_on(self, out: list[Event]) -> None:
        waiting, self.waiting = by_call(self.waiting), []
        for event in waiting:
            self.take(event, out)

    def _add(self, event: Event, out: list[Event]) -> None:
        self.text.append(event.fields.get("arguments") or "")
        out.append(event)

    def _is_whole(self) -> bool:
        if self.free:
            return True
        text = "".join(self.text)
        if not text.rstrip().endswith("}"):
            return False
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        return True


def by_call(events: Iterable[Event]) -> list[Event]:
    """The pieces of each call together, where its first one stood."""
    first: dict[object, int] = {}
    places = [
        first.setdefault(event.fields.get("key"), number) if event.kind == CALL else number
        for number, event in enumerate(events)
    ]
    return [event for _, event in sorted(zip(places, events, strict=True), key=lambda pair: pair[0])]
