"""`$call`: a named template of `defs`, with arguments."""

from __future__ import annotations

import ast

from engine.expression.code import call, compare, name
from engine.mapping.block import Block, Callee, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.runtime import NOTHING
from engine.mapping.sight import suggestion
from engine.mapping.sinks import value_of
from engine.mapping.statements import assign, constant, run, when
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    wanted = form.own["$call"]
    callee = block.home.callee(block, wanted, sink.mode)
    if callee is None:
        return []
    _check_arguments(block, form, callee)
    statements: list[ast.stmt] = []
    arguments: list[ast.expr] = [*sink.leading, name("scope"), _deeper(block)]
    given = {entry.key: entry for entry in form.rest}
    for argument in callee.arguments:
        if argument in given:
            first, value = value_of(block, form.spot.of(given[argument]), argument)
            statements += first
            arguments.append(value)
    block.calls.add(callee.title)
    called = block.module.place(call(name(callee.title), *arguments), wanted.at)
    if sink.leading:
        return [*statements, run(called)]
    result = block.fresh("result")
    there = compare(name(result), ast.IsNot(), block.module.constant(NOTHING))
    return [*statements, assign(result, called), when(there, sink.yielded(block, name(result)))]


def _deeper(block: Block) -> ast.expr:
    return ast.BinOp(block.depth, ast.Add(), constant(1))


def _check_arguments(block: Block, form: Form, callee: Callee) -> None:
    wanted = form.own["$call"]
    for entry in form.rest:
        if entry.key not in callee.arguments:
            takes = ", ".join(callee.arguments) or "nothing"
            message = f"{callee.name!r} has no argument {entry.key!r}; it takes {takes}"
            hint = suggestion(entry.key, callee.arguments)
            block.error(entry.key_at, "bad-arguments", message, form.spot.below(entry.key), hint)
    for argument in callee.arguments:
        if all(entry.key != argument for entry in form.rest):
            block.error(
                wanted.at, "bad-arguments", f"{callee.name!r} needs the argument {argument!r}", wanted.path
            )


SPEC = Directive(
    name="$call",
    summary=(
        "A template of `defs`, with a value for each of its `$args`. A definition sees the names of the "
        "place that it is called from, but not the local ones; it may call itself, 64 deep at most."
    ),
    emit=emit,
    open=True,
    definitions=(
        "{part: {$args: [p], $do: {type: text, text: =p}}, "
        "pair: {$args: [p], $do: [=p, =p]}, "
        "tree: {$args: [n], $do: {name: =n.name, below: {$compact: "
        "{$each: =n.below, $as: b, $do: {$call: tree, n: =b}}}}}}"
    ),
    examples=(
        Example("{k: {$call: part, p: =body.a}}", {"k": {"type": "text", "text": "x"}}, {"body": {"a": "x"}}),
        Example("[0, {$call: pair, p: =body.a}]", [0, "x", "x"], {"body": {"a": "x"}}),
        Example(
            "{$call: tree, n: =body}",
            {"name": "a", "below": [{"name": "b"}]},
            {"body": {"name": "a", "below": [{"name": "b", "below": []}]}},
        ),
    ),
)
