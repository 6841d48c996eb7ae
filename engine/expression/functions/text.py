"""text: the text of a content."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function

_TEXT_TYPES = (None, "text", "input_text", "output_text")


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(part) for part in content if isinstance(part, str | dict))
    text = content.get("text") if content.get("type") in _TEXT_TYPES else None
    return text if isinstance(text, str) else ""


SPEC = Function(
    "text(content: string | array | object) -> string",
    "The text of a message's content: a string, or the texts of its parts one after another.",
    _text,
    (
        Example("text('hello')", "hello"),
        Example(
            "text(content)",
            "a b",
            {
                "content": [
                    {"type": "text", "text": "a "},
                    {"type": "image_url"},
                    {"type": "text", "text": "b"},
                ]
            },
        ),
        Example("text(`[]`)", ""),
        Example("text(`null`)", None),
    ),
)
