"""Where values go: a variable, a key, a list, back to the caller; and how objects and lists are built."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from engine.expression.code import NamedExpr, both, class_of, compare, either, literal, method, name
from engine.mapping.block import Block, Expression, Sink
from engine.mapping.interpolation import has_expressions
from engine.mapping.runtime import EMPTIABLE
from engine.mapping.runtime import spread as copy_keys
from engine.mapping.spot import Spot, is_expression
from engine.mapping.statements import assign, assign_item, constant, give, has_type, present, run, when
from engine.tree import Entry, Mapping, Node, Scalar, Sequence, to_data

# The local of a value between its test and its sink, where no other is computed.
TAKEN = "taken"


class Value(ABC):
    """A sink for one value; subclasses say where it goes."""

    mode = "value"
    leading: tuple[ast.expr, ...] = ()

    @abstractmethod
    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        """Take a value that is there."""

    def yielded(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return self.put(block, value)

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]:
        return if_present(block, found, self.put)

    def interpolated(self, block: Block, parts: list[str | Expression]) -> list[ast.stmt]:
        return self.put(block, joined(block, parts))

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        statements, items = build_list(block, spot)
        return [*statements, *self.put(block, name(items))]

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        statements, target = build_object(block, spot, entries, spread)
        return [*statements, *self.put(block, name(target))]

    def inner(self) -> Sink:
        return self

    def rounds(self) -> Sink | None:
        return None


class Into(Value):
    """A variable."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return [assign(self.variable, value)]


class Back(Value):
    """The caller: the function ends with the value."""

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return [give(value)]


class Key(Value):
    """A key of an object; the key may be code."""

    def __init__(self, target: str, key: ast.expr) -> None:
        self.target = target
        self.key = key

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return [assign_item(self.target, self.key, value)]


