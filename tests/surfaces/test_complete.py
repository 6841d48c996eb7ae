"""A whole answer folded at one go is what the fold of a stream makes of the same events."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as some

from engine.events import EVENT_FIELDS, Event
from engine.surfaces.answer import Folded
from engine.surfaces.complete import fold_complete
from engine.surfaces.fold import Fold
from tests.surfaces.events import counting

Fields = dict[str, Any]

WORDS = some.sampled_from(["", "a", "b", "stop", "length", "tool_calls", "function_call", "null", "strange"])
VALUES = some.one_of(WORDS, some.none(), some.integers(0, 9), some.booleans(), some.just({"type": "custom"}))
SIMPLE = ("start", "text", "tool_call", "finish", "usage")


@some.composite
def events(draw: some.DrawFn, kinds: tuple[str, ...]) -> Event:
    kind = draw(some.sampled_from(kinds))
    names = EVENT_FIELDS[kind] or ("x", "y")
    fields: Fields = draw(some.dictionaries(some.sampled_from([*names, "type"]), VALUES, max_size=4))
    return Event(kind, fields, draw(some.sampled_from([0, 0, 0, 0, 1])))


def streamed(told: list[Event]) -> Folded:
    fold = Fold(counting())
    fold.feed(told)
    fold.end(complete=True)
    return fold.result()


def check(told: list[Event]) -> None:
    assert fold_complete(told, counting()) == streamed(told)


@settings(deadline=None)
@given(some.lists(events(SIMPLE), max_size=8))
@example([])
@example([Event("start", {}), Event("text", {"text": "a"}), Event("start", {"id": "late"})])
@example([Event("tool_call", {"name": "f"}), Event("finish", {"reason": "stop"})])
@example(
    [Event("text", {"text": ""}), Event("finish", {"reason": "length"}), Event("finish", {"reason": "stop"})]
)
@example([Event("usage", {"prompt": 1, "output": 2})])
def test_simple_answers(told: list[Event]) -> None:
    check(told)


@settings(deadline=None)
@given(some.lists(events(tuple(EVENT_FIELDS)), max_size=8))
@example([Event("text", {"text": "a"}), Event("text", {"text": "b"}, 1), Event("done", {})])
@example([Event("reasoning", {"text": "hm", "signature": "s"}), Event("text", {"text": "a"})])
@example([Event("text", {"text": "a"}), Event("error", {"message": "broken"}), Event("text", {"text": "b"})])
def test_any_answers(told: list[Event]) -> None:
    check(told)


def test_a_text() -> None:
    told = [
        Event("start", {"id": "x", "model": "m"}),
        Event("text", {"text": "18 "}),
        Event("text", {"text": "degrees"}),
        Event("finish", {"reason": "stop"}),
        Event("usage", {"input": 3, "output": 2}),
    ]
    found = fold_complete(told, counting())
    assert (found.start, found.text, found.error) == ({"id": "x", "model": "m"}, "18 degrees", None)
    assert found.usage == {"prompt": 3, "input": 3, "output": 2, "visible": 2, "total": 5}


def test_nothing_is_an_error() -> None:
    found = fold_complete([Event("usage", {"input": 3})], counting())
    assert found.error is not None and found.error.code == "empty_answer"
