"""The texts of a request, rewritten in its neutral form."""

from __future__ import annotations

import copy
from typing import Any

from engine.surfaces.declared.chat import DecodedChat
from engine.surfaces.openai_chat.messages import object_in
from engine.surfaces.surface import Rewrite

Json = dict[str, Any]


def rewritten(chat: DecodedChat, rewrite: Rewrite) -> DecodedChat:
    """The same when no text differs; it is not changed itself."""
    system = [_part(part, "system", rewrite) for part in chat.system]
    turns = [
        {**turn, "parts": [_part(part, "text", rewrite) for part in turn["parts"]]} for turn in chat.turns
    ]
    if system == chat.system and turns == chat.turns:
        return chat
    made = copy.copy(chat)
    made.system, made.turns = system, turns
    made.is_as_sent = made.passes = False
    return made


def _part(part: Json, place: str, rewrite: Rewrite) -> Json:
    kind = part.get("type")
    if kind == "text":
        return {**part, "text": rewrite(place, part["text"])}
    if kind == "reasoning" and part.get("text"):
        return {**part, "text": rewrite("reasoning", part["text"])}
    if kind == "tool_call":
        arguments = rewrite("tool_arguments", part["arguments"])
        return {**part, "arguments": arguments, "input": object_in(arguments) or {}}
    if kind == "tool_result":
        text = rewrite("tool_results", part["text"])
        inner = [_part(one, "tool_results", rewrite) for one in part["parts"]]
        return {**part, "text": text, "parts": inner, "json": object_in(text)}
    return part
