from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.surfaces.openai_chat.refusals import Wrong
from engine.surfaces.openai_chat.validate_messages import any_message, uncommon_messages

MISSING, TYPE, VALUE = "missing_required_parameter", "invalid_type", "invalid_value"

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
DATA = "data:image/png;base64,QQ=="


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def assistant(**fields: Any) -> dict[str, Any]:
    return {"role": "assistant", **fields}


@pytest.mark.parametrize(
    "good",
    [
        {"role": "system", "content": "s"},
        {"role": "developer", "content": [{"type": "text", "text": "s", "cache_control": {}}]},
        {"role": "user", "content": "", "name": None, "tool_calls": None},
        {"role": "user", "content": []},
        user({"type": "text", "text": "", "image_url": None}),
        user({"type": "image_url", "image_url": {"url": DATA, "detail": "low", "format": "png"}}),
        user({"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}),
        user({"type": "file", "file": {"file_id": "f"}}, {"type": "file", "file": {"file_data": "QQ=="}}),
        user({"type": "video_url", "video_url": {"url": "https://x.test/v.mp4"}}),
        assistant(content="a", tool_calls=[]),
        assistant(content=None),
        assistant(content=[{"type": "refusal", "refusal": "no"}, {"type": "thinking", "thinking": []}]),
        assistant(tool_calls=[CALL, {"id": "d", "function": {"name": "f"}}]),
        assistant(tool_calls=[{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}]),
        assistant(function_call={"name": "f", "arguments": ""}, refusal=None, audio=None),
        assistant(refusal="no", reasoning_content="hm", audio={"id": "a"}, prefix=True),
        {"role": "tool", "tool_call_id": "c", "content": ""},
        {"role": "function", "name": "f", "content": None},
    ],
)
def test_good_messages(good: dict[str, Any]) -> None:
    any_message(good)


@pytest.mark.parametrize(
    ("bad", "param", "code"),
    [
        ("hi", "", TYPE),
        (None, "", TYPE),
        ({}, ".role", MISSING),
        ({"role": None, "content": "a"}, ".role", MISSING),
        ({"role": 1, "content": "a"}, ".role", TYPE),
        ({"role": "robot", "content": "a"}, ".role", VALUE),
        ({"role": "user"}, ".content", MISSING),
        ({"role": "user", "content": None}, ".content", MISSING),
        ({"role": "user", "content": 5}, ".content", TYPE),
        ({"role": "user", "content": {"type": "text"}}, ".content", TYPE),
        ({"role": "user", "content": "a", "name": 5}, ".name", TYPE),
        ({"role": "system"}, ".content", MISSING),
        (user("a"), ".content[0]", TYPE),
        (user({}), ".content[0].type", MISSING),
        (user({"type": 1}), ".content[0].type", TYPE),
        (user({"type": "hologram"}), ".content[0].type", VALUE),
        (user({"type": "text"}), ".content[0].text", MISSING),
        (user({"type": "text", "text": None}), ".content[0].text", MISSING),
        (user({"type": "text", "text": 1}), ".content[0].text", TYPE),
        (user({"type": "image_url"}), ".content[0].image_url", MISSING),
        (user({"type": "image_url", "image_url": DATA}), ".content[0].image_url", TYPE),
        (user({"type": "image_url", "image_url": {}}), ".content[0].image_url.url", MISSING),
        (user({"type": "image_url", "image_url": {"url": 1}}), ".content[0].image_url.url", TYPE),
        (user({"type": "image_url", "image_url": {"url": ""}}), ".content[0].image_url.url", "empty_string"),
        (user({"type": "image_url", "image_url": {"url": "QQ=="}}), ".content[0].image_url.url", VALUE),
        (
            user({"type": "image_url", "image_url": {"url": DATA, "detail": 1}}),
            ".content[0].image_url.detail",
            TYPE,
        ),
        (user({"type": "input_audio", "input_audio": {}}), ".content[0].input_audio.data", MISSING),
        (
            user({"type": "input_audio", "input_audio": {"data": "a"}}),
            ".content[0].input_audio.format",
            MISSING,
        ),
        (user({"type": "file", "file": {"filename": "a"}}), ".content[0].file.file_id", MISSING),
        (user({"type": "file", "file": {"file_data": 5}}), ".content[0].file.file_data", TYPE),
        (assistant(content=5), ".content", TYPE),
        (assistant(tool_calls={}), ".tool_calls", TYPE),
        (assistant(tool_calls=["a"]), ".tool_calls[0]", TYPE),
        (assistant(tool_calls=[CALL, {"function": {"name": "f"}}]), ".tool_calls[1].id", MISSING),
        (assistant(tool_calls=[{"id": "c"}]), ".tool_calls[0].function", MISSING),
        (assistant(tool_calls=[{"id": "c", "function": {}}]), ".tool_calls[0].function.name", MISSING),
        (
            assistant(tool_calls=[{"id": "c", "function": {"name": "f", "arguments": {}}}]),
            ".tool_calls[0].function.arguments",
            TYPE,
        ),
        (assistant(function_call={}), ".function_call.name", MISSING),
        (assistant(refusal=5), ".refusal", TYPE),
        (assistant(reasoning_content=[]), ".reasoning_content", TYPE),
        (assistant(audio={}), ".audio.id", MISSING),
        ({"role": "tool", "content": "a"}, ".tool_call_id", MISSING),
        ({"role": "tool", "content": "a", "tool_call_id": ""}, ".tool_call_id", "empty_string"),
        ({"role": "tool", "content": "a", "tool_call_id": 5}, ".tool_call_id", TYPE),
        ({"role": "tool", "tool_call_id": "c"}, ".content", MISSING),
        ({"role": "function", "content": "a"}, ".name", MISSING),
    ],
)
def test_bad_messages(bad: Any, param: str, code: str) -> None:
    with pytest.raises(Wrong) as caught:
        any_message(bad)
    assert (caught.value.path, caught.value.code) == (param, code)


JUNK = some.sampled_from(["", "x", None, 1, True, [], {}])


def nearly(fields: dict[str, Any]) -> some.SearchStrategy[dict[str, Any]]:
    """Objects with these fields, some of them wrong or missing."""
    return some.fixed_dictionaries(
        {}, optional={name: some.one_of(value, JUNK) for name, value in fields.items()}
    )


FUNCTIONS = nearly({"name": some.just("f"), "arguments": some.just("{}"), "more": JUNK})
CALLS = some.one_of(
    nearly({"id": some.just("c"), "type": some.just("function"), "function": FUNCTIONS}),
    nearly({"id": some.just("c"), "function": FUNCTIONS, "custom": JUNK}),
)
PARTS = nearly({"type": some.sampled_from(["text", "image_url"]), "text": some.just("t"), "extra": JUNK})
ROLES = some.sampled_from(["user", "assistant", "system", "developer", "tool", "function", "strange"])
NEARLY = nearly(
    {
        "role": ROLES,
        "content": some.one_of(some.just("t"), some.lists(PARTS, max_size=2)),
        "tool_calls": some.lists(CALLS, max_size=2),
        "tool_call_id": some.just("c"),
    }
)


@settings(max_examples=500, deadline=None)
@given(NEARLY)
def test_the_short_way_accepts_nothing_that_is_wrong(value: dict[str, Any]) -> None:
    if not uncommon_messages([value]):
        any_message(value)


@pytest.mark.parametrize(
    "value",
    [
        {"role": "user", "content": "t"},
        user({"type": "text", "text": "t"}),
        assistant(content=None, tool_calls=[CALL]),
        {"role": "tool", "tool_call_id": "c", "content": "18 degrees"},
    ],
)
def test_what_most_clients_send_goes_the_short_way(value: dict[str, Any]) -> None:
    assert uncommon_messages([value]) == []
