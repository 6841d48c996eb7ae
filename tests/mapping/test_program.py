from __future__ import annotations

import gc

import pytest

from engine.errors import MappingFailed, RequestRefused
from engine.expression.module import Module
from engine.mapping.program import Functions, Program, reason
from engine.mapping.runtime import TemplateError
from tests.mapping.templates import program, render, scope


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{a: {b: =length(body.n)}}", "t.yaml:1:10"),
        ("{a: {b: \"=join(',', body.l)\"}}", "t.yaml:1:11"),
        ("a:\n  - {$each: =body.n, $do: 1}", "t.yaml:2:14"),
        ("{a: {$spread: =body.n}}", "t.yaml:1:16"),
        ("{a: {$each: =body.l, $as: x, $key: =body, $do: 1}}", "t.yaml:1:37"),
        ('{a: {$raise: {message: "${body.none}"}}}', "t.yaml:1:27"),
    ],
)
def test_failures_know_the_place_of_their_template(text: str, where: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        render(text, body={"n": 1, "l": [1]})
    assert failure.value.where == where and failure.value.info.status == 500


def test_a_refusal_is_no_failure() -> None:
    with pytest.raises(RequestRefused):
        render("{$raise: no}")


def test_pythons_own_messages_are_not_told() -> None:
    assert reason(TemplateError("told")) == "told"
    assert reason(KeyError("sk-secret")) == "the data does not fit the template (KeyError)"


def test_a_failure_outside_of_generated_code_names_the_template() -> None:
    module = Module()
    made = Program("f", module, "models.a.when")
    made.bind(Functions(module, {"f": lambda scope: [][0]}))
    with pytest.raises(MappingFailed) as failure:
        made(None)
    assert failure.value.where == "models.a.when"


def test_two_runs_share_nothing() -> None:
    run = program("{a: [{b: 1}], $$c: {}}")
    first = run(scope())
    first["a"][0]["b"] = 2
    assert run(scope()) == {"a": [{"b": 1}], "$c": {}}


def test_with_its_last_program_a_unit_goes_at_once() -> None:
    """Not when the garbage collector comes, which looks at what is loaded no more."""
    gc.collect()
    gc.disable()
    try:
        run = program("{a: =twice}", root="{let: {once: =body.n, twice: '=[once, once]'}}")
        assert run(scope(body={"n": 1})) == {"a": [1, 1]}
        del run
        assert gc.collect() == 0
    finally:
        gc.enable()
