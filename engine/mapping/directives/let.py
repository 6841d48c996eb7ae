"""`$let` … `$in`: local names."""

from __future__ import annotations

import ast
from contextlib import ExitStack

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.sinks import kept
from engine.registry import Example
from engine.tree import Mapping


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spot = form.own["$let"]
    if not isinstance(spot.node, Mapping):
        block.error(spot.at, "bad-arguments", "$let takes an object of names", spot.path)
        return []
    written: list[tuple[str, list[ast.stmt]]] = []
    with ExitStack() as names:
        for entry in spot.entries():
            if not entry.key.isidentifier():
                block.error(
                    entry.key_at, "bad-arguments", f"{entry.key!r} cannot be a name", spot.below(entry.key)
                )
                continue
            local = block.fresh(entry.key)
            written.append((local, kept(block, spot.of(entry), local)))
            names.enter_context(block.binding({entry.key: local}))
        body = block.write(form.own["$in"], sink)
    bound = [line for local, value in written for line in (*value, *block.names.opening([local]))]
    return [*bound, *body]


SPEC = Directive(
    name="$let",
    summary="Local names for the template under `$in`, each seen by those after it.",
    emit=emit,
    keys=("$in",),
    required=("$in",),
    examples=(
        Example('{$let: {a: =body.n, b: "=add(a, `1`)"}, $in: {sum: =b}}', {"sum": 3}, {"body": {"n": 2}}),
        Example("[x, {$let: {a: =body.n}, $in: [=a, =a]}]", ["x", 2, 2], {"body": {"n": 2}}),
    ),
)
