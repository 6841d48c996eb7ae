"""`$call`: a named template of `defs`, with arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from engine.expression.code import call, compare, name
from engine.expression.module import MAX_LOOPS, loops_of
from engine.mapping.block import Block, Definition, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.runtime import NOTHING
from engine.mapping.sight import suggestion
from engine.mapping.sinks import value_of
from engine.mapping.statements import assign, constant, run, when
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    wanted = form.own["$call"]
    definition = block.home.definition(block, wanted)
    if definition is None:
        return []
    _check_arguments(block, form, definition)
    if block.takes_in_place(definition):
        written = _in_place(block, form, definition, sink)
        if block.rounds + nesting(written) <= MAX_LOOPS:
            return written
    statements: list[ast.stmt] = []
    arguments: list[ast.expr] = [*sink.leading, name("scope"), _deeper(block)]
    for _, first, value in _values(block, form, definition):
        statements += first
        arguments.append(value)
    title = block.home.callee(block, definition, sink.mode)
    block.calls.add(title)
    called = block.module.place(call(name(title), *arguments), wanted.at)
    if sink.leading:
        return [*statements, run(called)]
    result = block.fresh("result")
    there = compare(name(result), ast.IsNot(), block.module.constant(NOTHING))
    return [*statements, assign(result, called), when(there, sink.yielded(block, name(result)))]


def _in_place(block: Block, form: Form, definition: Definition, sink: Sink) -> list[ast.stmt]:
    """The definition itself, where each round of a loop would pay for the call."""
    statements: list[ast.stmt] = []
    names: dict[str, str] = {}
    made: list[str] = []
    for argument, first, value in _values(block, form, definition):
        statements += first
        if isinstance(value, ast.Name) and block.names.is_local(value):
            names[argument] = value.id
            continue
        names[argument] = block.fresh(argument)
        made.append(names[argument])
        statements.append(assign(names[argument], value))
    with block.placed(definition, names):
        written = block.write(definition.body, sink)
    # What is entered here has a place of its own, as a call has.
    begun = block.module.place(ast.Pass(), form.own["$call"].at)
    return [begun, *statements, *block.names.opening(made), *written]


def _values(
    block: Block, form: Form, definition: Definition
) -> Iterator[tuple[str, list[ast.stmt], ast.expr]]:
    given = {entry.key: entry for entry in form.rest}
    for argument in definition.arguments:
        if argument in given:
            yield argument, *value_of(block, form.spot.of(given[argument]), argument)


def nesting(statements: list[ast.stmt]) -> int:
    """How deep loops and comprehensions nest."""
    return max((_nesting(statement) for statement in statements), default=0)


def _nesting(node: ast.AST) -> int:
    return loops_of(node) + max(map(_nesting, ast.iter_child_nodes(node)), default=0)


def _deeper(block: Block) -> ast.expr:
    return ast.BinOp(block.depth, ast.Add(), constant(1))


def _check_arguments(block: Block, form: Form, callee: Definition) -> None:
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
