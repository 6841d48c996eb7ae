"""Event mappings: `{text: =data.delta, finish: …}` becomes `Event`s in the order written."""

from __future__ import annotations

import ast

from engine.events import EVENT_FIELDS, FINISH_REASONS, new_event
from engine.expression.code import both, compare, conditional, method, name
from engine.mapping.block import Block, Expression, Sink
from engine.mapping.classes import check_class
from engine.mapping.runtime import choice_of, event, truth
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Value, build_object, if_present, is_literal, value_of
from engine.mapping.spot import Spot, text_of
from engine.mapping.statements import assign, constant, has_type, keep, run, when
from engine.tree import Entry, Scalar

CHOICE = "choice"
HINT = "an event is an object like {text: =data.text}"


class Events(Value):
    """A list of events that grows. `choice` is code for the choice that they belong to."""

    mode = "events"

    def __init__(self, out: str, choice: ast.expr) -> None:
        self.out = out
        self.choice = choice
        self.leading = (name(out), choice)

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        block.error(block.here.at, "bad-event", "an event is wanted here", block.here.path, HINT)
        return []

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]:
        return self.put(block, found.code.value)

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        return [statement for item in spot.items() for statement in block.write(item, self)]

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        if spread is not None:
            message = "$spread cannot stand among events; it may stand in the object of one"
            block.error(spot.at, "directive-conflict", message, spot.path)
            return []
        statements, choice = choice_from(block, spot, entries, self.choice)
        for entry in entries:
            if entry.key in EVENT_FIELDS:
                statements += block.write(spot.of(entry), Fields(entry.key, self.out, choice))
            elif entry.key != CHOICE:
                hint = suggestion(entry.key, [*EVENT_FIELDS, CHOICE])
                message = f"unknown event {entry.key!r}"
                block.error(entry.key_at, "unknown-event", message, spot.below(entry.key), hint)
        return statements

    def rounds(self) -> Sink | None:
        return self


class Fields(Value):
    """One event of a known kind: an object holds its fields, anything else is its first one."""

    def __init__(self, kind: str, out: str, choice: ast.expr) -> None:
        self.kind = kind
        self.known = EVENT_FIELDS[kind]
        self.out = out
        self.choice = choice
        self.mode = kind
        self.leading = (name(out), choice)

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        if self.known == ():
            return self._flag(block, value)
        if not self.known or (isinstance(value, ast.Constant) and value.value is None):
            wanted = "a value" if self.known else "an object of fields"
            block.error(block.here.at, "bad-event", f"{self.kind!r} needs {wanted}", block.here.path)
            return []
        self._check_literal(block, self.known[0], block.here)
        return self._append(block, ast.Dict([constant(self.known[0])], [value]), self.choice)

    def yielded(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        """A value that is there: an object or not, as it turns out."""
        if self.known == ():
            return self._flag(block, value)
        if not isinstance(value, ast.Name):
            local = block.fresh()
            return [assign(local, value), *self.yielded(block, name(local))]
        whole = block.use(event, constant(self.kind), value, self.choice)
        if self.known:
            fields = ast.Dict([constant(self.known[0])], [value])
            whole = conditional(has_type(value, "dict"), whole, self._event(block, fields, self.choice))
        return [self._out(whole)]

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]:
        return if_present(block, found, self.yielded)

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        message = f"{self.kind!r} needs one value or an object of fields, not a list"
        block.error(spot.at, "bad-event", message, spot.path)
        return []

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        statements, choice = choice_from(block, spot, entries, self.choice)
        fields = tuple(entry for entry in entries if self._is_field(block, spot, entry))
        written, target = build_object(block, spot, fields, spread)
        statements += written
        if spread is not None:
            whole = block.use(event, constant(self.kind), name(target), choice)
            return [*statements, when(name(target), [self._out(whole)])]
        if self.known == () or any(is_literal(entry.value) for entry in fields):
            return [*statements, *self._append(block, name(target), choice)]
        return [*statements, when(name(target), self._append(block, name(target), choice))]

    def _is_field(self, block: Block, spot: Spot, entry: Entry) -> bool:
        if entry.key == CHOICE:
            return False
        if self.known is None or entry.key in self.known:
            self._check_literal(block, entry.key, spot.of(entry))
            return True
        fields = ", ".join((*self.known, CHOICE))
        message = f"event {self.kind!r} has no field {entry.key!r}; fields: {fields}"
        hint = suggestion(entry.key, (*self.known, CHOICE))
        block.error(entry.key_at, "unknown-event-field", message, spot.below(entry.key), hint)
        return False

    def _check_literal(self, block: Block, field: str, spot: Spot) -> None:
        """Closed vocabularies, as far as they can be seen at load."""
        if (self.kind, field) == ("error", "class"):
            check_class(spot, block.home.tables, block.problems)
        text = text_of(spot.node)
        closed = (self.kind, field) == ("finish", "reason") and text is not None and is_literal(spot.node)
        if closed and text not in FINISH_REASONS:
            message = f"unknown finish reason {text!r}; reasons: {', '.join(FINISH_REASONS)}"
            block.error(spot.at, "unknown-finish", message, spot.path, suggestion(text or "", FINISH_REASONS))

    def _flag(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        """An event without fields is there when its value is true."""
        there = self._append(block, ast.Dict([], []), self.choice)
        if isinstance(value, ast.Constant):
            return there if truth(value.value) else []
        return [when(block.use(truth, value), there)]

    def _event(self, block: Block, fields: ast.expr, choice: ast.expr) -> ast.expr:
        return block.use(new_event, ast.Tuple([constant(self.kind), fields, choice], ast.Load()))

    def _append(self, block: Block, fields: ast.expr, choice: ast.expr) -> list[ast.stmt]:
        return [self._out(self._event(block, fields, choice))]

    def _out(self, value: ast.expr) -> ast.stmt:
        return run(method(name(self.out), "append", value))


def choice_from(
    block: Block, spot: Spot, entries: tuple[Entry, ...], default: ast.expr
) -> tuple[list[ast.stmt], ast.expr]:
    """The modifier `choice` of an event mapping or of one event's object."""
    found = next((entry for entry in entries if entry.key == CHOICE), None)
    if found is None:
        return [], default
    written = spot.of(found)
    if isinstance(found.value, Scalar) and is_literal(found.value):
        if type(found.value.value) is int and found.value.value >= 0:
            return [], constant(found.value.value)
        block.error(written.at, "bad-event", "choice is a number from 0", written.path)
        return [], default
    local = block.fresh(CHOICE)
    first, value = value_of(block, written)
    is_count = both([has_type(keep(local, value), "int"), compare(name(local), ast.GtE(), constant(0))])
    checked = conditional(is_count, name(local), block.use(choice_of, name(local)))
    return [*first, block.module.place(assign(local, checked), written.token)], name(local)
