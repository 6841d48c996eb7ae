"""The nodes of a template, one by one: scalars, lists, objects, directives."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.interpolation import has_expressions
from engine.mapping.registry import COMPANIONS, DIRECTIVES
from engine.mapping.sight import suggestion
from engine.mapping.spot import Spot, is_expression
from engine.mapping.statements import constant
from engine.tree import Entry, Mapping, Scalar, Sequence

GUARD = "$when"
ESCAPE = "a literal key that begins with $ is written with $$"


def write(block: Block, spot: Spot, sink: Sink) -> list[ast.stmt]:
    """Statements that hand the value of a node to a sink; each knows the place of its node."""
    if isinstance(spot.node, Sequence):
        statements = sink.sequence(block, spot)
    elif isinstance(spot.node, Mapping):
        statements = _mapping(block, spot, sink)
    else:
        statements = _scalar(block, spot, spot.node, sink)
    for statement in statements:
        if not hasattr(statement, "lineno"):
            block.module.place(statement, spot.token)
    return statements


def _scalar(block: Block, spot: Spot, leaf: Scalar, sink: Sink) -> list[ast.stmt]:
    if is_expression(leaf):
        return sink.expression(block, block.expression(leaf, 1, leaf.value[1:], spot.path))
    if isinstance(leaf.value, str) and has_expressions(leaf.value):
        return sink.interpolated(block, block.parts(leaf, spot.path))
    return sink.put(block, constant(leaf.value))


def _mapping(block: Block, spot: Spot, sink: Sink) -> list[ast.stmt]:
    entries = spot.entries()
    special = [entry for entry in entries if is_special(entry.key)]
    if not special:
        return sink.mapping(block, spot, entries)
    if _has_unknown(block, spot, special):
        return []
    guard = next((entry for entry in special if entry.key == GUARD), None)
    if guard is not None:
        rest = tuple(entry for entry in entries if entry is not guard)
        form = Form(spot, {GUARD: spot.of(guard)}, {GUARD: guard.key_at}, rest)
        return _known(GUARD).emit(block, form, sink.inner())
    found = _form(block, spot, special, entries)
    return found[0].emit(block, found[1], sink.inner()) if found else []


def is_special(key: str) -> bool:
    """Whether a key belongs to the language; `$$key` does not."""
    return key.startswith("$") and not key.startswith("$$")


def _known(title: str) -> Directive:
    found = DIRECTIVES.get(title)
    assert found is not None
    return found


def _has_unknown(block: Block, spot: Spot, special: list[Entry]) -> bool:
    unknown = [entry for entry in special if entry.key not in DIRECTIVES and entry.key not in COMPANIONS]
    for entry in unknown:
        hint = suggestion(entry.key, [*DIRECTIVES.names(), *COMPANIONS]) or ESCAPE
        message = f"unknown directive {entry.key!r}"
        block.error(entry.key_at, "unknown-directive", message, spot.below(entry.key), hint)
    return bool(unknown)


def _form(
    block: Block, spot: Spot, special: list[Entry], entries: tuple[Entry, ...]
) -> tuple[Directive, Form] | None:
    """The one directive of a mapping, with what stands beside it; None, with problems noted, if wrong."""
    heads = [entry for entry in special if entry.key in DIRECTIVES]
    if not heads:
        lost = special[0]
        message = f"{lost.key!r} belongs to {COMPANIONS[lost.key]}, which is missing here"
        block.error(lost.key_at, "directive-conflict", message, spot.below(lost.key))
        return None
    head, directive = heads[0], _known(heads[0].key)
    own = {entry.key: entry for entry in special if entry is head or entry.key in directive.keys}
    rest = tuple(entry for entry in entries if entry.key not in own)
    if _has_strangers(block, spot, directive, rest) or _lacks(block, spot, directive, own):
        return None
    places = {entry.key: entry.key_at for entry in own.values()}
    return directive, Form(spot, {key: spot.of(entry) for key, entry in own.items()}, places, rest)


def _has_strangers(block: Block, spot: Spot, directive: Directive, rest: tuple[Entry, ...]) -> bool:
    strangers = [entry for entry in rest if not directive.open or is_special(entry.key)]
    for entry in strangers:
        message = f"{entry.key!r} cannot stand beside {directive.name}"
        hint = "a mapping has one directive; only its own keys and $when may stand beside it"
        block.error(entry.key_at, "directive-conflict", message, spot.below(entry.key), hint)
    return bool(strangers)


def _lacks(block: Block, spot: Spot, directive: Directive, own: dict[str, Entry]) -> bool:
    missing = [key for key in directive.required if key not in own]
    for key in missing:
        at = own[directive.name].key_at
        block.error(at, "bad-arguments", f"{directive.name} needs {key}", spot.below(directive.name))
    return bool(missing)
