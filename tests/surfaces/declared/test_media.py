from __future__ import annotations

from engine.surfaces.declared.chat import DecodedChat
from engine.surfaces.declared.media import inlined
from engine.surfaces.media import Fetched
from tests.surfaces.declared.surfaces import inbound, surface

TURNS = "decode: {turns: =body.turns}"


def chat_of() -> DecodedChat:
    result = {"type": "tool_result", "id": "c", "parts": [{"type": "image", "url": "https://a/inner"}]}
    parts = [
        {"type": "text", "text": "a"},
        {"type": "audio", "url": "https://a/x", "extra": {"k": 1}},
        result,
    ]
    body = {"turns": [{"role": "user", "parts": parts}]}
    chat = surface(TURNS).read(body, inbound(), {}, {})[1]
    assert isinstance(chat, DecodedChat)
    return chat


def test_each_url_is_shown_with_its_place() -> None:
    seen: list[tuple[str, str, str]] = []
    chat = chat_of()
    assert inlined(chat, lambda *told: seen.append(told)) is chat and chat.is_as_sent  # type: ignore[func-returns-value]
    assert sorted(seen) == [
        ("audio", "https://a/x", "turns[0].parts[2]"),
        ("image", "https://a/inner", "turns[0].parts[0].parts[0]"),
    ]


def test_bytes_stand_in_the_stead_of_urls() -> None:
    chat = chat_of()
    made = inlined(chat, lambda part, url, where: Fetched(f"{part}/x", "aGk="))
    assert not made.is_as_sent and chat.is_as_sent and "url" in str(chat.turns)
    found = [part for part in made.turns[0]["parts"] if part["type"] == "audio"]
    assert found == [{"type": "audio", "extra": {"k": 1}, "media_type": "audio/x", "data": "aGk="}]
    inner = next(part for part in made.turns[0]["parts"] if part["type"] == "tool_result")["parts"]
    assert inner == [{"type": "image", "media_type": "image/x", "data": "aGk="}]
