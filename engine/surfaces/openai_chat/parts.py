"""Content parts in neutral form. The body is valid here; nothing that it holds is left out."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

from engine.surfaces.openai_chat import data_urls

Json = dict[str, Any]

AUDIO_TYPES = {"mp3": "audio/mpeg"}
FILE_TYPES = {"pdf": "application/pdf", "txt": "text/plain"}
UNKNOWN_TYPE = "application/octet-stream"
EMPTY_TEXT = {"type": "text", "text": ""}


def text_part(text: str) -> Json:
    return {"type": "text", "text": text}


def extra_of(given: Json, known: Set[str]) -> Json:
    """The fields of `given` that are not `known`, without nulls.

    In `extra_content` this protocol's clients keep what a platform told them; its fields count as given.
    """
    for name in given:
        if name not in known:
            return _unknown(given, known)
    return {}


def _unknown(given: Json, known: Set[str]) -> Json:
    extra = {name: value for name, value in given.items() if name not in known and value is not None}
    content = extra.get("extra_content")
    if isinstance(content, dict):
        del extra["extra_content"]
        extra.update(content)
    return extra


def with_extra(part: Json, extra: Json) -> Json:
    if extra:
        part["extra"] = {**part.get("extra", {}), **extra}
    return part


def text(part: Json) -> Json:
    return text_part(part["text"])


def refusal(part: Json) -> Json:
    return {"type": "text", "text": part["refusal"], "extra": {"refusal": True}}


def image(part: Json) -> Json:
    given = part["image_url"]
    split = data_urls.split(given["url"])
    made: Json = {"type": "image"}
    if split:
        made["media_type"], made["data"] = split
    else:
        made["url"] = given["url"]
    return with_extra(made, extra_of(given, {"url"}))


def audio(part: Json) -> Json:
    given = part["input_audio"]
    media_type = AUDIO_TYPES.get(given["format"], f"audio/{given['format']}")
    made = {"type": "audio", "media_type": media_type, "data": given["data"]}
    return with_extra(made, extra_of(given, {"data", "format"}))


def file(part: Json) -> Json:
    given = part["file"]
    made: Json = {"type": "file"}
    name = given.get("filename")
    if name:
        made["name"] = name
    if given.get("file_data"):
        guess = FILE_TYPES.get((name or "").rpartition(".")[2].lower(), UNKNOWN_TYPE)
        made["media_type"], made["data"] = data_urls.split(given["file_data"]) or (guess, given["file_data"])
    elif given.get("file_url"):
        made["url"] = given["file_url"]
    else:
        made["file_id"] = given["file_id"]
    return with_extra(made, extra_of(given, {"filename", "file_data", "file_url", "file_id"}))


PARTS: dict[str, Callable[[Json], Json]] = {
    "text": text,
    "refusal": refusal,
    "image_url": image,
    "input_audio": audio,
    "file": file,
}


def neutral(part: Json) -> Json:
    """One content part; one of a type that is unknown here keeps its type and has its content in `extra`."""
    kind = part["type"]
    make = PARTS.get(kind)
    if make is None:
        return with_extra({"type": kind}, extra_of(part, {"type"}))
    return with_extra(make(part), extra_of(part, {"type", kind}))


def content_parts(content: Any) -> list[Json]:
    """The parts of a message's content, without empty texts, which say nothing and are refused by many."""
    if content.__class__ is str:
        return [{"type": "text", "text": content}] if content else []
    parts: list[Json] = []
    for given in content or ():
        if len(given) == 2 and given["type"] == "text":
            if text := given["text"]:
                parts.append({"type": "text", "text": text})
        elif (part := neutral(given)) != EMPTY_TEXT:
            parts.append(part)
    return parts
