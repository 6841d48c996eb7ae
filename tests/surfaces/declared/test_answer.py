"""Whole answers as templates see them."""

from __future__ import annotations

from engine.events import Event
from engine.surfaces.answer import Folded, FoldedChoice, ToolCall
from engine.surfaces.declared.answer import answer_names, begin, parts_of
from tests.surfaces.events import DONE, call, folded, meta, reasoning, start, text, usage


def test_content_is_in_the_order_in_which_it_came() -> None:
    told = folded(
        [
            start(), Event("extra", {"early": 1}), reasoning("h"), reasoning("m", signature="s"), text("a"),
            call(name="f", arguments='{"x":1}', key=0, id="c1"), text("b"), Event("citation", {"url": "u"}),
            Event("image", {"data": "QQ=="}), Event("refusal", {"text": "no"}), call(name="g", key=1, id="c2"), Event("extra", {"late": 2}),
            reasoning(extra={"k": 1}), usage(input=1, output=2), DONE,
        ]
    )  # fmt: skip
    names = answer_names(told, meta())
    assert (names["id"], names["model"], names["finish"], names["usage"]["output"]) == (
        "up-1", "m-1", "tool_calls", 2,
    )  # fmt: skip
    assert names["parts"] == [
        {"type": "extra", "extra": {"early": 1}},
        {"type": "reasoning", "text": "hm", "signature": "s"},
        {"type": "text", "text": "a"},
        {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"x":1}', "input": {"x": 1}},
        {"type": "text", "text": "b", "citations": [{"url": "u"}]},
        {"type": "image", "data": "QQ=="},
        {"type": "refusal", "text": "no"},
        {"type": "tool_call", "id": "c2", "name": "g", "arguments": "{}", "input": {}},
        {"type": "extra", "extra": {"late": 2}},
        {"type": "reasoning", "text": "", "extra": {"k": 1}},
    ]


def test_a_simple_answer_has_its_text_before_its_calls() -> None:
    choice = FoldedChoice(0, "stop", "a", tool_calls=[ToolCall("c", "f", "{}", {"g": 1})])
    assert parts_of(choice) == [
        {"type": "text", "text": "a"},
        {"type": "tool_call", "id": "c", "name": "f", "arguments": "{}", "input": {}, "extra": {"g": 1}},
    ]


def test_what_the_engine_says_where_the_upstream_does_not() -> None:
    assert begin({}, meta()) == {"id": "chatcmpl-1", "model": "alias", "created": 1700000000}
    assert answer_names(Folded({}, [FoldedChoice(0, "stop")]), meta())["usage"] is None
