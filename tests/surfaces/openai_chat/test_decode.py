from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.events import CHAT_FIELDS
from engine.surfaces.openai_chat.decode import ASSUMED, CARRIED, ENGINE_FIELDS, FIELDS, chat_of, decode

MESSAGES = [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]


def chat(**fields: Any) -> Any:
    return decode({"model": "m", "messages": MESSAGES, **fields})


def test_every_field_is_there() -> None:
    assert set(FIELDS) == set(CHAT_FIELDS)
    assert set(CARRIED.values()) <= set(CHAT_FIELDS)
    assert not set(CARRIED) & ENGINE_FIELDS and not set(ASSUMED) & ENGINE_FIELDS


def test_a_bare_request() -> None:
    found = {name: getattr(chat(), name) for name in CHAT_FIELDS}
    assert found == dict.fromkeys(CHAT_FIELDS) | {
        "system": [{"type": "text", "text": "s"}],
        "turns": [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}],
    }


def test_a_bad_request_is_refused() -> None:
    with pytest.raises(RequestRefused):
        chat(temperature="hot")


def test_a_body_that_is_known_to_be_good_is_not_checked() -> None:
    assert chat_of({"messages": []}).turns == []
    assert chat_of({}).system == []


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"max_tokens": 5}, "max_tokens", 5),
        ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens", 6),
        ({"max_tokens": 5, "max_completion_tokens": None}, "max_tokens", 5),
        ({"temperature": 0}, "temperature", 0),
        ({"temperature": None}, "temperature", None),
        ({"top_p": 0.5}, "top_p", 0.5),
        ({"stop": "END"}, "stop", ["END"]),
        ({"stop": ["A", "B"]}, "stop", ["A", "B"]),
        ({"stop": []}, "stop", None),
        ({"stream": True}, "stream", True),
        ({"stream": False}, "stream", False),
        ({"n": 3}, "n", 3),
        ({"seed": 7}, "seed", 7),
        ({"user": "u"}, "user", "u"),
        ({"reasoning_effort": "low"}, "effort", "low"),
        ({"parallel_tool_calls": False}, "parallel", False),
        ({"response_format": {"type": "text"}}, "format", {"type": "text"}),
        ({"response_format": {"type": "json_object"}}, "format", {"type": "json"}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "a", "schema": {}, "strict": None},
                }
            },
            "format",
            {"type": "schema", "name": "a", "schema": {}},
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "a", "schema": {"x": 1}, "strict": True, "description": "d"},
                }
            },
            "format",
            {"type": "schema", "name": "a", "schema": {"x": 1}, "strict": True, "description": "d"},
        ),
        ({"tool_choice": "auto"}, "tool_choice", {"mode": "auto"}),
        ({"tool_choice": "none"}, "tool_choice", {"mode": "none"}),
        ({"tool_choice": "required"}, "tool_choice", {"mode": "required"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice",
            {"mode": "tool", "name": "f"},
        ),
        (
            {"tool_choice": {"type": "custom", "custom": {"name": "f"}}},
            "tool_choice",
            {"mode": "tool", "name": "f"},
        ),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "required",
                        "tools": [
                            {"type": "function", "function": {"name": "f"}},
                            {"type": "x", "name": "g"},
                        ],
                    },
                }
            },
            "tool_choice",
            {"mode": "required", "allowed": ["f", "g"]},
        ),
        ({"function_call": "none"}, "tool_choice", {"mode": "none"}),
        ({"function_call": {"name": "f"}}, "tool_choice", {"mode": "tool", "name": "f"}),
        ({"tools": []}, "tools", None),
    ],
)
def test_fields(fields: dict[str, Any], name: str, expected: Any) -> None:
    assert getattr(chat(**fields), name) == expected


def test_tools() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    full = {"name": "f", "description": "d", "parameters": schema, "strict": True, "odd": 1}
    given = [
        {"type": "function", "function": full, "cache_control": {"type": "ephemeral"}},
        {"type": "function", "function": {"name": "noargs", "description": None}},
        {"function": {"name": "untyped"}},
        {"type": "custom", "custom": {"name": "calc", "description": "c", "format": {"type": "text"}}},
        {"type": "vendor:search", "max_results": 3},
    ]
    nothing = {"type": "object", "properties": {}}
    assert chat(tools=given, functions=[{"name": "old"}]).tools == [
        {
            "type": "function",
            "name": "f",
            "description": "d",
            "strict": True,
            "schema": schema,
            "extra": {"odd": 1, "cache_control": {"type": "ephemeral"}},
        },
        {"type": "function", "name": "noargs", "schema": nothing},
        {"type": "function", "name": "untyped", "schema": nothing},
        {"type": "custom", "name": "calc", "description": "c", "extra": {"format": {"type": "text"}}},
        {"type": "vendor:search", "extra": {"max_results": 3}},
        {"type": "function", "name": "old", "schema": nothing},
    ]


def test_what_the_client_asked_for() -> None:
    sent = chat(temperature=1, seed=None, top_k=5, logit_bias={"1": 2}, stream=True, metadata={"a": 1}).sent
    assert sent == {"temperature", "top_k", "logit_bias"}


def test_what_is_assumed_anyway_asks_for_nothing() -> None:
    assumed = {name: values[0] for name, values in ASSUMED.items()}
    assert chat(**assumed).sent == frozenset()
    assert chat(n=2, frequency_penalty=0.5, parallel_tool_calls=False, logprobs=True, stop=["a"]).sent == {
        "n", "frequency_penalty", "parallel_tool_calls", "logprobs", "stop",
    }  # fmt: skip
