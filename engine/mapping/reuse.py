"""What a generated function reads more than once: read the first time, and kept in a local.

A template says `p.type` wherever it needs it; each look-up takes many times what a local does. A `let` has
its local anyway, but may have to be asked for first. Kept is only what was read on every way to where it is
read again, so nothing is read that the template does not ask for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from engine.expression.code import NamedExpr
from engine.mapping.sight import field_read, let_read
from engine.mapping.statements import keep

# Nothing is read below these: a comprehension is a function of its own.
PLAIN = (ast.Name, ast.Constant, ast.ListComp)


class First:
    """The first reading of a field: where it stands, and the local that keeps it once it is read again.

    `kept`: what keeps it already, for its own expression.
    """

    __slots__ = ("_holder", "_kept", "_key", "_local")

    def __init__(self, holder: Any, key: Any, kept: NamedExpr | None, local: str | None) -> None:
        self._holder = holder
        self._key = key
        self._kept = kept
        self._local = local

    def again(self, fresh: Callable[[str], str], part: str) -> ast.expr:
        """Code that reads what was kept."""
        if self._local is None:
            self._local = fresh(part)
            if self._kept:
                self._kept.rename(self._local)
            else:
                node = self._holder[self._key]
                self._holder[self._key] = at_place_of(node, keep(self._local, node))
        return ast.Name(self._local, ast.Load())


Known = dict[tuple[str, str], First]
"""What was read on every way to here, by variable and field; a `let` by its local alone."""


class Reuse:
    """`fresh` makes names of locals. Code of one function, which sets each variable at one place alone."""

    def __init__(self, fresh: Callable[[str], str]) -> None:
        self._fresh = fresh

    def statements(self, body: Iterable[ast.stmt], known: Known) -> None:
        for statement in body:
            if isinstance(statement, ast.If):
                self._take(vars(statement), "test", known)
                self.statements(statement.body, known.copy())
                self.statements(statement.orelse, known.copy())
            elif isinstance(statement, ast.For):
                self._take(vars(statement), "iter", known)
                self.statements(statement.body, known.copy())
            elif isinstance(statement, ast.Assign):
                self._take(vars(statement), "value", known)
                self._below(statement.targets[0], known)
            else:
                self._below(statement, known)

    def _below(self, node: ast.AST, known: Known) -> None:
        """What stands below a node, in the order in which it is evaluated."""
        own = vars(node)
        for key in node._fields:
            value = own.get(key)
            if value.__class__ is list:
                for place, each in enumerate(value):
                    if each.__class__ not in PLAIN:
                        self._take(value, place, known)
            elif value.__class__ not in PLAIN and isinstance(value, ast.expr):
                self._take(own, key, known)

    def _take(self, holder: Any, key: Any, known: Known, kept: NamedExpr | None = None) -> None:
        node = holder[key]
        let = let_read(node)
        read = (let, "") if let else field_read(node)
        if read is not None:
            first = known.get(read)
            if first is None:
                known[read] = First(holder, key, kept, let)
            else:
                holder[key] = at_place_of(node, first.again(self._fresh, read[1]))
        elif isinstance(node, NamedExpr):
            self._keep(holder, key, known)
        elif isinstance(node, ast.BoolOp):
            self._take(node.values, 0, known)
            perhaps = known.copy()
            for place in range(1, len(node.values)):
                self._take(node.values, place, perhaps)
        elif isinstance(node, ast.IfExp):
            self._take(vars(node), "test", known)
            self._take(vars(node), "body", known.copy())
            self._take(vars(node), "orelse", known.copy())
        elif node.__class__ not in PLAIN:
            self._below(node, known)

    def _keep(self, holder: Any, key: Any, known: Known) -> None:
        """What a local has already needs no other one."""
        node = holder[key]
        self._take(vars(node), "value", known, node)
        local = node.value.id if isinstance(node.value, ast.Name) else let_read(node.value)
        if local is not None:
            node.rename(local)
            holder[key] = at_place_of(node, node.value)


def at_place_of(node: ast.AST, other: ast.expr) -> ast.expr:
    """`other`, with the place in the YAML text that `node` has, if it has one."""
    own = vars(node)
    vars(other).update({name: own[name] for name in node._attributes if name in own})
    return other
