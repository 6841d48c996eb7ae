"""Tools that take text, for platforms whose tools all take JSON: each is offered as a function of one text,
and what the model gives it becomes text again."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import orjson

from engine.events import Event, new_event
from engine.gateway.plan import Place
from engine.gateway.request import Request
from engine.surfaces.answer import Folded, FoldedChoice, ToolCall

Json = dict[str, Any]

CUSTOM, INPUT = "custom", "input"
# What a client's bytes hold where one of its tools is such a tool, whatever its protocol.
SIGN = b'"custom"'
SCHEMA: Json = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole text that the tool takes."}},
    "required": [INPUT],
    "additionalProperties": False,
}
NO_NAMES: frozenset[str] = frozenset()


class Rewriting(Protocol):
    """What is done to an answer on its way: `feed` its events, or rewrite it `whole`."""

    def feed(self, events: Iterable[Event]) -> list[Event]: ...

    def end(self) -> list[Event]:
        """What is still held back."""
        ...

    def whole(self, folded: Folded) -> Folded: ...


class InTurn:
    """One after the other."""

    def __init__(self, first: Rewriting, second: Rewriting) -> None:
        self._first = first
        self._second = second

    def feed(self, events: Iterable[Event]) -> list[Event]:
        return self._second.feed(self._first.feed(events))

    def end(self) -> list[Event]:
        return [*self._second.feed(self._first.end()), *self._second.end()]

    def whole(self, folded: Folded) -> Folded:
        return self._second.whole(self._first.whole(folded))


def as_functions(request: Request, place: Place) -> tuple[Place, frozenset[str]]:
    """The place, with functions for tools that take text, and their names; none where none are to be made."""
    if not place.provider.dialect.functions_only or not _may_take_text(request, place.leg.body):
        return place, NO_NAMES
    leg, chat = place.leg, place.leg.chat
    names = frozenset(tool["name"] for tool in chat.tools or () if tool.get("type") == CUSTOM)
    if not names:
        return place, NO_NAMES
    made = copy.copy(chat)
    made.tools = [_function(tool) if tool.get("type") == CUSTOM else tool for tool in chat.tools or ()]
    made.turns = [{**turn, "parts": [_part(part) for part in turn["parts"]]} for turn in chat.turns]
    made.passes = False
    body = _hub_body(leg.body) if request.surface.hub else leg.body
    return Place(leg._replace(chat=made, body=body), place.target, place.model), names


def _may_take_text(request: Request, body: Json) -> bool:
    """Whether a tool may take text: most requests have none, and are not looked at further.

    The tools of the hub's chat stand at a known place, so that the bytes need not be searched.
    """
    if not (request.surface.hub and request.surface.chats):
        return SIGN in request.inbound.body
    return CUSTOM in [tool.get("type") for tool in body.get("tools") or ()]


def _function(tool: Mapping[str, Any]) -> Json:
    told = _told(tool.get("description"), (tool.get("extra") or {}).get("format"))
    return {"type": "function", "name": tool["name"], "description": told, "schema": SCHEMA}


def _told(description: Any, form: Any) -> str:
    """What the tool is for, and the grammar of its text: nothing holds the model to it here."""
    given = form if isinstance(form, Mapping) else {}
    grammar = given.get("grammar") or given
    words = [description or ""]
    if grammar.get("definition"):
        words.append(f"`{INPUT}` follows this {grammar.get('syntax', '')} grammar:\n{grammar['definition']}")
    return "\n\n".join(filter(None, words))


def _part(part: Json) -> Json:
    if part["type"] != "tool_call" or (part.get("extra") or {}).get("type") != CUSTOM:
        return part
    given = {INPUT: part["arguments"]}
    extra = {name: value for name, value in part["extra"].items() if name != "type"}
    return {**part, "arguments": orjson.dumps(given).decode(), INPUT: given, "extra": extra}


def _hub_body(body: Json) -> Json:
    """The same in the hub's own words."""
    changed: Json = {"tools": [_hub_tool(tool) for tool in body.get("tools") or ()]}
    changed["messages"] = [
        {**message, "tool_calls": [_hub_call(call) for call in message["tool_calls"]]}
        if isinstance(message, dict) and message.get("tool_calls")
        else message
        for message in body.get("messages") or ()
    ]
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == CUSTOM:
        changed["tool_choice"] = {"type": "function", "function": {"name": choice[CUSTOM]["name"]}}
    return {**body, **changed}


def _hub_tool(tool: Json) -> Json:
    if tool.get("type") != CUSTOM:
        return tool
    given = tool[CUSTOM]
    told = _told(given.get("description"), given.get("format"))
    return {
        "type": "function",
        "function": {"name": given["name"], "description": told, "parameters": SCHEMA},
    }


def _hub_call(call: Json) -> Json:
    if call.get("type") != CUSTOM:
        return call
    given = call[CUSTOM]
    arguments = orjson.dumps({INPUT: given.get(INPUT, "")}).decode()
    return {
        "id": call.get("id"),
        "type": "function",
        "function": {"name": given["name"], "arguments": arguments},
    }


class CallTexts:
    """Calls of `names` as texts again. One is told when it is whole: before that its text cannot be known."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._held: dict[tuple[int, Any], tuple[Json, list[str]]] = {}

    def feed(self, events: Iterable[Event]) -> list[Event]:
        out: list[Event] = []
        for event in events:
            kind, fields, choice = event
            if kind == "tool_call":
                out += self._told(choice, but=fields["key"])
                if fields.get("name") in self._names:
                    _, texts = self._held.setdefault((choice, fields["key"]), (fields, []))
                    texts.append(fields.get("arguments") or "")
                    continue
            elif kind in ("finish", "error", "done"):
                out += self._told(choice) if kind == "finish" else self.end()
            out.append(event)
        return out

    def end(self) -> list[Event]:
        return [event for choice in {key[0] for key in self._held} for event in self._told(choice)]

    def whole(self, folded: Folded) -> Folded:
        return folded._replace(choices=[self._choice(choice) for choice in folded.choices])

    def _told(self, choice: int, but: Any = None) -> list[Event]:
        over = [key for key in self._held if key[0] == choice and key[1] != but]
        out = []
        for key in over:
            fields, texts = self._held.pop(key)
            given = {**fields, "arguments": text_in("".join(texts)), "extra": _custom(fields.get("extra"))}
            out.append(new_event(("tool_call", given, choice)))
        return out

    def _choice(self, choice: FoldedChoice) -> FoldedChoice:
        return replace(choice, tool_calls=[self._call(call) for call in choice.tool_calls])

    def _call(self, call: ToolCall) -> ToolCall:
        if call.name not in self._names:
            return call
        return call._replace(arguments=text_in(call.arguments), extra=_custom(call.extra))


def _custom(extra: Mapping[str, Any] | None) -> Json:
    return {**(extra or {}), "type": CUSTOM}


def text_in(arguments: str) -> str:
    """The one text of a call's arguments, whatever the model called it; the arguments as they are, else."""
    try:
        given = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments
    if isinstance(given, str):
        return given
    texts = [value for value in given.values() if isinstance(value, str)] if isinstance(given, dict) else []
    if isinstance(given, dict) and isinstance(given.get(INPUT), str):
        return str(given[INPUT])
    return str(texts[0]) if len(texts) == 1 else arguments
