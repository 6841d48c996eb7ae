from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.openai_chat.messages import object_in, system, turns


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def call(id: str, name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def called(id: str, name: str = "f", arguments: str = "{}", **fields: Any) -> dict[str, Any]:
    made = {"type": "tool_call", "id": id, "name": name, "arguments": arguments, "input": {}}
    return {**made, **fields}


def result(id: str, name: str | None, content: str, **fields: Any) -> dict[str, Any]:
    made = {
        "type": "tool_result", "id": id, "name": name, "text": content, "json": None,
        "parts": [text(content)], "is_error": False,
    }  # fmt: skip
    return {**made, **fields}


def test_a_conversation() -> None:
    messages = [
        {"role": "system", "content": "You are kind."},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": "what is this?"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.test/a"}}]},
        {"role": "system", "content": "In French."},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [call("c1", arguments='{"city":"Paris"}'), call("c2", "g", "")],
        },
        {"role": "tool", "tool_call_id": "c2", "content": '{"temp": 18}'},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "ok"}]},
        {"role": "user", "content": "thanks"},
        {"role": "assistant", "content": "welcome"},
        {"role": "assistant", "content": "!"},
    ]
    assert system(messages) == [text("You are kind."), text("Be brief."), text("In French.")]
    assert turns(messages) == [
        {"role": "user", "parts": [text("what is this?"), {"type": "image", "url": "https://x.test/a"}]},
        {
            "role": "assistant",
            "parts": [
                called("c1", arguments='{"city":"Paris"}', input={"city": "Paris"}),
                called("c2", "g", ""),
            ],
        },
        {
            "role": "user",
            "parts": [
                result("c2", "g", '{"temp": 18}', json={"temp": 18}),
                result("c1", "f", "ok"),
                text("thanks"),
            ],
        },
        {"role": "assistant", "parts": [text("welcome"), text("!")]},
    ]


def test_empty_messages_are_no_turns() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": "b"},
    ]
    assert turns(messages) == [{"role": "user", "parts": [text("a"), text("b")]}]


def test_results_come_first_in_their_turn() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "tool_calls": [call("c", "f"), call("d", "f")]},
        {"role": "user", "content": "wait"},
        {"role": "tool", "tool_call_id": "d", "content": "2"},
        {"role": "user", "content": "more"},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
    ]
    assert [part["text"] for part in turns(messages)[1]["parts"]] == ["1", "2", "wait", "more"]
    assert [part["text"] for part in turns(messages[1:3])[0]["parts"]] == ["2", "wait"]


def test_equal_calls_stay_apart_and_ids_may_come_again() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "tool_calls": [call("c", "f"), call("d", "f")]},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
        {"role": "tool", "tool_call_id": "d", "content": "2"},
        {"role": "assistant", "tool_calls": [call("c", "g")]},
        {"role": "tool", "tool_call_id": "c", "content": "3"},
        {"role": "tool", "tool_call_id": "lost", "content": "4"},
    ]
    found = [part for turn in turns(messages) for part in turn["parts"]]
    assert [(part["id"], part["name"], part.get("text")) for part in found] == [
        ("c", "f", None), ("d", "f", None), ("c", "f", "1"), ("d", "f", "2"),
        ("c", "g", None), ("c", "g", "3"), ("lost", None, "4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "input"),
    [("", {}), ("{", {}), ("[1]", {}), ("5", {}), (' {"a": [1]}', {"a": [1]}), ("null", {}), (None, {})],
)
def test_arguments_stay_as_they_are(arguments: str, input: dict[str, Any]) -> None:
    (turn,) = turns([{"role": "assistant", "tool_calls": [call("c", "f", arguments)]}])
    assert turn["parts"] == [called("c", "f", arguments or "", input=input)]


def test_results_with_more_than_text() -> None:
    content = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "https://x.test/i"}},
        {"type": "text", "text": "b"},
    ]
    (turn,) = turns(
        [{"role": "tool", "tool_call_id": "c", "content": content, "is_error": True, "name": "f"}]
    )
    image = {"type": "image", "url": "https://x.test/i"}
    assert turn["parts"] == [
        result("c", None, "a\nb", parts=[text("a"), image, text("b")], is_error=True, extra={"name": "f"})
    ]


def test_an_empty_result_is_a_result() -> None:
    (turn,) = turns([{"role": "tool", "tool_call_id": "c", "content": ""}])
    assert turn["parts"] == [result("c", None, "")]


