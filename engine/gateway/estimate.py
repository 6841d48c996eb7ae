"""How many tokens a request is, about, before anybody has counted them. Cheap, and never exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from engine.surfaces.chat import Chat

# Of UTF-8, in most tokenizers and languages.
BYTES_A_TOKEN = 4
# What an answer is taken for when nobody says how long it may be.
ANSWER = 500
# A picture, a recording or a file costs what its platform says; about this much.
MEDIA = 800
MEDIA_TYPES = ("image", "audio", "file")
# What a turn needs beside its words.
TURN = 4
TEXTS = ("text", "arguments", "name")


def tokens_of(chat: Chat) -> tuple[int, int]:
    """Tokens of the prompt, and of the longest answer that was asked for."""
    return prompt_tokens(chat), ANSWER if chat.max_tokens is None else chat.max_tokens


def prompt_tokens(chat: Chat) -> int:
    """Of the system's words, the turns and the tools; what a picture is made of does not count as words."""
    parts = [*chat.system]
    for turn in chat.turns:
        parts += turn["parts"]
    size, media = _measure(parts)
    if chat.tools:
        size += len(orjson.dumps(chat.tools, default=str))
    return size // BYTES_A_TOKEN + media * MEDIA + TURN * (len(chat.turns) + 1)


def _measure(parts: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Bytes of text, and how many parts are media."""
    size = media = 0
    for part in parts:
        if part["type"] in MEDIA_TYPES:
            media += 1
            continue
        for name in TEXTS:
            if name in part and isinstance(text := part[name], str):
                size += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if inner := part.get("parts"):
            inner_size, inner_media = _measure(inner)
            size, media = size + inner_size, media + inner_media
    return size, media
