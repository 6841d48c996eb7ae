from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.answer import ToolCall
from engine.surfaces.tool_calls import Call, ToolCalls, text_of
from tests.surfaces.events import counting

Fields = dict[str, Any]


def read(*events: Fields, keep: bool = True) -> tuple[list[Fields], list[ToolCall]]:
    calls = ToolCalls(counting(), keep)
    told = [event for fields in events if (event := calls.feed(fields))]
    return told + calls.end(), calls.result()


def calls(*events: Fields) -> list[tuple[str, str, str]]:
    told, result = read(*events)
    again: dict[int, list[str]] = {}
    for event in told:
        again.setdefault(event["key"], []).append(event["arguments"])
        made = result[event["key"]]
        assert (event["id"], event["name"]) == (made.id, made.name)
    assert {key: "".join(pieces) for key, pieces in again.items()} == {
        index: call.arguments for index, call in enumerate(result)
    }
    return [(call.id, call.name, call.arguments) for call in result]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [
                {"key": 0, "id": "a", "name": "f", "arguments": ""},
                {"key": 0, "arguments": '{"x":'},
                {"key": 0, "arguments": "1}"},
                {"key": 1, "id": "b", "name": "g", "arguments": "{}"},
            ],
            [("a", "f", '{"x":1}'), ("b", "g", "{}")],
            id="as it should be",
        ),
        pytest.param(
            [
                {"key": 0, "id": "a", "name": "f", "arguments": ""},
                {"key": 0, "id": "", "name": "", "arguments": '{"x"'},
                {"key": 0, "id": "a", "name": "", "arguments": None},
                {"key": 0, "id": "a", "name": "f", "arguments": ":1}"},
            ],
            [("a", "f", '{"x":1}')],
            id="ids empty or repeated, name empty or repeated, arguments null",
        ),
        pytest.param(
            [
                {"key": 0, "id": "a", "name": "f", "arguments": "{"},
                {"key": 0, "id": "x", "arguments": '"k":'},
                {"key": 0, "id": "y", "name": "", "arguments": "1}"},
            ],
            [("a", "f", '{"k":1}')],
            id="another id with every piece",
        ),
        pytest.param(
            [
                {"key": 0, "id": "a", "name": "f", "arguments": "{"},
                {"key": 0, "id": "b", "name": "f", "arguments": "{"},
                {"key": 0, "id": "", "name": "", "arguments": "}"},
                {"key": 0, "id": "a", "name": "", "arguments": '"x":'},
                {"key": 0, "id": "", "name": "", "arguments": "1}"},
                {"key": 0, "id": "c", "name": "g", "arguments": "{}"},
            ],
            [("a", "f", '{"x":1}'), ("b", "f", "{}"), ("c", "g", "{}")],
            id="one key for all calls, pieces by the id seen last",
        ),
        pytest.param(
            [
                {"key": 0, "name": "f", "arguments": {"x": 1}},
                {"key": 0, "name": "g", "arguments": {"x": 2}},
            ],
            [("call_1", "f", '{"x":1}'), ("call_2", "g", '{"x":2}')],
            id="one key, no ids, whole calls",
        ),
        pytest.param(
            [
                {"name": "f", "arguments": {"x": 1}},
                {"name": "f", "arguments": {"x": 1}},
                {"id": "n", "name": "f", "arguments": '{"x":1}'},
                {"id": "n", "name": "f", "arguments": '{"x":1}'},
            ],
            [
                ("call_1", "f", '{"x":1}'),
                ("call_2", "f", '{"x":1}'),
                ("n", "f", '{"x":1}'),
                ("call_3", "f", '{"x":1}'),
            ],
            id="whole calls without a key, equal ones apart",
        ),
        pytest.param(
            [
                {"id": "a", "name": "f", "arguments": "{"},
                {"id": "b", "name": "g", "arguments": "{"},
                {"id": "a", "arguments": '"x":1}'},
                {"id": "", "name": "", "arguments": "}"},
            ],
            [("a", "f", '{"x":1}'), ("b", "g", "{}")],
            id="no key, pieces by id or of the last call",
        ),
        pytest.param(
            [{"key": 0, "id": "same", "name": "f"}, {"key": 1, "id": "same", "name": "g"}],
            [("same", "f", "{}"), ("call_1", "g", "{}")],
            id="one id for two keys",
        ),
        pytest.param(
            [
                {"key": 1, "id": "a", "name": "f", "arguments": "{"},
                {"key": 0, "id": "b", "name": "g", "arguments": "{"},
                {"key": 1, "arguments": "}"},
                {"key": 0, "arguments": "}"},
            ],
            [("a", "f", "{}"), ("b", "g", "{}")],
            id="pieces of two calls in turns, keys in any order",
        ),
        pytest.param(
            [
                {"key": 0, "id": "a", "arguments": "{"},
                {"key": 0, "arguments": '"x":1'},
                {"key": 0, "name": "f", "arguments": "}"},
            ],
            [("a", "f", '{"x":1}')],
            id="the name comes last",
        ),
        pytest.param(
            [
                {"key": 0, "name": "f", "arguments": "{"},
                {"key": 0, "id": "late", "name": "f", "arguments": "}"},
            ],
            [("call_1", "f", "{}")],
            id="the id comes late",
        ),
        pytest.param(
            [{"key": 0, "id": "a", "name": "f", "arguments": " \n"}], [("a", "f", " \n{}")], id="blank"
        ),
        pytest.param([{"key": 0, "id": "a", "name": "f", "arguments": []}], [("a", "f", "[]")], id="a list"),
        pytest.param([{"key": 0, "arguments": '{"x":1}'}], [("call_1", "", '{"x":1}')], id="never a name"),
        pytest.param(
            [{"key": 0, "id": "", "name": "", "arguments": None}, {"key": 1, "id": "a"}], [], id="nothing"
        ),
        pytest.param(
            [{"key": {"odd": 1}, "name": "f"}, {"key": {"odd": 1}, "arguments": "{}"}],
            [("call_1", "f", "{}")],
            id="odd key",
        ),
    ],
)
def test_calls_are_told_apart(events: list[Fields], expected: list[tuple[str, str, str]]) -> None:
    assert calls(*events) == expected


