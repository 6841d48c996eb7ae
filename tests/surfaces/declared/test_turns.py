"""Turns, completed."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.surfaces.declared.turns import complete_parts, complete_stop, complete_tools, complete_turns

HI = {"type": "text", "text": "hi"}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: Any) -> dict[str, Any]:
    return {"role": "assistant", "parts": list(parts)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, []), ("", []), ("hi", [HI]), (HI, [HI]), ([HI, {"type": "text", "text": ""}, 3], [HI]),
        ([{"type": "text", "text": "", "extra": {"a": 1}}], [{"type": "text", "text": "", "extra": {"a": 1}}]),
    ],
)  # fmt: skip
def test_parts(given: Any, expected: Any) -> None:
    assert complete_parts(given) == expected


def test_neighbours_are_one_turn_and_empty_ones_are_none() -> None:
    turns = complete_turns([user(HI), user(HI), model(), {"role": "assistant", "parts": "yes"}, user()])
    assert turns == [user(HI, HI), model({"type": "text", "text": "yes"})]
    assert complete_turns(None) == []
    with pytest.raises(RequestRefused):
        complete_turns([{"role": "robot", "parts": "x"}])


def test_calls_and_results_know_each_other() -> None:
    call = {"type": "tool_call", "id": "c1", "name": "f", "input": {"x": 1}}
    result = {"type": "tool_result", "id": "c1", "parts": [{"type": "text", "text": '{"y":2}'}]}
    turns = complete_turns([model(call), user(result)])
    assert turns[0]["parts"] == [{**call, "arguments": '{"x":1}'}]
    assert turns[1]["parts"] == [
        {**result, "name": "f", "text": '{"y":2}', "json": {"y": 2}, "is_error": False}
    ]


def test_arguments_that_are_text() -> None:
    good = {"type": "tool_call", "id": "c", "name": "f", "arguments": '{"x":1}'}
    bad = {"type": "tool_call", "id": "d", "name": "f", "arguments": "{"}
    made = complete_turns([model(good, bad)])[0]["parts"]
    assert [part["input"] for part in made] == [{"x": 1}, {}]


def test_a_result_without_id_and_name_is_of_the_oldest_call() -> None:
    calls = [
        {"type": "tool_call", "id": id, "name": name, "input": {}} for id, name in (("1", "f"), ("2", "g"))
    ]
    results = [{"type": "tool_result", "text": text} for text in "ab"]
    found = complete_turns([model(*calls), user(*results)])[1]["parts"]
    assert [(part["id"], part["name"]) for part in found] == [("1", "f"), ("2", "g")]


def test_protocols_without_ids_tell_calls_by_name_and_order() -> None:
    calls = [{"type": "tool_call", "name": name, "input": {}} for name in ("f", "g", "f")]
    results = [{"type": "tool_result", "name": name, "text": name} for name in ("f", "f", "g", "h")]
    turns = complete_turns([model(*calls), user(*results)])
    assert [part["id"] for part in turns[0]["parts"]] == ["call_0", "call_1", "call_2"]
    assert [part["id"] for part in turns[1]["parts"]] == ["call_0", "call_2", "call_1", "call_3"]
    assert turns[1]["parts"][0]["parts"] == [{"type": "text", "text": "f"}]


def test_tools_and_stops() -> None:
    assert complete_tools([]) is None and complete_tools(None) is None
    made = complete_tools([{"name": "f"}, {"type": "search", "extra": {}}])
    assert made == [
        {"name": "f", "type": "function", "schema": {"type": "object", "properties": {}}},
        {"type": "search", "extra": {}},
    ]
    assert (complete_stop("a"), complete_stop([]), complete_stop(["a"])) == (["a"], None, ["a"])


def test_results_come_first_in_their_turn() -> None:
    words = {"type": "text", "text": "wait"}
    turns = complete_turns([user(words, {"type": "tool_result", "id": "c", "text": "1"}, words)])
    assert [part["text"] for part in turns[0]["parts"]] == ["1", "wait", "wait"]
