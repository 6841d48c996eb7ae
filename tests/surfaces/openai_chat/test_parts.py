from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.openai_chat.parts import content_parts, extra_of, neutral


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "text", "text": "a"}, {"type": "text", "text": "a"}),
        ({"type": "text", "text": "a", "image_url": None}, {"type": "text", "text": "a"}),
        (
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "a", "extra": {"cache_control": {"type": "ephemeral"}}},
        ),
        ({"type": "refusal", "refusal": "no"}, {"type": "text", "text": "no", "extra": {"refusal": True}}),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}},
            {"type": "image", "media_type": "image/png", "data": "QQ=="},
        ),
        (
            {
                "type": "image_url",
                "image_url": {"url": "https://x.test/a", "detail": "low"},
                "cache_control": {},
            },
            {"type": "image", "url": "https://x.test/a", "extra": {"detail": "low", "cache_control": {}}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
            {"type": "audio", "media_type": "audio/mpeg", "data": "QQ=="},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
            {"type": "audio", "media_type": "audio/wav", "data": "QQ=="},
        ),
        ({"type": "file", "file": {"file_id": "f1"}}, {"type": "file", "file_id": "f1"}),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,QQ==", "filename": "a.pdf"}},
            {"type": "file", "name": "a.pdf", "media_type": "application/pdf", "data": "QQ=="},
        ),
        (
            {"type": "file", "file": {"file_data": "QQ==", "filename": "A.PDF"}},
            {"type": "file", "name": "A.PDF", "media_type": "application/pdf", "data": "QQ=="},
        ),
        (
            {"type": "file", "file": {"file_data": "QQ=="}},
            {"type": "file", "media_type": "application/octet-stream", "data": "QQ=="},
        ),
        (
            {"type": "file", "file": {"file_url": "https://x.test/a", "purpose": "p"}},
            {"type": "file", "url": "https://x.test/a", "extra": {"purpose": "p"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "u"}, "fps": 2},
            {"type": "video_url", "extra": {"video_url": {"url": "u"}, "fps": 2}},
        ),
    ],
)
def test_parts(part: dict[str, Any], expected: dict[str, Any]) -> None:
    assert neutral(part) == expected


def test_content() -> None:
    assert content_parts("a") == [{"type": "text", "text": "a"}]
    assert content_parts("") == content_parts(None) == content_parts([]) == []
    assert content_parts([{"type": "text", "text": ""}, {"type": "text", "text": " "}]) == [
        {"type": "text", "text": " "}
    ]


def test_an_empty_text_that_carries_something_stays() -> None:
    assert content_parts([{"type": "text", "text": "", "cache_control": {}}]) != []


def test_extra_content_stands_for_itself() -> None:
    given = {"a": 1, "b": None, "c": 2, "extra_content": {"vendor": {"signature": "s"}}}
    assert extra_of(given, {"a"}) == {"c": 2, "vendor": {"signature": "s"}}
    assert extra_of({"extra_content": "text"}, set()) == {"extra_content": "text"}
    assert extra_of({"a": 1}, {"a", "b"}) == {}
