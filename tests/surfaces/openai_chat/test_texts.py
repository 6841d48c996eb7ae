from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.surfaces.openai_chat.texts import rewrite_body

BODY: dict[str, Any] = {
    "model": "word",
    "user": "word",
    "messages": [
        {"role": "system", "content": "word"},
        {"role": "developer", "content": [{"type": "text", "text": "word"}]},
        {
            "role": "user",
            "name": "word",
            "content": [
                {"type": "text", "text": "word"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,word"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "refusal": "word",
            "reasoning_content": "word",
            "reasoning_details": [{"type": "x", "text": "word", "signature": "word"}],
            "tool_calls": [
                {
                    "id": "word",
                    "type": "function",
                    "function": {"name": "word", "arguments": '{"word": "word"}'},
                },
                {"id": "2", "type": "custom", "custom": {"name": "word", "input": "word"}},
            ],
            "function_call": {"name": "word", "arguments": "word"},
        },
        {"role": "tool", "tool_call_id": "word", "content": "word"},
    ],
    "tools": [{"type": "function", "function": {"name": "word", "description": "word"}}],
    "prediction": {"type": "content", "content": "word"},
}


def test_every_text_is_rewritten_by_its_part_and_nothing_else_is() -> None:
    before = copy.deepcopy(BODY)
    found = rewrite_body(BODY, lambda part, text: text.replace("word", part))
    system, developer, user, assistant, tool = found["messages"]
    assert before == BODY
    assert (system["content"], developer["content"][0]["text"]) == ("system", "system")
    assert user["content"] == [{"type": "text", "text": "text"}, BODY["messages"][2]["content"][1]]
    assert (assistant["refusal"], assistant["reasoning_content"]) == ("text", "reasoning")
    assert assistant["reasoning_details"] == [{"type": "x", "text": "reasoning", "signature": "word"}]
    called, custom = assistant["tool_calls"]
    assert called["function"] == {"name": "word", "arguments": '{"tool_arguments": "tool_arguments"}'}
    assert custom["custom"] == {"name": "word", "input": "tool_input"}
    assert assistant["function_call"]["arguments"] == "tool_arguments"
    assert (tool["content"], tool["tool_call_id"]) == ("tool_results", "word")
    assert found["prediction"]["content"] == "text"
    assert [found[name] for name in ("model", "user", "tools")] == [
        BODY[n] for n in ("model", "user", "tools")
    ]
    assert (user["name"], called["id"]) == ("word", "word")


def test_what_no_rule_finds_is_the_very_same() -> None:
    assert rewrite_body(BODY, lambda part, text: text) is BODY
    assert rewrite_body(BODY, lambda part, text: str(bytes(text, "utf-8"), "utf-8")) is BODY


@pytest.mark.parametrize(
    "messages", [None, "x", [1, None, {"role": 5, "content": 7, "tool_calls": "x"}], [{}]]
)
def test_nonsense_is_left_for_the_decoder_to_refuse(messages: Any) -> None:
    assert rewrite_body({"messages": messages}, lambda part, text: text)["messages"] == messages
