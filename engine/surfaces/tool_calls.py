"""The tool calls of one choice, told apart although platforms repeat, change or leave out keys and ids.

    no key, a name            a whole call
    no key, no name           goes on with the call of that id, else with the last one
    a new key                 the next call
    a known key               goes on, unless it has a name and another id, or another name: the next call

Each call keeps one id, one name and one index from its first event to its last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from engine.surfaces.answer import ToolCall

Fields = dict[str, Any]


class Call:
    """A call being read. `native_id` is the platform's id, `id` the client's; open: it has been told of."""

    __slots__ = ("arguments", "extra", "filled", "id", "index", "name", "native_id")

    def __init__(self) -> None:
        self.index: int | None = None
        self.native_id: str | None = None
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.extra: Fields = {}
        self.filled = False

    @property
    def open(self) -> bool:
        return self.index is not None

    def is_another(self, name: str, id: str) -> bool:
        """Whether an event with this call's key begins another one. Ids may change while a call goes on."""
        other_name = bool(self.name) and name != self.name
        other_id = bool(self.native_id and id) and id != self.native_id
        return bool(name) and (other_name or other_id)


class ToolCalls:
    """`keep` false forgets arguments that were told, for streams whose whole answer nobody asks for."""

    def __init__(self, uid: Callable[[str], str], keep: bool) -> None:
        self._uid = uid
        self._keep = keep
        self._calls: list[Call] = []
        self._opened: list[Call] = []
        self._by_key: dict[Any, Call] = {}
        self._by_id: dict[Any, Call] = {}
        self._ids: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._opened)

    def feed(self, fields: Mapping[str, Any]) -> Fields | None:
        """The event to tell for this one: `key` is the call's index, id and name are the call's own.

        None while a call has no name yet, and for an event that brings nothing.
        """
        key, id, name = fields.get("key"), text_of(fields.get("id")), text_of(fields.get("name"))
        if type(key) is dict or type(key) is list:
            key = text_of(key)
        arguments, extra = text_of(fields.get("arguments")), fields.get("extra")
        if type(extra) is not dict:
            extra = {}
        call = self._find(key, id, name)
        if call is None:
            if not (id or name or arguments):
                return None
            call = Call()
            self._calls.append(call)
        if id:
            call.native_id = call.native_id or id
            self._by_id[key, id] = call
        if key is not None:
            self._by_key[key] = call
        call.name = call.name or name
        return self._tell(call, arguments, extra)

    def end(self) -> list[Fields]:
        """What is left to tell, where there is one choice."""
        return self.unfilled() + self.nameless() if self._calls else []

    def unfilled(self) -> list[Fields]:
        """`{}` for functions without arguments."""
        unfilled = [call for call in self._opened if not call.filled and call.extra.get("type") != "custom"]
        return [self._event(call, "{}", {}) for call in unfilled]

    def nameless(self) -> list[Fields]:
        """Calls that never had a name: told behind the `unfilled` of all choices, whose calls came before."""
        return [self._event(call, "", {}) for call in self._calls if call.filled and not call.open]

    def result(self) -> list[ToolCall]:
        return [
            ToolCall(call.id, call.name, "".join(call.arguments), call.extra or None) for call in self._opened
        ]

    def _find(self, key: Any, id: str, name: str) -> Call | None:
        if key is None:
            if name or not self._calls:
                return None
            return self._by_id.get((None, id)) or self._calls[-1]
        same_id = self._by_id.get((key, id)) if id else None
        call = same_id or self._by_key.get(key)
        return None if call is None or (name and call.is_another(name, id)) else call

    def _tell(self, call: Call, arguments: str, extra: Fields) -> Fields | None:
        if arguments and not call.filled:
            call.filled = not arguments.isspace()
        if not call.name:
            call.arguments.append(arguments)
            call.extra |= extra
            return None
        if call.index is not None and not arguments and not extra:
            return None
        return self._event(call, arguments, extra)

    def _event(self, call: Call, arguments: str, extra: Fields) -> Fields:
        if call.index is None:
            call.index = len(self._opened)
            call.id = self._unique(call.native_id)
            self._opened.append(call)
            arguments = "".join(call.arguments) + arguments
            extra = call.extra | extra
            call.arguments.clear()
        if self._keep:
            call.arguments.append(arguments)
        event: Fields = {"key": call.index, "id": call.id, "name": call.name, "arguments": arguments}
        if extra:
            call.extra |= extra
            event["extra"] = extra
        return event

    def _unique(self, native_id: str | None) -> str:
        id = native_id if native_id and native_id not in self._ids else self._uid("call_")
        self._ids.add(id)
        return id


def text_of(value: Any) -> str:
    """A piece of text as it is, nothing for null, and JSON for what a platform sends as data."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()
