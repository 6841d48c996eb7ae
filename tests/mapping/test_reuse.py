from __future__ import annotations

import pytest

from engine.mapping.names import VIEWS
from engine.mapping.sinks import Back
from tests.mapping.templates import chat_scope, program, render, spot, unit


def code(text: str, view: str = "request") -> str:
    home = unit()
    home.program(VIEWS[view], "template", lambda block: block.write(spot(text), Back()))
    return home.module.source()


@pytest.mark.parametrize(
    ("text", "field", "times"),
    [
        ("{a: =body.x, b: =body.x, c: =body.x}", "x", 1),
        ("{$switch: [{when: =body.x == 'a', then: 1}, {when: =body.x == 'b', then: 2}, {else: =body.x}]}", "x", 1),
        ("{$switch: [{when: =body.c, then: =body.x}, {else: =body.x}]}", "x", 2),
        ("[{$when: =body.c, $value: =body.x}, =body.x]", "x", 2),
        ("{a: =body.c && body.x, b: =body.x}", "x", 2),
        ("{a: =body.x && body.c, b: =body.x}", "x", 1),
        ("{a: '=if(body.c, body.x, body.x)', b: =body.x}", "x", 3),
        ("{a: =body.x, b: '=body.list[?@ == body.x]'}", "x", 2),
        ("{a: '=headers.\"x-y\"', b: '=headers.\"x-y\"'}", "x-y", 1),
    ],
)  # fmt: skip
def test_a_field_is_read_once_on_every_way(text: str, field: str, times: int) -> None:
    assert code(text).count(f".get('{field}')") == times


def test_a_field_of_the_chat_is_kept_too() -> None:
    text = "{a: =chat.effort, b: =chat.effort}"
    assert code(text).count("chat.effort") == 1
    request = {"messages": [{"role": "user", "content": "hi"}], "model": "m", "reasoning_effort": "low"}
    assert program(text, "request")(chat_scope(request)) == {"a": "low", "b": "low"}


def test_each_round_of_a_loop_reads_its_own() -> None:
    text = "{$each: =body.list, $as: p, $where: =p.n, $do: {a: =p.n, b: =p.n, c: =body.k, d: =body.k}}"
    assert code(text).count(".get('n')") == 1
    body = {"list": [{"n": 1}, {}, {"n": 2}], "k": 3}
    assert render(text, "request", body=body) == [
        {"a": 1, "b": 1, "c": 3, "d": 3},
        {"a": 2, "b": 2, "c": 3, "d": 3},
    ]


LETS = "{let: {x: =body.x}, operations: {}}"


def test_a_let_is_asked_for_until_it_is_known() -> None:
    text = "{a: {$when: =body.c, $value: =x}, b: =x, c: =x && body.c, d: '=x == `1`'}"
    home = unit(LETS)
    home.program(VIEWS["request"], "template", lambda block: block.write(spot(text), Back()))
    assert home.module.source().count("x_let if x_let is not") == 2
    assert render(text, "request", LETS, body={"x": 0, "c": 2}) == {"a": 0, "b": 0, "c": 2, "d": False}


def test_a_local_of_an_expression_is_the_one_that_is_read_again() -> None:
    assert code("{a: =body.x || 'n', b: =body.x.y}").count(":=") == 2


def test_what_may_be_written_meanwhile_is_read_again() -> None:
    assert code("[{text: =state.n}, {$set: {n: 1}}, {text: =state.n}]", "stream").count(".get('n')") == 2
