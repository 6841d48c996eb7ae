"""Each call in one piece, whatever comes between its pieces."""

from __future__ import annotations

from typing import Any

import pytest

from engine.events import Event
from engine.surfaces.declared.in_turn import InTurn
from tests.surfaces.events import DONE, call, finish, orderly, text, usage

ERROR = Event("error", {"message": "boom"})


def told(events: list[Event], *, one_by_one: bool = True) -> list[Any]:
    """Kinds, texts and calls, as a protocol is told of them."""
    turns = InTurn()
    batches = [[event] for event in events] if one_by_one else [events]
    out = [event for batch in batches for event in turns.order(batch)]
    return [
        (event.fields["key"], event.fields["arguments"]) if event.kind == "tool_call" else event.fields.get("text", event.kind)
        for event in out
    ]  # fmt: skip


def piece(key: int, arguments: str, choice: int = 0, **more: Any) -> Event:
    return call(choice, key=key, id=f"t{key}", name="f", arguments=arguments, **more)


def test_what_is_in_turn_goes_at_once() -> None:
    turns = InTurn()
    for event in (text("a"), piece(0, "{"), piece(0, "}"), piece(1, ""), piece(1, "{}"), text("b"), DONE):
        assert turns.order([event]) == [event]


@pytest.mark.parametrize("one_by_one", [True, False])
def test_calls_that_cross_are_told_one_after_another(one_by_one: bool) -> None:
    events = [
        piece(0, ""), piece(1, '{"b":'), piece(2, "{"), piece(0, '{"a":'), piece(1, "2}"), text("x"),
        piece(0, "1}"), piece(2, "}"), finish("tool_calls"), usage(output=1), DONE,
    ]  # fmt: skip
    assert told(events, one_by_one=one_by_one) == [
        (0, ""), (0, '{"a":'), (0, "1}"), (1, '{"b":'), (1, "2}"), (2, "{"), (2, "}"), "x",
        "finish", "usage", "done",
    ]  # fmt: skip


def test_a_function_without_arguments_is_called_once() -> None:
    """The fold tells its `{}` at the end of the stream, when others were called since."""
    said = [
        call(key=0, id="t0", name="f", arguments=""),
        call(key=1, id="t1", name="g", arguments="{}"),
        DONE,
    ]
    events = orderly([*said[:2], text("x"), finish("tool_calls"), said[2]])
    assert told(events)[:5] == ["start", (0, ""), (0, "{}"), (1, "{}"), "x"]


def test_choices_wait_for_their_own_calls_alone() -> None:
    assert told([piece(0, "{"), text("b", 1), text("a", 0), piece(0, "}")]) == [(0, "{"), "b", (0, "}"), "a"]


@pytest.mark.parametrize("end", [DONE, ERROR, finish("stop")])
def test_what_never_became_whole_is_told_in_the_end(end: Event) -> None:
    assert told([piece(0, '{"a'), text("x"), end]) == [(0, '{"a'), "x", end.kind]


def test_a_call_with_free_text_is_whole_at_any_time() -> None:
    custom = {"type": "custom"}
    assert told([piece(0, "ls", extra=custom), text("x")]) == [(0, "ls"), "x"]
