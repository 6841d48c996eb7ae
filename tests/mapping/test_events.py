from __future__ import annotations

from typing import Any

import pytest

from engine.errors import MappingFailed
from engine.events import EVENT_FIELDS
from tests.mapping.templates import dialect, good, plain, scope


def source(events: str, root: str) -> str:
    return f"{root}\noperations:\n  chat:\n    request: {{path: /}}\n    stream: {{events: {events}}}\n"


def read(events: str, data: Any = None, root: str = "") -> list[tuple[Any, ...]]:
    stream = good(source(events, root)).operations["chat"].stream
    assert stream is not None
    return plain(stream.read(data, scope()))


def wrong(events: str, root: str = "") -> list[tuple[str, int]]:
    return [(item.code, item.at.column) for item in dialect(source(events, root))[1]]


FIRST = "    stream: {events: ["
COLUMN = len(FIRST) + 1


class TestValues:
    def test_a_scalar_is_the_first_field(self) -> None:
        text = '[{text: a, reasoning: =data.r, finish: stop, error: "no ${data.r}", tool_call: =data.k}]'
        assert read(text, {"r": "b", "k": 0}) == [
            ("text", {"text": "a"}), ("reasoning", {"text": "b"}), ("finish", {"reason": "stop"}),
            ("error", {"message": "no b"}), ("tool_call", {"key": 0}),
        ]  # fmt: skip

    def test_null_is_no_event_and_an_empty_text_is_one(self) -> None:
        assert read("[{text: =data.none}, {text: =data.empty}]", {"empty": ""}) == [("text", {"text": ""})]

    def test_an_object_holds_fields_and_without_any_is_no_event(self) -> None:
        text = "[{usage: {input: =data.i, output: =data.o}, tool_call: {id: =data.none}}]"
        assert read(text, {"i": 3}) == [("usage", {"input": 3})]

    def test_an_expression_that_yields_an_object_holds_fields_too(self) -> None:
        given = {"usage": {"input": 3, "output": None}}
        assert read("[{usage: =data.usage}]", given) == [("usage", {"input": 3})]
        assert read("[{extra: =data.usage}]", given) == [("extra", {"input": 3})]

    def test_unless_the_event_does_not_know_them(self) -> None:
        with pytest.raises(MappingFailed, match="event 'usage' has no field 'tokens'"):
            read("[{usage: =data}]", {"tokens": 1})
        with pytest.raises(MappingFailed, match="'extra' needs an object"):
            read("[{extra: =data}]", 1)

    def test_keys_are_events_in_the_order_written(self) -> None:
        assert [kind for kind, _ in read("[{finish: stop, text: a, done: true}]")] == [
            "finish",
            "text",
            "done",
        ]

    def test_an_event_without_fields_is_there_when_its_value_is_true(self) -> None:
        assert (
            read("[{done: true}, {done: =data.d}, {done: {$when: =data.d}}]", {"d": True})
            == [("done", {})] * 3
        )
        assert read("[{done: false}, {done: =data.d}, {done: {$when: =data.d}}]", {"d": False}) == []

    def test_open_events_take_any_field(self) -> None:
        assert read("[{extra: {a: =data, b: 1}, citation: {url: x}}]", 1) == [
            ("extra", {"a": 1, "b": 1}), ("citation", {"url": "x"})
        ]  # fmt: skip

    def test_spread_fields(self) -> None:
        assert read("[{usage: {$spread: =data, total: 9}}]", {"input": 1, "output": None}) == [
            ("usage", {"input": 1, "total": 9})
        ]
        assert read("[{usage: {$spread: =data}}]", None) == []


class TestChoice:
    def test_beside_events_it_is_that_of_all(self) -> None:
        assert read("[{choice: =data.i, text: a, finish: stop}]", {"i": 2}) == [
            ("text", {"text": "a"}, 2), ("finish", {"reason": "stop"}, 2)
        ]  # fmt: skip

    def test_inside_an_event_it_is_its_own(self) -> None:
        text = "[{choice: 1, text: {text: a, choice: =data}, finish: {reason: stop}}]"
        assert read(text, 3) == [("text", {"text": "a"}, 3), ("finish", {"reason": "stop"}, 1)]
        assert read("[{text: =data}]", {"text": "a", "choice": 2}) == [("text", {"text": "a"}, 2)]

    def test_it_alone_is_no_event(self) -> None:
        assert read("[{text: {choice: 1}}, {choice: 2}]") == []

    def test_null_is_the_first(self) -> None:
        assert read("[{choice: =data.none, text: a}]", {}) == [("text", {"text": "a"})]

    def test_it_is_a_number(self) -> None:
        assert wrong("[{choice: a, text: b}]") == [("bad-event", COLUMN + 9)]
        with pytest.raises(MappingFailed, match="choice needs a number"):
            read("[{choice: =data, text: a}]", "x")