def test_functions_of_old() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"x":1}'}},
        {"role": "function", "name": "f", "content": "1"},
        {"role": "assistant", "function_call": {"name": "f"}},
        {"role": "function", "name": "f", "content": None},
        {"role": "function", "name": "g", "content": "2"},
    ]
    assert [part for turn in turns(messages)[1:] for part in turn["parts"]] == [
        called("call_1", "f", '{"x":1}', input={"x": 1}),
        result("call_1", "f", "1"),
        called("call_3", "f", ""),
        result("call_3", "f", "", parts=[]),
        result("call_5", "g", "2"),
    ]


def test_custom_calls_have_text_for_input() -> None:
    custom = {"id": "c", "type": "custom", "custom": {"name": "calc", "input": "4 + 4"}}
    (turn,) = turns([{"role": "assistant", "tool_calls": [custom]}])
    assert turn["parts"] == [called("c", "calc", "4 + 4", extra={"type": "custom"})]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning_content": "hm"}, [{"type": "reasoning", "text": "hm"}]),
        ({"reasoning": "hm"}, [{"type": "reasoning", "text": "hm"}]),
        ({"reasoning_content": "", "reasoning": None, "reasoning_details": None}, []),
        (
            {
                "reasoning_content": "one two",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "one ", "signature": "s1", "index": 0},
                    {"type": "reasoning.encrypted", "extra_content": {"sealed": "x"}, "index": 1},
                    {"type": "reasoning.summary", "summary": "two", "format": "v1"},
                ],
            },
            [
                {"type": "reasoning", "text": "one ", "signature": "s1"},
                {"type": "reasoning", "text": "", "extra": {"sealed": "x"}},
                {"type": "reasoning", "text": "two", "extra": {"format": "v1"}},
            ],
        ),
        (
            {"reasoning_content": "hm", "reasoning_details": [{"type": "reasoning.text", "signature": "s"}]},
            [{"type": "reasoning", "text": "hm", "signature": "s"}],
        ),
    ],
)
def test_reasoning_comes_first(fields: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    (turn,) = turns([{"role": "assistant", "content": "a", **fields}])
    assert turn["parts"] == [*expected, text("a")]


def test_refusals_and_audio_of_the_assistant() -> None:
    (turn,) = turns([{"role": "assistant", "content": None, "refusal": "no", "audio": {"id": "a"}}])
    assert turn["parts"] == [
        {"type": "text", "text": "no", "extra": {"refusal": True}},
        {"type": "audio", "id": "a"},
    ]


def test_what_a_message_has_beside_its_content_is_kept() -> None:
    signed = {**call("c"), "extra_content": {"vendor": {"signature": "s"}}, "index": 0}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "s", "cache_control": {"type": "ephemeral"}},
        {"role": "user", "content": "a", "name": "ann"},
        {"role": "assistant", "content": "b", "tool_calls": [signed], "annotations": None},
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "d", "prefix": True},
    ]
    assert system(messages) == [{**text("s"), "extra": {"cache_control": {"type": "ephemeral"}}}]
    assert [turn["parts"] for turn in turns(messages)] == [
        [{**text("a"), "extra": {"name": "ann"}}],
        [text("b"), called("c", extra={"vendor": {"signature": "s"}})],
        [text("c")],
        [{**text("d"), "extra": {"prefix": True}}],
    ]


def test_the_body_is_not_changed() -> None:
    part = {"type": "text", "text": "a"}
    messages = [{"role": "user", "content": [part], "name": "ann"}, {"role": "user", "content": [part]}]
    assert turns(messages) == turns(messages)
    assert part == {"type": "text", "text": "a"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [('{"a": 1}', {"a": 1}), (' {"a": 1} ', {"a": 1}), ("{", None), ("[]", None), ("x", None), ("", None)],
)
def test_object_in(value: str, expected: dict[str, Any] | None) -> None:
    assert object_in(value) == expected


def test_results_of_one_tool_come_in_the_order_of_its_calls() -> None:
    calls = [call("a"), call("b", "g"), call("c")]
    results = [{"role": "tool", "tool_call_id": id, "content": id} for id in "cba"]
    made = turns([{"role": "assistant", "tool_calls": calls}, *results, {"role": "user", "content": "so?"}])
    assert [part["text"] for part in made[1]["parts"]] == ["a", "b", "c", "so?"]
