from __future__ import annotations

import copy
from typing import Any

from engine.surfaces.media import Fetched
from engine.surfaces.openai_chat.media import inline_body
from engine.surfaces.registry import compiled_in

BODY: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "be kind"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": "https://a/x.png", "detail": "low"}},
                {"type": "file", "file": {"file_url": "https://a/y.pdf", "filename": "y.pdf"}},
                {"type": "file", "file": {"file_id": "file-1"}},
            ],
        },
    ],
}


def test_each_url_is_shown_with_its_place() -> None:
    seen: list[tuple[str, str, str]] = []
    body = inline_body(BODY, lambda *told: seen.append(told))  # type: ignore[func-returns-value]
    assert body is BODY
    assert seen == [
        ("image", "https://a/x.png", "messages[1].content[1].image_url.url"),
        ("file", "https://a/y.pdf", "messages[1].content[2].file.file_url"),
    ]


def test_bytes_stand_in_the_stead_of_urls_in_body_and_chat() -> None:
    before = copy.deepcopy(BODY)
    surface = compiled_in()["openai-chat"]
    body, chat = surface.inline(BODY, surface.read(BODY, None, {}, {})[1], lambda *_: Fetched("a/b", "aGk="))  # type: ignore[arg-type]
    image, file = body["messages"][1]["content"][1:3]
    assert image["image_url"] == {"url": "data:a/b;base64,aGk=", "detail": "low"}
    assert file["file"] == {"filename": "y.pdf", "file_data": "data:a/b;base64,aGk="}
    assert chat.turns[0]["parts"][1] == {
        "type": "image", "media_type": "a/b", "data": "aGk=", "extra": {"detail": "low"},
    }  # fmt: skip
    assert chat.turns[0]["parts"][2] == {"type": "file", "name": "y.pdf", "media_type": "a/b", "data": "aGk="}
    assert before == BODY
