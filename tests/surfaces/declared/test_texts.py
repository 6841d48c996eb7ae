"""Texts of a request, rewritten in its neutral form."""

from __future__ import annotations

from engine.surfaces.declared.chat import DecodedChat
from engine.surfaces.declared.texts import rewritten
from tests.surfaces.declared.surfaces import inbound, surface

TURNS = """
decode:
  system: =body.rules
  turns: =body.turns
"""


def test_every_text_is_rewritten_as_what_it_is() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "reasoning", "text": "b"},
        {"type": "image", "url": "u"},
        {"type": "tool_call", "id": "c", "name": "f", "arguments": '{"x":1}'},
    ]
    result = {"type": "tool_result", "id": "c", "text": "d"}
    body = {
        "rules": "r",
        "turns": [{"role": "assistant", "parts": parts}, {"role": "user", "parts": [result]}],
    }
    chat = surface(TURNS).read(body, inbound(), {}, {})[1]
    assert isinstance(chat, DecodedChat)
    assert rewritten(chat, lambda part, text: text) is chat and chat.is_as_sent
    seen: list[str] = []

    def mark(part: str, text: str) -> str:
        seen.append(part)
        return text if part == "tool_arguments" else f"<{text}>"

    made = rewritten(chat, mark)
    assert made is not chat and not made.is_as_sent and chat.system[0]["text"] == "r"
    assert made.system[0]["text"] == "<r>"
    assert [part.get("text") for part in made.turns[0]["parts"]] == ["<a>", "<b>", None, None]
    assert made.turns[1]["parts"][0]["text"] == made.turns[1]["parts"][0]["parts"][0]["text"] == "<d>"
    assert seen == ["system", "text", "reasoning", "tool_arguments", "tool_results", "tool_results"]