class TestDirectives:
    def test_they_stand_between_events(self) -> None:
        text = (
            "[{$each: =data.l, $as: [x, i], $where: =x, $do: {choice: =i, text: =x}},"
            " {$when: =data.w, finish: stop},"
            " {$switch: [{when: =data.s, then: [{text: s}, {refusal: t}]}, {else: {text: e}}]},"
            " {$let: {y: =data.s}, $in: {extra: {y: =y}}},"
            " {$when: =data.w, $value: [{text: v}]}]"
        )
        assert read(text, {"l": ["a", "", "b"], "w": 1, "s": 1}) == [
            ("text", {"text": "a"}), ("text", {"text": "b"}, 2), ("finish", {"reason": "stop"}),
            ("text", {"text": "s"}), ("refusal", {"text": "t"}), ("extra", {"y": 1}), ("text", {"text": "v"}),
        ]  # fmt: skip

    def test_lists_under_do_nest(self) -> None:
        text = "[{$each: =data, $as: x, $do: [{text: =x}, {$each: =x, $as: y, $do: {refusal: =y}}]}]"
        assert read(text, [["a"]]) == [("text", {"text": ["a"]}), ("refusal", {"text": "a"})]

    def test_definitions_of_events_and_of_fields(self) -> None:
        root = (
            "defs: {says: {$args: [t], $do: [{text: =t}, {finish: stop}]},"
            " usage: {$args: [u], $do: {input: =u.i, output: =u.o}}}"
        )
        text = "[{choice: 1, usage: {$call: usage, u: =data}}, {$call: says, t: x}]"
        assert read(text, {"i": 1}, root) == [
            ("usage", {"input": 1}, 1), ("text", {"text": "x"}), ("finish", {"reason": "stop"})
        ]  # fmt: skip

    def test_a_definition_is_checked_where_it_is_used(self) -> None:
        root = "defs: {u: {$do: {inputs: 1}}, e: {$do: [{txt: 1}]}}"
        assert wrong("[{usage: {$call: u}, extra: {$call: u}}, {$call: e}]", root) == [
            ("unknown-event-field", 18), ("unknown-event", 42)
        ]  # fmt: skip

    def test_fields_may_be_chosen(self) -> None:
        text = "[{error: {$switch: [{when: =data, then: {message: a, class: quota}}, {else: plain}]}}]"
        assert read(text, 1) == [("error", {"message": "a", "class": "quota"})]
        assert read(text, None) == [("error", {"message": "plain"})]


class TestMistakes:
    @pytest.mark.parametrize(
        ("event", "code", "column"),
        [
            ("{txt: a}", "unknown-event", 1),
            ("{tool_call: {key: 1, idd: 2}}", "unknown-event-field", 21),
            ("{text: {finish: a}}", "unknown-event-field", 8),
            ("=data", "bad-event", 0),
            ("a", "bad-event", 0),
            ("{$compact: {text: a}}", "bad-event", 11),
            ("{text: null}", "bad-event", 7),
            ("{text: [a]}", "bad-event", 7),
            ("{extra: a}", "bad-event", 8),
            ("{finish: stopp}", "unknown-finish", 9),
            ("{finish: {reason: stopp}}", "unknown-finish", 18),
            ("{error: {class: quotas, message: x}}", "unknown-class", 16),
            ("{$spread: =data, text: a}", "directive-conflict", 0),
        ],
    )
    def test_they_are_found_at_load(self, event: str, code: str, column: int) -> None:
        assert wrong(f"[{event}]") == [(code, COLUMN + column)]

    def test_with_a_hint(self) -> None:
        found = dialect(source("[{txt: a}, {usage: {ouput: 1}}]", ""))[1]
        assert [item.hint for item in found] == ["did you mean 'text'?", "did you mean 'output'?"]


@pytest.mark.parametrize("kind", sorted(EVENT_FIELDS))
def test_every_kind_can_be_yielded(kind: str) -> None:
    fields = EVENT_FIELDS[kind]
    value = {name: 1 for name in fields or ()} | ({"any": 1} if fields is None else {})
    written = ", ".join(f"{name}: =data" for name in value)
    assert read(f"[{{{kind}: {{{written}}}}}]", 1) == [(kind, value)]
