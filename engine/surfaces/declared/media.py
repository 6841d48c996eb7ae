"""URLs of media in the neutral form of a request, replaced by their bytes."""

from __future__ import annotations

import copy
from typing import Any

from engine.surfaces.declared.chat import DecodedChat
from engine.surfaces.media import BY_URL, Inline

Json = dict[str, Any]


def inlined(chat: DecodedChat, inline: Inline) -> DecodedChat:
    """The same when nothing is replaced; it is not changed itself."""
    turns = [
        {**turn, "parts": _parts(turn["parts"], f"turns[{number}].parts", inline)}
        for number, turn in enumerate(chat.turns)
    ]
    if turns == chat.turns:
        return chat
    made = copy.copy(chat)
    made.turns = turns
    made.is_as_sent = False
    return made


def _parts(parts: list[Json], where: str, inline: Inline) -> list[Json]:
    return [_part(part, f"{where}[{number}]", inline) for number, part in enumerate(parts)]


def _part(part: Json, where: str, inline: Inline) -> Json:
    kind = part.get("type")
    if kind == "tool_result" and part["parts"]:
        return {**part, "parts": _parts(part["parts"], f"{where}.parts", inline)}
    if kind not in BY_URL or not part.get("url"):
        return part
    found = inline(kind, part["url"], where)
    if found is None:
        return part
    kept = {name: value for name, value in part.items() if name != "url"}
    return {**kept, "media_type": found.media_type, "data": found.data}
