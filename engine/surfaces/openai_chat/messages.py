"""Messages in neutral form: the system's parts, and the turns of user and assistant."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from engine.surfaces.openai_chat.parts import Json, content_parts, extra_of, with_extra

SYSTEM_ROLES = frozenset({"system", "developer"})
RESULT_ROLES = ("tool", "function")
KNOWN = {"role", "content"}
# As many fields has a message that is a role and a text, as most are.
LONE = len(KNOWN)
KNOWN_TOOL = {*KNOWN, "tool_call_id", "is_error"}
KNOWN_FUNCTION = {*KNOWN, "name"}
KNOWN_ASSISTANT = {
    *KNOWN, "tool_calls", "function_call", "refusal", "audio",
    "reasoning_content", "reasoning", "reasoning_details",
}  # fmt: skip
# As many has one that is a text, or null, and calls.
ASKING = LONE + 1
# As many has one that is the result of a call.
ANSWERING = LONE + 1
KNOWN_CALL = {"id", "type", "function", "index"}
# As many fields has a call that is an id, a type and a function.
USUAL_CALL = 3
KNOWN_CUSTOM = {"id", "type", "custom", "index"}
KNOWN_DETAIL = {"type", "text", "summary", "signature", "index"}


class Calls:
    """Names of tool calls by id, as far as the conversation has been read; ids may be used again later."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.legacy: dict[str, str] = {}

    def made_legacy(self, call: Json, index: int) -> Json:
        """A call without an id of its own gets one of its place."""
        id = self.legacy[call["name"]] = f"call_{index}"
        self.names[id] = call["name"]
        return tool_call(id, call["name"], call.get("arguments"))


def system(messages: list[Json]) -> list[Json]:
    """The parts of all system and developer messages, wherever they stand."""
    made: list[Json] = []
    for message in messages:
        if message["role"] in SYSTEM_ROLES:
            parts = content_parts(message.get("content"))
            made += parts if len(message) == LONE else message_parts(message, parts, KNOWN)
    return made


def turns(messages: list[Json]) -> list[Json]:
    """Neighbours of one role are one turn; results of tools are the user's; empty messages are none."""
    made: list[Json] = []
    calls: Calls | None = None
    joined: list[int] = []  # turns that a result has joined
    before: str | None = None
    for index, message in enumerate(messages):
        role, read = ROLES.get(message["role"], NO_TURN)
        if role is None:
            continue
        content = message.get("content")
        if len(message) == LONE and content:
            plain = content.__class__ is str
            parts = [{"type": "text", "text": content}] if plain else content_parts(content)
        else:
            calls = calls or Calls()
            parts = read(message, calls, index)
        if not parts:
            continue
        if role == before:
            made[-1]["parts"] += parts
            if message["role"] in RESULT_ROLES and joined[-1:] != [len(made) - 1]:
                joined.append(len(made) - 1)
        else:
            made.append({"role": role, "parts": parts})
            before = role
    for place in joined:
        sort_results(made[place - 1]["parts"] if place else [], made[place]["parts"])
    return made


def sort_results(calls: list[Json], parts: list[Json]) -> None:
    """Results first, and those of one tool in the order of its calls, as platforms without ids tell them."""
    found = [place for place, part in enumerate(parts) if part.get("type") == "tool_result"]
    if found and found[-1] >= len(found):
        parts.sort(key=lambda part: part.get("type") != "tool_result")
        found = list(range(len(found)))
    if len(found) < 2:
        return
    places: dict[str | None, list[int]] = {}
    for place in found:
        places.setdefault(parts[place]["name"], []).append(place)
    if all(len(alike) < 2 for alike in places.values()):
        return
    order = {part["id"]: place for place, part in enumerate(calls) if part["type"] == "tool_call"}
    for alike in places.values():
        results = [parts[place] for place in alike]
        results.sort(key=lambda part: order.get(part["id"], len(calls)))
        for place, result in zip(alike, results, strict=True):
            parts[place] = result


def message_parts(message: Json, parts: list[Json], known: set[str]) -> list[Json]:
    """What a message has beside its content belongs to its last part."""
    extra = extra_of(message, known)
    if extra and parts:
        with_extra(parts[-1], extra)
    return parts


