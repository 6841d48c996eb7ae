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
READ = ("system", "turns", "tools", "max_tokens")


def tokens_of(chat: Chat) -> tuple[int, int]:
    """Tokens of the prompt, and of the longest answer that was asked for."""
    chat.compute(READ)
    return prompt_tokens(chat), ANSWER if chat.max_tokens is None else chat.max_tokens


def prompt_tokens(chat: Chat) -> int:
    """Of the system's words, the turns and the tools; what a picture is made of does not count as words."""
    texts: list[str] = []
    parts = [*chat.system]
    for turn in chat.turns:
        parts += turn["parts"]
    media = _collect(parts, texts)
    size = sum(map(len if all(map(str.isascii, texts)) else _bytes, texts))
    if chat.tools:
        size += len(orjson.dumps(chat.tools, default=str))
    return size // BYTES_A_TOKEN + media * MEDIA + TURN * (len(chat.turns) + 1)


def _collect(parts: Iterable[Mapping[str, Any]], texts: list[str]) -> int:
    """Put what parts say to the texts; how many of them are media."""
    media = 0
    for part in parts:
        kind = part["type"]
        if kind == "text" and len(part) == 2 and isinstance(text := part.get("text"), str):
            texts.append(text)
        elif kind in MEDIA_TYPES:
            media += 1
        else:
            texts += [text for name in TEXTS if isinstance(text := part.get(name), str)]
            media += _collect(part.get("parts") or (), texts)
    return media


def _bytes(text: str) -> int:
    """Halves of surrogate pairs may come from clients' escapes; each counts for itself."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
