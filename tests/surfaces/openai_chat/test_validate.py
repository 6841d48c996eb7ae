from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.errors import RequestRefused
from engine.surfaces.openai_chat.validate import function, uncommon_tools, validate

MISSING, TYPE, VALUE = "missing_required_parameter", "invalid_type", "invalid_value"

RECORDED = Path(__file__).parents[4] / "shared" / "wire" / "recorded"

MESSAGES = [{"role": "user", "content": "hi"}]
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": MESSAGES, **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"some_new_field": {"deep": [1]}, "top_k": "anything"},
        {
            "stream": None,
            "temperature": None,
            "max_tokens": None,
            "tools": None,
            "stop": None,
            "n": None,
            "response_format": None,
            "tool_choice": None,
            "logprobs": None,
            "user": None,
        },
        {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
        {
            "temperature": 0,
            "top_p": 1,
            "max_tokens": 1,
            "max_completion_tokens": 100000,
            "n": 128,
            "seed": -1,
        },
        {
            "temperature": 2.0,
            "frequency_penalty": -2,
            "presence_penalty": 2.0,
            "logprobs": True,
            "top_logprobs": 20,
        },
        {"stop": "a", "user": "", "logit_bias": {"50256": -100}, "metadata": {}, "store": False},
        {"stop": ["a"] * 16, "modalities": ["text", "audio"], "audio": {"voice": "x", "format": "wav"}},
        {"tools": [FUNCTION, {"function": {"name": "g"}}, {"type": "custom", "custom": {"name": "h"}}]},
        {"tools": [{"type": "web_search"}, {"type": "mcp", "server": {}}]},
        {"tools": [], "tool_choice": "required", "parallel_tool_calls": False},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tool_choice": {"type": "custom", "custom": {"name": "f"}}},
        {
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]},
            }
        },
        {"functions": [{"name": "f"}], "function_call": "auto"},
        {"function_call": {"name": "f"}},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_object", "schema": {}}},
        {"response_format": SCHEMA},
        {"reasoning_effort": "minimal"},
    ],
)
def test_good_bodies(fields: dict[str, Any]) -> None:
    validate(body(**fields))


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", MISSING),
        ({"model": ""}, "model", "empty_string"),
        ({"model": 5}, "model", TYPE),
        ({"messages": None}, "messages", MISSING),
        ({"messages": "hi"}, "messages", TYPE),
        ({"messages": {}}, "messages", TYPE),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": [*MESSAGES, {"role": "tool", "content": "x"}]}, "messages[1].tool_call_id", MISSING),
        ({"stream": "true"}, "stream", TYPE),
        ({"stream": 1}, "stream", TYPE),
        ({"stream_options": True}, "stream_options", TYPE),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage", TYPE),
        ({"temperature": "hot"}, "temperature", TYPE),
        ({"temperature": True}, "temperature", TYPE),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": -1}, "temperature", "integer_below_min_value"),
        ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 1.5}, "max_tokens", TYPE),
        ({"max_completion_tokens": "10"}, "max_completion_tokens", TYPE),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 129}, "n", "integer_above_max_value"),
        ({"seed": "x"}, "seed", TYPE),
        ({"stop": 5}, "stop", TYPE),
        ({"stop": ["a", 5]}, "stop[1]", TYPE),
        ({"user": 5}, "user", TYPE),
        ({"logprobs": "yes"}, "logprobs", TYPE),
        ({"top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
        ({"logit_bias": []}, "logit_bias", TYPE),
        ({"frequency_penalty": 3}, "frequency_penalty", "integer_above_max_value"),
        ({"tools": {}}, "tools", TYPE),
        ({"tools": ["f"]}, "tools[0]", TYPE),
        ({"tools": [{}]}, "tools[0].type", MISSING),
        ({"tools": [{"type": 5}]}, "tools[0].type", TYPE),
        ({"tools": [{"type": "function"}]}, "tools[0].function", MISSING),
        ({"tools": [FUNCTION, {"type": "function", "function": {}}]}, "tools[1].function.name", MISSING),
        (
            {"tools": [{"type": "function", "function": {"name": ""}}]},
            "tools[0].function.name",
            "empty_string",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            "tools[0].function.parameters",
            TYPE,
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "strict": "yes"}}]},
            "tools[0].function.strict",
            TYPE,
        ),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].custom.name", MISSING),
        ({"tool_choice": "any"}, "tool_choice", VALUE),
        ({"tool_choice": 5}, "tool_choice", TYPE),
        ({"tool_choice": {}}, "tool_choice.type", MISSING),
        ({"tool_choice": {"type": "odd"}}, "tool_choice.type", VALUE),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function", MISSING),
        ({"tool_choice": {"type": "function", "function": {}}}, "tool_choice.function.name", MISSING),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls", TYPE),
        ({"functions": [{}]}, "functions[0].name", MISSING),
        ({"function_call": "required"}, "function_call", VALUE),
        ({"function_call": {}}, "function_call.name", MISSING),
        ({"response_format": "json"}, "response_format", TYPE),
        ({"response_format": {}}, "response_format.type", MISSING),
        ({"response_format": {"type": "xml"}}, "response_format.type", VALUE),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", MISSING),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
            "response_format.json_schema.schema",
            MISSING,
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": "x"}}},
            "response_format.json_schema.schema",
            TYPE,
        ),
        ({"reasoning_effort": 5}, "reasoning_effort", TYPE),
        ({"modalities": "text"}, "modalities", TYPE),
        ({"metadata": []}, "metadata", TYPE),
    ],
)
def test_bad_bodies(fields: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        validate(body(**fields))
    info = caught.value.info
    assert (info.param, info.code, info.status) == (param, code, 400)
    assert info.type == "invalid_request_error"


@pytest.mark.parametrize("value", [None, [], "hi", 5])
def test_a_body_is_an_object(value: object) -> None:
    with pytest.raises(RequestRefused, match="must be a JSON object"):
        validate(value)


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded traffic beside the repository")
def test_recorded_requests_are_good() -> None:
    seen = 0
    for path in sorted(RECORDED.glob("*/*-chat.*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        request = (record.get("request") or {}).get("body")
        if record["api"] not in ("openai-chat", "deepseek-chat", "groq-chat", "dashscope-openai-chat"):
            continue
        if isinstance(request, dict) and record["response"]["status"] == 200:
            validate(request)
            seen += 1
    assert seen > 30


VALUES = some.sampled_from(["", "x", None, 1, True, [], {}])


@settings(deadline=None)
@given(
    some.one_of(
        VALUES, some.dictionaries(some.sampled_from(["name", "description", "parameters", "strict"]), VALUES)
    )
)
def test_the_short_way_accepts_no_function_that_is_wrong(value: Any) -> None:
    if not uncommon_tools([{"type": "function", "function": value}]):
        function(value)


def test_most_functions_go_the_short_way() -> None:
    given = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    assert uncommon_tools([{"type": "function", "function": given}]) == []
