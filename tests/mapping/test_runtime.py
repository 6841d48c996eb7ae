from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ErrorClass, RequestRefused
from engine.events import Event, new_event
from engine.mapping import runtime
from engine.mapping.runtime import TemplateError


@pytest.mark.parametrize(
    ("value", "true"),
    [(0, True), (0.0, True), (1, True), ("", False), ("a", True), ([], False), ({}, False), (None, False),
     (False, False), (True, True)],
)  # fmt: skip
def test_truth(value: Any, true: bool) -> None:
    assert runtime.truth(value) is true


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (1, "1"), (1.5, "1.5"), (True, "true"), (False, "false")]
)
def test_text(value: Any, text: str) -> None:
    assert runtime.written(value) == runtime.label(value) == text


def test_labels_of_what_is_no_text() -> None:
    assert [runtime.label(value) for value in (None, [], {})] == [None, None, None]


@pytest.mark.parametrize(
    ("value", "word"), [(None, "null"), ([1], "a list"), ({"a": 1}, "an object"), (b"", "bytes")]
)
def test_messages_name_the_kind_and_never_the_value(value: Any, word: str) -> None:
    with pytest.raises(TemplateError, match=f"got {word}$"):
        runtime.written(value)


def test_refusing() -> None:
    with pytest.raises(RequestRefused) as refused:
        runtime.refuse("no", 1, 2, "strange")
    info = refused.value.info
    assert (info.error_class, info.status, info.param, info.code) == (ErrorClass.INVALID, 400, "1", "2")


def test_spreading() -> None:
    target: dict[str, Any] = {}
    runtime.spread(target, [{"a": 1}, None, [{"b": 2}]])
    assert target == {"a": 1, "b": 2}
    with pytest.raises(TemplateError, match="got a text"):
        runtime.spread(target, "x")


def test_events() -> None:
    assert new_event(("text", {"text": "a"}, 1)) == Event("text", {"text": "a"}, 1)
    assert isinstance(new_event(("text", {}, 0)), Event)
    assert runtime.event("usage", {"input": 1, "choice": 2}, 0) == Event("usage", {"input": 1}, 2)


@pytest.mark.parametrize("value", [-1, "1", 1.5, True])
def test_choices_are_numbers_from_zero(value: Any) -> None:
    with pytest.raises(TemplateError):
        runtime.choice_of(value)


def test_nothing_has_a_name() -> None:
    assert repr(runtime.NOTHING) == "NOTHING"