def test_what_is_told_of_a_stream() -> None:
    told, _ = read(
        {"key": 7, "id": "a", "name": "f", "arguments": ""},
        {"key": 7, "arguments": ""},
        {"key": 7, "arguments": "{}"},
        {"key": 8, "id": "b", "name": "g"},
    )
    assert told == [
        {"key": 0, "id": "a", "name": "f", "arguments": ""},
        {"key": 0, "id": "a", "name": "f", "arguments": "{}"},
        {"key": 1, "id": "b", "name": "g", "arguments": ""},
        {"key": 1, "id": "b", "name": "g", "arguments": "{}"},
    ]


def test_extra_travels_with_its_call() -> None:
    told, result = read(
        {"key": 0, "id": "a", "extra": {"sign": 1}},
        {"key": 0, "name": "f", "arguments": "{}"},
        {"key": 0, "extra": {"late": 2}},
        {"key": 0, "extra": None},
    )
    assert [event.get("extra") for event in told] == [{"sign": 1}, {"late": 2}]
    assert result[0].extra == {"sign": 1, "late": 2}


def test_without_keep_only_the_arguments_are_forgotten() -> None:
    events = [{"key": 0, "id": "a", "name": "f", "arguments": '{"x":1}'}, {"key": 1, "name": "g"}]
    assert read(*events, keep=False)[0] == read(*events)[0]
    assert [(call.name, call.arguments) for call in read(*events, keep=False)[1]] == [("f", ""), ("g", "")]


def test_a_call_is_another_by_name_or_by_name_and_id() -> None:
    call = Call()
    call.name, call.native_id = "f", "a"
    assert [call.is_another(*pair) for pair in (("f", "a"), ("f", ""), ("", "b"), ("", "a"))] == [False] * 4
    assert [call.is_another(*pair) for pair in (("g", "a"), ("g", ""), ("f", "b"))] == [True] * 3


def test_text_of() -> None:
    assert [text_of(value) for value in ("a", None, {"ü": 1}, 5, True)] == ["a", "", '{"ü":1}', "5", "true"]


def test_a_custom_tool_may_be_called_with_nothing() -> None:
    calls = ToolCalls(counting(), keep=True)
    calls.feed({"id": "a", "name": "now", "extra": {"type": "custom"}})
    assert calls.end() == []
    assert calls.result()[0].arguments == ""
