"""Frames of a client's stream."""

from __future__ import annotations

import pytest

from engine.diagnostics import Problems
from engine.mapping.frames import data_frame, text_frame
from engine.mapping.runtime import TemplateError
from engine.mapping.scope import Scope
from engine.mapping.surface import compile_surface
from engine.tree import Mapping
from tests.mapping.templates import tree


def frames(case: str, **names: object) -> list[tuple[str | None, bytes]]:
    node = tree(
        f"{{defs: {{one: {{$args: [x], $do: [{{data: =x}}]}}}}, encode: {{cases: {{text: {case}}}}}}}"
    )
    assert isinstance(node, Mapping)
    problems = Problems()
    surface = compile_surface("s", node, problems)
    assert not problems.items, problems.items
    found: list[tuple[str | None, bytes]] = surface.encode.cases["text"](Scope(state={}, **names))
    return found


def faults(case: str) -> list[str]:
    node = tree(f"{{encode: {{cases: {{text: {case}}}}}}}")
    assert isinstance(node, Mapping)
    problems = Problems()
    compile_surface("s", node, problems)
    return [item.code for item in problems.items]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("[{data: {a: =text}}]", [(None, b'{"a":"hi"}')]),
        ("{event: e, data: =text}", [("e", b'"hi"')]),
        ('[{event: =text, data: {}}, {text: "[DONE]"}]', [("hi", b"{}"), (None, b"[DONE]")]),
        ("[{$when: =text == 'no', data: 1}, {$call: one, x: =text}]", [(None, b'"hi"')]),
        ("[{$each: '=[`1`, `2`]', $as: n, $do: {data: =n}}]", [(None, b"1"), (None, b"2")]),
        ("[=event]", [(None, b'{"text":"hi"}')]),
        ("[{$set: {n: 1}}, {data: =state.n}]", [(None, b"1")]),
    ],
)
def test_frames(case: str, expected: list[tuple[str | None, bytes]]) -> None:
    if "one" not in case:
        case = f"[{case if not case.startswith('[') else case[1:-1]}, {{$when: false, $call: one, x: 1}}]"
    assert frames(case, event={"text": "hi"}) == expected


@pytest.mark.parametrize(
    "case", ["[x]", "[{event: e}]", "[{data: 1, text: a}]", "[{datum: 1}]", "[{$spread: =event}]"]
)
def test_what_is_no_frame(case: str) -> None:
    assert faults(case) == ["bad-frame"]


def test_what_turns_out_to_be_no_frame() -> None:
    with pytest.raises(TemplateError, match="event"):
        data_frame(3, {})
    with pytest.raises(TemplateError, match="text"):
        text_frame(None, {})
