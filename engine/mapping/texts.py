"""Positions that want text: header values, values of query parameters, the path."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from typing import Any

from engine.expression.code import Code, either, name
from engine.expression.parse import Term
from engine.mapping.block import Block, Expression, Sink
from engine.mapping.runtime import TemplateError, header_map, header_text, path_text, path_value
from engine.mapping.sinks import Into, Value, build_object, if_present, joined
from engine.mapping.spot import Spot
from engine.mapping.statements import assign, assign_item, constant, present, when
from engine.tree import Entry


class Text(Value):
    """A value that must be text; `take` makes the statement that takes it. Lists and objects are refused."""

    def __init__(self, take: Callable[[ast.expr], ast.stmt], convert: Callable[[Any], str]) -> None:
        self._take = take
        self._convert = convert

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        if not isinstance(value, ast.Constant):
            return [self._take(block.use(self._convert, value))]
        if value.value is None:
            return []
        try:
            return [self._take(constant(self._convert(value.value)))]
        except TemplateError as mistake:
            block.error(block.here.at, "wrong-type", str(mistake), block.here.path)
            return []

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]:
        block.error(spot.at, "wrong-type", "one text is wanted here, not a list", spot.path)
        return []

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        block.error(spot.at, "wrong-type", "one text is wanted here, not an object", spot.path)
        return []


class OptionalText(Text):
    """A text that is left out when it interpolates nothing but null, as `Bearer ${credential.key}` may."""

    def interpolated(self, block: Block, parts: list[str | Expression]) -> list[ast.stmt]:
        held: list[str | Expression] = []
        first: list[ast.stmt] = []
        tests: list[ast.expr] = []
        for part in parts:
            if isinstance(part, Expression):
                local = block.fresh()
                first.append(block.module.place(assign(local, part.code.whole()), part.at))
                tests.append(present(name(local)))
                part = Expression(Code(name(local)), part.at)
            held.append(part)
        if not tests:
            return self.put(block, joined(block, held))
        test = either(*tests) if len(tests) > 1 else tests[0]
        return [*first, when(test, self.put(block, joined(block, held)))]


class Headers(Into):
    """An object of texts, left in a variable."""

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        return [assign(self.variable, block.use(header_map, value))]

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        statements, target = build_object(block, spot, entries, spread, _header)
        whole = name(target) if spread is None else block.use(header_map, name(target))
        return [*statements, assign(self.variable, whole)]


def _header(target: str, key: ast.expr) -> Sink:
    return OptionalText(lambda value: assign_item(target, key, value), header_text)


class Path(Text):
    """The path, left in a variable. The dialect's own text stands as it is; values are percent-encoded."""

    def __init__(self, variable: str) -> None:
        super().__init__(lambda value: assign(variable, value), path_text)

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]:
        def put(block: Block, value: ast.expr) -> list[ast.stmt]:
            return [self._take(_encoded(block, found, value))]

        return if_present(block, found, put)

    def interpolated(self, block: Block, parts: list[str | Expression]) -> list[ast.stmt]:
        encoded = [path_text(part) if isinstance(part, str) else _encoded_part(block, part) for part in parts]
        return [self._take(joined(block, encoded))]


def _encoded_part(block: Block, part: Expression) -> Expression:
    value = block.module.place(_encoded(block, part, part.code.whole()), part.at)
    return Expression(Code(value, nullable=False), part.at)


def _encoded(block: Block, found: Expression, value: ast.expr) -> ast.expr:
    own = found.term is not None and is_own(found.term, block.names.own())
    return block.use(path_text if own else path_value, value)


def is_own(term: Term, names: Collection[str]) -> bool:
    """Whether a value can only be the operator's own words: literals, and what `names` hold."""
    if term.kind in ("literal", "field"):
        return term.kind == "literal" or term.value in names
    if term.kind == "call" and term.value in ("if", "get"):
        chosen = term.children[1:] if term.value == "if" else term.children[:1]
        return all(is_own(child, names) for child in chosen)
    if term.kind == "chain":
        return is_own(term.children[0], names)
    return term.kind in ("or", "and", "list", "call") and all(is_own(child, names) for child in term.children)
