"""A client's request in neutral form, field by field as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from engine.surfaces.chat import KNOWN, Chat
from engine.surfaces.declared.programs import Decoding, reading
from engine.surfaces.declared.turns import (
    complete_parts,
    complete_stop,
    complete_tools,
    complete_turns,
)
from engine.surfaces.openai_chat.decode import CARRIED, FIELDS
from engine.surfaces.openai_chat.decode import chat_of as hub_chat

Json = dict[str, Any]

COMPLETE: Mapping[str, Callable[[Any], Any]] = {
    "system": complete_parts,
    "turns": complete_turns,
    "tools": complete_tools,
    "stop": complete_stop,
}

# Field of `chat` -> what the hub calls it; what the engine acts upon itself is not among them.
HUB_NAMES = {
    "tools": "tools",
    "tool_choice": "tool_choice",
    "parallel": "parallel_tool_calls",
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "format": "response_format",
    "effort": "reasoning_effort",
    "n": "n",
    "seed": "seed",
    "user": "user",
}

# To ask for this is to ask for nothing.
ASSUMED: Mapping[str, Any] = {
    "tool_choice": {"mode": "auto"},
    "parallel": True,
    "n": 1,
    "format": {"type": "text"},
}


# What every mapping reads, and where surfaces refuse what they cannot serve.
ALWAYS = ("stream", "system", "turns")


class DecodedChat(Chat):
    """`params` and `override` are the alias's, in the hub's words; `given` is the client's own body.

    `relays`: requests of its protocol may pass unread, so nothing is decoded before somebody asks.
    """

    def __init__(
        self,
        decoding: Decoding,
        scope: Any,
        given: Json,
        body: Json,
        params: Mapping[str, Any],
        override: Mapping[str, Any],
        *,
        relays: bool = False,
    ) -> None:
        self.body = body
        self.is_as_sent = not (params or override)
        self._decoding = decoding
        self._scope = scope
        self._given = given
        self._defaults = _fields_of(params)
        self._forced = _fields_of(override)
        condition = decoding.passes
        self.passes = relays and self.is_as_sent and (condition is None or bool(reading(condition, scope)))
        self._compute(("stream",) if self.passes else ALWAYS)

    def compute(self, names: Iterable[str]) -> None:
        self._compute((*ALWAYS, *names))

    def _compute(self, names: Iterable[str]) -> None:
        kept, programs, scope = self.__dict__, self._decoding.fields, self._scope
        for name in names:
            if name in kept:
                continue
            if name in self._forced:
                kept[name] = self._forced[name]
                continue
            program = programs.get(name)
            value = reading(program, scope) if program is not None else None
            complete = COMPLETE.get(name)
            if complete is not None:
                value = complete(value)
            kept[name] = self._defaults.get(name) if value is None else value

    @property
    def order(self) -> Iterable[str]:
        return self.sent

    def __getattr__(self, name: str) -> Any:
        """Reached once a field, before it is kept."""
        if name not in KNOWN:
            raise AttributeError(f"a chat has no field {name!r}")
        self._compute((name,))
        return self.__dict__[name]

    @property
    def sent(self) -> Set[str]:
        """The parameters that ask for something, as the hub calls them, in order."""
        self.compute(HUB_NAMES)
        kept = self.__dict__
        asked = [
            hub
            for field, hub in HUB_NAMES.items()
            if kept[field] is not None and kept[field] != ASSUMED.get(field)
        ]
        return dict.fromkeys(
            [*asked, *(name for name, value in self.body.items() if value is not None)]
        ).keys()

    @property
    def unread(self) -> list[str]:
        """The client's own parameters that nothing here reads, and those that are carried in part."""
        self._compute(ALWAYS)
        known = self._decoding.known
        given = self._given
        unread = (
            [] if known is None else [name for name in given if name not in known and given[name] is not None]
        )
        return [*unread, *self._scope.lost]


def _fields_of(params: Mapping[str, Any]) -> Json:
    """What parameters in the hub's words say of fields of `chat`."""
    if not params:
        return {}
    chat = hub_chat(dict(params))
    return {
        field: getattr(chat, field) if params[name] is not None else None
        for name in params
        if (field := CARRIED.get(name)) is not None and field in FIELDS
    }
