"""`$switch`: the first arm whose condition holds."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from engine.mapping.block import Block, Condition, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.sight import suggestion
from engine.mapping.spot import Spot
from engine.mapping.statements import constant, when
from engine.registry import Example
from engine.tree import Entry, Mapping, Sequence

SHAPE = "each arm is {when, then} or {else}"
ALWAYS = Condition(constant(True), True, "else")


@dataclass(frozen=True, slots=True)
class Arm:
    """`spot` is the arm's condition, or what stands under its `else`."""

    spot: Spot
    condition: Condition
    statements: list[ast.stmt]


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spot = form.own["$switch"]
    if not isinstance(spot.node, Sequence):
        block.error(spot.at, "bad-arguments", "$switch takes a list of arms", spot.path, SHAPE)
        return []
    items = list(spot.items())
    arms = [_arm(block, item, sink, last=item is items[-1]) for item in items]
    good = [arm for arm in arms if arm is not None]
    _note_unreachable(block, good)
    return _chain(good)


def _arm(block: Block, spot: Spot, sink: Sink, *, last: bool) -> Arm | None:
    entries = _entries(block, spot)
    if entries is None:
        return None
    if "else" in entries:
        if not last:
            at = entries["else"].key_at
            block.error(at, "else-not-last", "else must be the last arm", spot.below("else"))
        then = spot.of(entries["else"])
        return Arm(then, ALWAYS, block.write(then, sink))
    when_spot, then = spot.of(entries["when"]), spot.of(entries["then"])
    return Arm(when_spot, block.condition(when_spot), block.write(then, sink))


def _entries(block: Block, spot: Spot) -> dict[str, Entry] | None:
    """The keys of an arm if they are right."""
    if not isinstance(spot.node, Mapping):
        block.error(spot.at, "bad-arguments", SHAPE, spot.path)
        return None
    entries = {entry.key: entry for entry in spot.entries()}
    allowed = ("else",) if "else" in entries else ("when", "then")
    strange = next((entry for entry in entries.values() if entry.key not in allowed), None)
    if strange is not None:
        hint = suggestion(strange.key, allowed)
        block.error(strange.key_at, "bad-arguments", SHAPE, spot.below(strange.key), hint)
        return None
    missing = next((key for key in allowed if key not in entries), None)
    if missing is not None:
        block.error(spot.at, "bad-arguments", SHAPE, spot.path, f"{missing!r} is missing")
        return None
    return entries


def _note_unreachable(block: Block, arms: list[Arm]) -> None:
    seen: set[str] = set()
    for arm in arms:
        key = arm.condition.key or ""
        reason = None
        if arm.condition.known is False:
            reason = "its condition is never true"
        elif key and key in seen:
            reason = "an arm before it has the same condition"
        elif "" in seen:
            reason = "an arm before it always matches"
        if reason:
            message = f"this arm is never reached: {reason}"
            block.problems.warning(arm.spot.at, "unreachable-arm", message, path=arm.spot.path)
        seen.add("" if arm.condition.known else key)


def _chain(arms: list[Arm]) -> list[ast.stmt]:
    if not arms:
        return []
    first, rest = arms[0], arms[1:]
    if first.condition.known:
        return first.statements
    return [when(first.condition.test, first.statements, _chain(rest))]


SPEC = Directive(
    name="$switch",
    summary="The first arm whose condition is true; without one and without `else`, nothing.",
    emit=emit,
    examples=(
        Example(
            "{$switch: [{when: =body.a, then: first}, {else: {b: =body.b}}]}", "first", {"body": {"a": 1}}
        ),
        Example(
            "{$switch: [{when: =body.a, then: first}, {else: {b: =body.b}}]}", {"b": 2}, {"body": {"b": 2}}
        ),
        Example("{k: {$switch: [{when: =body.a, then: first}]}}", {}, {"body": {}}),
    ),
)
