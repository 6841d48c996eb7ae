"""`$each`: a template for each element of a list."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from engine.expression.code import call, conditional, name
from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.runtime import key_text, looped
from engine.mapping.sinks import Items, Key, kept
from engine.mapping.spot import Spot
from engine.mapping.statements import assign, for_each, has_type, present, when
from engine.registry import Example
from engine.tree import Node, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Loop:
    """`names` are the loop names with their Python variables; the second one counts from 0."""

    form: Form
    names: dict[str, str]


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    loop = Loop(form, _names(block, form.own.get("$as")))
    each = form.own["$each"]
    if block.is_text(each, "$each takes a list"):
        return []
    source = block.fresh("each")
    rounds = None if {"$key", "$then"} & form.own.keys() else sink.rounds()
    if rounds is not None:
        body = _rounds(block, loop, source, rounds)
    else:
        body = [when(present(name(source)), _collected(block, loop, source, sink))]
    return [*kept(block, each, source), *body]


def _names(block: Block, spot: Spot | None) -> dict[str, str]:
    if spot is None:
        return {}
    nodes = spot.node.items if isinstance(spot.node, Sequence) else (spot.node,)
    names = [node.value for node in nodes if isinstance(node, Scalar) and _is_name(node)]
    if len(names) != len(nodes) or len(set(names)) != len(names) or len(names) not in (1, 2):
        block.error(spot.at, "bad-arguments", "$as takes a name, or [name, name of the index]", spot.path)
    return {text: block.fresh(text) for text in names}


def _is_name(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and node.value.isidentifier()


def _collected(block: Block, loop: Loop, source: str, sink: Sink) -> list[ast.stmt]:
    """Gather everything into one list or object, then hand that over."""
    gathered = block.fresh("gathered")
    key = loop.form.own.get("$key")
    if key is None:
        start = assign(gathered, ast.List([], ast.Load()))
        body = _rounds(block, loop, source, Items(gathered, splices_written=True))
    else:
        start = assign(gathered, ast.Dict([], []))
        body = _keyed(block, loop, source, key, gathered)
    return [start, *body, *_handed_over(block, loop, gathered, sink)]


def _handed_over(block: Block, loop: Loop, gathered: str, sink: Sink) -> list[ast.stmt]:
    then = loop.form.own.get("$then")
    if then is None:
        return sink.put(block, name(gathered))
    with block.binding({"it": gathered}):
        written = block.write(then, sink.inner())
    return [*block.names.opening([gathered]), *written]


def _rounds(block: Block, loop: Loop, source: str, sink: Sink) -> list[ast.stmt]:
    with block.round(loop.names):
        return _for(block, loop, source, block.write(loop.form.own["$do"], sink))


def _keyed(block: Block, loop: Loop, source: str, key: Spot, target: str) -> list[ast.stmt]:
    local = block.fresh("key")
    with block.round(loop.names):
        named = kept(block, key, local)
        value = block.write(loop.form.own["$do"], Key(target, name(local)))
        text = block.module.place(assign(local, block.use(key_text, name(local))), key.token)
        return _for(block, loop, source, [*named, when(present(name(local)), [text, *value])])


def _for(block: Block, loop: Loop, source: str, body: list[ast.stmt]) -> list[ast.stmt]:
    where = loop.form.own.get("$where")
    if where is not None:
        with block.binding(loop.names):
            test = block.condition(where).test
        body = [when(test, body)]
    body = [*block.names.opening(loop.names.values()), *body]
    values = conditional(has_type(name(source), "list"), name(source), block.use(looped, name(source)))
    values = block.module.place(values, loop.form.own["$each"].token)
    variables: list[ast.expr] = [ast.Name(variable, ast.Store()) for variable in loop.names.values()]
    if len(variables) < 2:
        target = variables[0] if variables else ast.Name(block.fresh("round"), ast.Store())
        return [for_each(target, values, body)]
    pair = ast.Tuple([variables[1], variables[0]], ast.Store())
    return [for_each(pair, call(name("enumerate"), values), body)]


SPEC = Directive(
    name="$each",
    summary=(
        "The template under `$do` for each element of a list; a null list yields nothing. `$as` names the "
        "element, or `[element, index]`; `$where` leaves elements out; `$key` makes an object; `$then` is a "
        "template over the whole result, named `it`. Inside a list, the elements become elements of it."
    ),
    emit=emit,
    keys=("$as", "$where", "$do", "$key", "$then"),
    required=("$do",),
    examples=(
        Example("{$each: =body.n, $as: x, $do: {n: =x}}", [{"n": 1}, {"n": 2}], {"body": {"n": [1, 2]}}),
        Example("{k: {$each: =body.n, $as: x, $do: =x}}", {}, {"body": {}}),
        Example(
            "[a, {$each: =body.n, $as: [x, i], $do: [=x, =i]}]",
            ["a", "p", 0, "q", 1],
            {"body": {"n": ["p", "q"]}},
        ),
        Example(
            "{$each: =body.n, $as: x, $where: \"=x != 'p'\", $do: =x}", ["q"], {"body": {"n": ["p", "q"]}}
        ),
        Example(
            "{$each: =body.n, $as: x, $key: =x.k, $do: =x.v}", {"a": 1}, {"body": {"n": [{"k": "a", "v": 1}]}}
        ),
        Example("{$each: =body.n, $as: x, $do: =x, $then: =length(it)}", 2, {"body": {"n": [7, 8]}}),
    ),
)
