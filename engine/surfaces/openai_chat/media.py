"""URLs of media in a client's own body, replaced by their bytes."""

from __future__ import annotations

from typing import Any

from engine.surfaces.media import Inline
from engine.surfaces.openai_chat.shapes import Json


def inline_body(body: Json, inline: Inline) -> Json:
    """The very same when nothing is replaced. The body is valid; it is not changed itself."""
    messages = body.get("messages") or []
    made = [_message(message, f"messages[{number}]", inline) for number, message in enumerate(messages)]
    if all(new is old for new, old in zip(made, messages, strict=True)):
        return body
    return {**body, "messages": made}


def _message(message: Json, where: str, inline: Inline) -> Json:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    made = [_part(part, f"{where}.content[{number}]", inline) for number, part in enumerate(content)]
    if all(new is old for new, old in zip(made, content, strict=True)):
        return message
    return {**message, "content": made}


def _part(part: Json, where: str, inline: Inline) -> Json:
    kind = part.get("type")
    if kind == "image_url":
        given: dict[str, Any] = part["image_url"]
        found = inline("image", given["url"], f"{where}.image_url.url")
        return part if found is None else {**part, "image_url": {**given, "url": found.url}}
    if kind == "file" and part["file"].get("file_url"):
        given = part["file"]
        found = inline("file", given["file_url"], f"{where}.file.file_url")
        kept = {name: value for name, value in given.items() if name != "file_url"}
        return part if found is None else {**part, "file": {**kept, "file_data": found.url}}
    return part