def user(message: Json, calls: Calls, index: int) -> list[Json]:
    return message_parts(message, content_parts(message.get("content")), KNOWN)


def assistant(message: Json, calls: Calls, index: int) -> list[Json]:
    parts = content_parts(message.get("content"))
    plain = len(message) == ASKING and "tool_calls" in message and "content" in message
    if not plain:
        parts = reasoning(message) + parts
        if message.get("refusal"):
            parts.append({"type": "text", "text": message["refusal"], "extra": {"refusal": True}})
        if message.get("audio"):
            parts.append({"type": "audio", "id": message["audio"]["id"]})
    for call in message.get("tool_calls") or ():
        part = call_part(call)
        calls.names[part["id"]] = part["name"]
        parts.append(part)
    if plain:
        return parts
    if message.get("function_call"):
        parts.append(calls.made_legacy(message["function_call"], index))
    return message_parts(message, parts, KNOWN_ASSISTANT)


def tool(message: Json, calls: Calls, index: int) -> list[Json]:
    id = message["tool_call_id"]
    part = tool_result(message, id, calls.names.get(id))
    if len(message) != ANSWERING or "content" not in message:
        with_extra(part, extra_of(message, KNOWN_TOOL))
    return [part]


def function(message: Json, calls: Calls, index: int) -> list[Json]:
    name = message["name"]
    part = tool_result(message, calls.legacy.get(name, f"call_{index}"), name)
    return [with_extra(part, extra_of(message, KNOWN_FUNCTION))]


Read = Callable[[Json, Calls, int], list[Json]]
# Whose turn a message belongs to, and how it is read.
ROLES: dict[str, tuple[str | None, Read]] = {
    "user": ("user", user),
    "assistant": ("assistant", assistant),
    "tool": ("user", tool),
    "function": ("user", function),
}
NO_TURN: tuple[str | None, Read] = (None, user)


def call_part(call: Json) -> Json:
    usual = len(call) == USUAL_CALL and "type" in call and "function" in call
    if not usual and (custom := call.get("custom")) is not None:
        made = tool_call(call["id"], custom["name"], custom.get("input"))
        return with_extra(made, {"type": "custom", **extra_of(call, KNOWN_CUSTOM)})
    function = call["function"]
    made = tool_call(call["id"], function["name"], function.get("arguments"))
    return made if usual else with_extra(made, extra_of(call, KNOWN_CALL))


def tool_call(id: str, name: str, arguments: str | None) -> Json:
    text = arguments or ""
    return {"type": "tool_call", "id": id, "name": name, "arguments": text, "input": object_in(text) or {}}


def tool_result(message: Json, id: str, name: str | None) -> Json:
    content = message.get("content")
    if content.__class__ is str:
        parts, text = [{"type": "text", "text": content}], content
    else:
        parts = content_parts(content)
        text = "\n".join([part["text"] for part in parts if part["type"] == "text"])
    return {
        "type": "tool_result",
        "id": id,
        "name": name,
        "text": text,
        "json": object_in(text),
        "parts": parts,
        "is_error": "is_error" in message and bool(message["is_error"]),
    }


def object_in(text: str) -> Json | None:
    """The JSON object that a text is."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def reasoning(message: Json) -> list[Json]:
    """`reasoning_details` hold what a platform signed; `reasoning_content`, or `reasoning`, the bare text."""
    text = message.get("reasoning_content") or message.get("reasoning")
    details = message.get("reasoning_details")
    if not text and not details:
        return []
    parts = (
        [detail_part(item) for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    )
    if isinstance(text, str) and text and not any(part["text"] for part in parts):
        if not parts:
            return [{"type": "reasoning", "text": text}]
        parts[0]["text"] = text
    return parts


def detail_part(detail: Json) -> Json:
    part = {"type": "reasoning", "text": detail.get("text") or detail.get("summary") or ""}
    if detail.get("signature"):
        part["signature"] = detail["signature"]
    return with_extra(part, extra_of(detail, KNOWN_DETAIL))
