from __future__ import annotations

from typing import Any

from engine.actions.remembering import news
from engine.events import Inbound
from engine.surfaces.registry import compiled_in

INBOUND = Inbound("POST", "/", {}, {}, b"", "r")


def said(*messages: Any) -> list[Any]:
    body = {"model": "m", "messages": [{"role": role, "content": content} for role, content in messages]}
    return [each["content"] for each in news(compiled_in()["openai-chat"].read(body, INBOUND, {}, {})[1])]


def test_what_was_said_before_is_no_news() -> None:
    before = ("system", "Be brief."), ("user", "one"), ("assistant", "two")
    assert said(*before, ("user", "three")) == ["three"]
    assert said(before[0], before[1]) == ["one"]
    assert said(*before) == []


def test_of_a_message_in_parts_its_texts() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert said(("user", [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}])) == ["a\nb"]
    assert said(("user", [image])) == []
