"""What a surface decodes, completed: turns of merged neighbours, calls and results that know each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from engine.errors import RequestRefused
from engine.surfaces.openai_chat.messages import object_in, sort_results
from engine.surfaces.openai_chat.parts import text_part

Json = dict[str, Any]
ROLES = ("user", "assistant")


def complete_parts(given: Any) -> list[Json]:
    """Parts of a text, of one part or of a list of them; empty texts are none."""
    if isinstance(given, str):
        return [text_part(given)] if given else []
    parts = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
    return [part for part in parts if isinstance(part, dict) and not _is_empty(part)]


def _is_empty(part: Json) -> bool:
    return part.get("type") == "text" and not part.get("text") and "extra" not in part


def complete_turns(given: Any) -> list[Json]:
    """Neighbours of one role are one turn; empty ones are none."""
    made: list[Json] = []
    calls = Calls()
    for turn in given or ():
        role, parts = turn.get("role"), complete_parts(turn.get("parts"))
        if role not in ROLES:
            raise RequestRefused(f"unknown role {role!r}", param="role", code="invalid_value")
        parts = [calls.complete(part) for part in parts]
        if not parts:
            continue
        if made and made[-1]["role"] == role:
            made[-1]["parts"] += parts
        else:
            made.append({"role": role, "parts": parts})
    for place, turn in enumerate(made):
        if turn["role"] == "user":
            sort_results(made[place - 1]["parts"] if place else [], turn["parts"])
    return made


class Calls:
    """The calls so far. Protocols without ids tell results by name and order: they get ids of their place."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._waiting: dict[str, str] = {}  # id -> name, of calls without a result
        self._count = 0

    def complete(self, part: Json) -> Json:
        kind = part.get("type")
        if kind == "tool_call":
            return self._call(part)
        return self._result(part) if kind == "tool_result" else part

    def _call(self, part: Json) -> Json:
        name, arguments, given = str(part.get("name") or ""), part.get("arguments"), part.get("input")
        if not isinstance(arguments, str):
            arguments = orjson.dumps({} if given is None else given).decode()
        if not isinstance(given, dict):
            given = object_in(arguments) or {}
        id = part.get("id") or f"call_{self._count}"
        self._count += 1
        self._names[id] = self._waiting[id] = name
        return {**part, "id": id, "name": name, "arguments": arguments, "input": given}

    def _result(self, part: Json) -> Json:
        id = part.get("id") or self._next(part.get("name"))
        name = part.get("name") or self._names.get(id)
        self._waiting.pop(id, None)
        parts = complete_parts(part["parts"] if "parts" in part else part.get("text"))
        text = part.get("text")
        if not isinstance(text, str):
            text = "\n".join(texts_of(parts))
        found = part.get("json")
        return {
            **part,
            "id": id,
            "name": name,
            "text": text,
            "json": found if isinstance(found, dict) else object_in(text),
            "parts": parts,
            "is_error": bool(part.get("is_error")),
        }

    def _next(self, name: str | None) -> str:
        """The call that a result without an id is of: the oldest of its name, or the oldest at all."""
        waiting = (id for id, called in self._waiting.items() if name in (None, called))
        return next(waiting, f"call_{self._count}")


def texts_of(parts: Iterable[Json]) -> list[str]:
    return [part["text"] for part in parts if part.get("type") == "text"]


def complete_tools(given: Any) -> list[Json] | None:
    """Tools with a type and, those that are functions, a schema."""
    made = [complete_tool(tool) for tool in given or () if isinstance(tool, dict)]
    return made or None


def complete_tool(tool: Json) -> Json:
    kind = tool.get("type") or "function"
    if kind != "function":
        return {**tool, "type": kind}
    return {**tool, "type": kind, "schema": tool.get("schema") or {"type": "object", "properties": {}}}


def complete_stop(given: Any) -> list[str] | None:
    return [given] if isinstance(given, str) else given or None