class Filled(Value):
    """Another sink, which does not see what is empty."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        if isinstance(value, ast.Name):
            other = compare(class_of(value), ast.NotIn(), block.module.constant(EMPTIABLE))
            return [when(either(value, other), self._sink.yielded(block, value))]
        local = block.fresh()
        return [assign(local, value), *self.put(block, name(local))]

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        statements, items = build_list(block, spot)
        return [*statements, when(name(items), self._sink.yielded(block, name(items)))]

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        statements, target = build_object(block, spot, entries, spread)
        return [*statements, when(name(target), self._sink.yielded(block, name(target)))]


class Items(Value):
    """A list that grows, by a value or by the elements of a list.

    What stands in a written list is one element. Under `$do`, a written list contributes its elements. A list
    that a directive yields contributes its elements, however the directive came by it.
    """

    mode = "items"

    def __init__(self, items: str, *, splices_written: bool = False, splices_values: bool = False) -> None:
        self.items = items
        self.leading = (name(items),)
        self.splices_written = splices_written
        self.splices_values = splices_values

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return [run(method(name(self.items), "append", value))]

    def yielded(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        if not self.splices_values:
            return self.put(block, value)
        local = block.fresh()
        extend = run(method(name(self.items), "extend", name(local)))
        return [
            assign(local, value),
            when(has_type(name(local), "list"), [extend], self.put(block, name(local))),
        ]

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]:
        return if_present(block, found, self.yielded)

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        if self.splices_written:
            return write_items(block, spot.items(), self.items)
        return super().sequence(block, spot)

    def inner(self) -> Sink:
        return Items(self.items, splices_written=True, splices_values=True)

    def rounds(self) -> Sink | None:
        return Items(self.items, splices_written=True)


def if_present(
    block: Block, found: Expression, put: Callable[[Block, ast.expr], list[ast.stmt]]
) -> list[ast.stmt]:
    """Hand over the value of an expression unless it is null."""
    code = found.code
    if found.is_null:
        return []
    if not code.nullable:
        taken = put(block, code.value)
        return [when(both(code.tests), taken)] if code.tests else taken
    if isinstance(code.value, ast.Name):
        return [when(both([*code.tests, present(code.value)]), put(block, code.value))]
    kept = NamedExpr.of(TAKEN, code.value)
    test = block.module.place(present(kept), found.at)
    return [when(both([*code.tests, test]), put(block, kept.reader))]


def joined(block: Block, parts: list[str | Expression]) -> ast.expr:
    """Code for `text ${expr} text`; null inside fails at run time."""
    pieces: list[ast.expr] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(constant(part))
        else:
            text = block.module.place(block.as_text(part.code.whole()), part.at)
            pieces.append(ast.FormattedValue(text, -1))
    return ast.JoinedStr(pieces)


def value_of(block: Block, spot: Spot, prefix: str = "t") -> tuple[list[ast.stmt], ast.expr]:
    """Statements to run first, and code for the value of a node, which is null when it yields nothing."""
    if is_literal(spot.node):
        return [], literal(to_data(spot.node))
    if isinstance(spot.node, Scalar) and is_expression(spot.node):
        return [], block.expression(spot.node, 1, spot.node.value[1:], spot.path).code.whole()
    local = block.fresh(prefix)
    return [assign(local, constant(None)), *block.write(spot, Into(local))], name(local)


def kept(block: Block, spot: Spot, variable: str) -> list[ast.stmt]:
    """Statements that leave the value of a node in a variable; null when it yields nothing."""
    if is_literal(spot.node) or is_expression(spot.node):
        first, value = value_of(block, spot)
        return [*first, block.module.place(assign(variable, value), spot.at)]
    start = block.module.place(assign(variable, constant(None)), spot.at)
    return [start, *block.write(spot, Into(variable))]


def is_literal(node: Node) -> bool:
    if isinstance(node, Mapping):
        return all(not entry.key.startswith("$") and is_literal(entry.value) for entry in node)
    if isinstance(node, Sequence):
        return all(is_literal(item) for item in node.items)
    return not (is_expression(node) or (isinstance(node.value, str) and has_expressions(node.value)))


def build_list(block: Block, spot: Spot) -> tuple[list[ast.stmt], str]:
    """Statements that build a written list, and the variable that holds it."""
    items = block.fresh("items")
    rest = list(spot.items())
    fixed: list[ast.expr] = []
    while rest and is_literal(rest[0].node):
        fixed.append(literal(to_data(rest.pop(0).node)))
    start = assign(items, ast.List(fixed, ast.Load()))
    return [start, *write_items(block, rest, items)], items


def write_items(block: Block, spots: Iterable[Spot], items: str) -> list[ast.stmt]:
    return [statement for spot in spots for statement in block.write(spot, Items(items))]


def build_object(
    block: Block,
    spot: Spot,
    entries: tuple[Entry, ...],
    spread: Spot | None = None,
    slot: Callable[[str, ast.expr], Sink] = Key,
) -> tuple[list[ast.stmt], str]:
    """Statements that build an object, and the variable that holds it; `slot` makes the sink of each key."""
    target = block.fresh("object")
    rest = list(entries)
    if spread is not None:
        return [*_spread(block, target, spread, rest), *_entries(block, spot, rest, target, slot)], target
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    while slot is Key and rest and is_literal(rest[0].value):
        first = rest.pop(0)
        keys.append(constant(literal_key(first.key)))
        values.append(literal(to_data(first.value)))
    start = assign(target, ast.Dict(keys, values))
    return [start, *_entries(block, spot, rest, target, slot)], target


def _spread(block: Block, target: str, spread: Spot, entries: list[Entry]) -> list[ast.stmt]:
    """Copy first; a key that is written beside decides alone, so its copy goes when it yields nothing."""
    sources = list(spread.items()) if isinstance(spread.node, Sequence) else [spread]
    statements: list[ast.stmt] = [assign(target, ast.Dict([], []))]
    for source in sources:
        copied = block.fresh("spread")
        copy = when(present(name(copied)), [run(block.use(copy_keys, name(target), name(copied)))])
        statements += [*kept(block, source, copied), block.module.place(copy, source.token)]
    doubtful = [entry.key for entry in entries if not is_literal(entry.value)]
    drops = [method(name(target), "pop", constant(literal_key(key)), constant(None)) for key in doubtful]
    return [*statements, when(name(target), map(run, drops))] if drops else statements


def _entries(
    block: Block, spot: Spot, entries: Iterable[Entry], target: str, slot: Callable[[str, ast.expr], Sink]
) -> list[ast.stmt]:
    return [
        statement
        for entry in entries
        for statement in block.write(spot.of(entry), slot(target, constant(literal_key(entry.key))))
    ]


def literal_key(key: str) -> str:
    """`$$key` is a literal key that begins with `$`."""
    return key[1:] if key.startswith("$$") else key
