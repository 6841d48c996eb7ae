"""Whatever a client sends: it is refused with a parameter that is in it, or every field can be read."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RequestRefused
from engine.events import CHAT_FIELDS
from engine.surfaces.openai_chat.decode import decode

BODY: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "stop": ["a"],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
        {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}},
        {"type": "search", "search": {"name": "s"}},
    ],
    "functions": [{"name": "g"}],
    "tool_choice": {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
    },
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": {}}]},
        {
            "role": "user",
            "name": "ann",
            "content": [
                {"type": "text", "text": "t"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ==", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
                {
                    "type": "file",
                    "file": {"file_data": "data:application/pdf;base64,QQ==", "filename": "a.pdf"},
                },
                {"type": "video_url", "video_url": {"url": "u"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "r",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "r", "signature": "s", "extra_content": {}}
            ],
            "refusal": "no",
            "audio": {"id": "a"},
            "function_call": {"name": "g", "arguments": "{}"},
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {},
                },
                {"id": "c2", "type": "custom", "custom": {"name": "c", "input": "x"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '{"a": 1}'},
        {"role": "function", "name": "g", "content": "x"},
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in below for found in places(item, (*path, key)))]


PLACES = places(BODY)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 200)
    | st.floats(-3, 3)
    | st.sampled_from(["", "a", "{", "data:,", "f"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "name", "url", "text", "function", "id"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)


def changed(path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    body = copy.deepcopy(BODY)
    target = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return body


@settings(max_examples=600)
@given(st.sampled_from(PLACES), anything)
def test_any_change(path: tuple[Any, ...], value: Any) -> None:
    body = changed(path, value)
    try:
        chat = decode(body)
    except RequestRefused as refused:
        assert refused.info.status == 400 and refused.info.message
        if path:
            assert (refused.info.param or "").startswith(str(path[0]))
        return
    for name in CHAT_FIELDS:
        getattr(chat, name)


@pytest.mark.parametrize("path", PLACES[1:], ids=str)
def test_without(path: tuple[Any, ...]) -> None:
    body = changed(path, None)
    try:
        chat = decode(body)
    except RequestRefused as refused:
        assert (refused.info.param or "").startswith(str(path[0]))
        return
    assert all(getattr(chat, name, None) is not ... for name in CHAT_FIELDS)


def test_the_body_itself_is_good_and_stays_as_it_is() -> None:
    before = copy.deepcopy(BODY)
    chat = decode(BODY)
    for name in CHAT_FIELDS:
        getattr(chat, name)
    assert before == BODY
