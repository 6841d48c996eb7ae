"""What a term compiles to, and the pieces of Python syntax that it is built from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LOAD = ast.Load()


@dataclass(frozen=True, slots=True)
class Code:
    """`value if all tests else None`; every test is a bool.

    `nullable`: the value itself may be None. `plain`: Python's truth of the value is JMESPath's, which
    holds for everything but numbers (0 is true in JMESPath).
    """

    value: ast.expr
    tests: tuple[ast.expr, ...] = ()
    nullable: bool = True
    plain: bool = False

    @property
    def stable(self) -> bool:
        """Reading it twice costs nothing."""
        return not self.tests and isinstance(self.value, ast.Name)

    def whole(self) -> ast.expr:
        return conditional(both(self.tests), self.value, null()) if self.tests else self.value


class NamedExpr(ast.NamedExpr):
    """`(local := value)`, with the one node by which all code behind it reads the local.

    It is named as what it is, since `ast` unparses a node by the name of its class.
    """

    reader: ast.Name

    @classmethod
    def of(cls, local: str, value: ast.expr) -> NamedExpr:
        node = cls(ast.Name(local, ast.Store()), value)
        node.reader = ast.Name(local, LOAD)
        return node

    def rename(self, local: str) -> None:
        self.target.id = self.reader.id = local


class Locals:
    """Names of what one expression keeps while it is computed.

    All expressions of a function have the same names, as each is done with its own before the next begins: a
    call of a function takes time for each of its locals. What a comprehension keeps is a cell of the function
    around it, which takes more, so nothing else has the same name.
    """

    def __init__(self) -> None:
        self._count = 0
        self._prefix = "t"

    def fresh(self) -> str:
        """It ends like no name of `Module.fresh`."""
        self._count += 1
        return f"{self._prefix}{self._count}_"

    @contextmanager
    def in_comprehension(self) -> Iterator[None]:
        before, self._prefix = self._prefix, "c"
        try:
            yield
        finally:
            self._prefix = before


def null() -> ast.expr:
    return ast.Constant(None)


def name(identifier: str) -> ast.expr:
    return ast.Name(identifier, LOAD)


def conditional(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    return ast.IfExp(test, then, otherwise)


def both(tests: tuple[ast.expr, ...] | list[ast.expr]) -> ast.expr:
    """All of them are true; nested conjunctions are spliced in."""
    flat: list[ast.expr] = []
    for test in tests:
        flat += test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return flat[0] if len(flat) == 1 else ast.BoolOp(ast.And(), flat)


def either(*options: ast.expr) -> ast.expr:
    return ast.BoolOp(ast.Or(), list(options))


def negation(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right])


def is_constant(value: ast.expr, constant: Any) -> ast.expr:
    if isinstance(value, ast.Constant):  # decided here; Python warns of `'a' is None`
        return ast.Constant(value.value is constant)
    return compare(value, ast.Is(), ast.Constant(constant))


def is_not_constant(value: ast.expr, constant: Any) -> ast.expr:
    if isinstance(value, ast.Constant):
        return ast.Constant(value.value is not constant)
    return compare(value, ast.IsNot(), ast.Constant(constant))


def call(function: ast.expr, *arguments: ast.expr) -> ast.expr:
    return ast.Call(function, list(arguments), [])


def method(target: ast.expr, attribute: str, *arguments: ast.expr) -> ast.expr:
    return call(ast.Attribute(target, attribute, LOAD), *arguments)


def is_instance(value: ast.expr, builtin: str) -> ast.expr:
    """Objects and lists are what JSON gives, of no class of their own: told by it, which is quicker."""
    if builtin in ("dict", "list"):
        return compare(class_of(value), ast.Is(), name(builtin))
    return call(name("isinstance"), value, name(builtin))


def class_of(value: ast.expr) -> ast.expr:
    return ast.Attribute(value, "__class__", LOAD)


def in_sequence(first: ast.expr, result: ast.expr) -> ast.expr:
    """Evaluate `first`, then give `result`."""
    return ast.Subscript(ast.Tuple([first, result], LOAD), ast.Constant(1), LOAD)


def loop(variable: str, over: ast.expr, *conditions: ast.expr) -> ast.comprehension:
    return ast.comprehension(ast.Name(variable, ast.Store()), over, list(conditions), 0)


def literal(value: Any) -> ast.expr:
    """A display of a JSON value: fresh at each evaluation, so that nobody can change a shared one."""
    if isinstance(value, list):
        return ast.List([literal(item) for item in value], LOAD)
    if isinstance(value, dict):
        return ast.Dict([ast.Constant(key) for key in value], [literal(item) for item in value.values()])
    return ast.Constant(value)
