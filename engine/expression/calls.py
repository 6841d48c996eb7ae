"""Function calls to code: look-up, arity, inline type checks, expression references."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine.expression.code import (
    Code,
    Locals,
    both,
    call,
    conditional,
    either,
    is_constant,
    is_instance,
    is_not_constant,
    loop,
    name,
    null,
)
from engine.expression.function import Function, Param, accepts, argument_place, mismatch, refuse
from engine.expression.module import Module
from engine.expression.parse import ExpressionError, Term
from engine.expression.registry import FUNCTIONS
from engine.registry import nearest


class Scoped(Protocol):
    def scope(self) -> ast.expr | None: ...


class Emits(Protocol):
    """The part of the emitter that calls need."""

    module: Module
    kept: Locals

    @property
    def names(self) -> Scoped | None: ...
    def value(self, term: Term, current: Code | None = None) -> ast.expr: ...
    def condition(self, term: Term, current: Code | None = None) -> ast.expr: ...
    def code(self, term: Term, current: Code | None) -> Code: ...
    def bind(self, value: ast.expr) -> tuple[ast.expr, ast.expr]: ...
    def is_number(self, value: ast.expr) -> ast.expr: ...


def emit_call(emitter: Emits, term: Term, current: Code | None) -> Code:
    """Code for a call. Raises `ExpressionError` for an unknown function, wrong arity or wrong literals."""
    function = _look_up(term)
    _check_literals(function, term)
    plain = function.returns not in ("number", "any")
    if function.emit is not None:
        own = function.emit(_Site(emitter, current), term.children)
        if own is not None:
            return Code(own, plain=plain)
    arguments = _Arguments(emitter, function, term.children, current)
    scope = [_scope(emitter, function, term)] if function.scope else []
    value = call(emitter.module.use(function.call), *scope, *arguments.passed)
    if not arguments.checks:
        return Code(value, plain=plain)
    refused = call(emitter.module.use(refuse), emitter.module.constant(function), *arguments.kept)
    if arguments.needed:
        refused = conditional(both(arguments.needed), refused, null())
    return Code(conditional(_all(arguments.checks), value, refused), plain=plain)


def _look_up(term: Term) -> Function:
    function = FUNCTIONS.get(term.value)
    if function is None:
        near = nearest(term.value, FUNCTIONS.names())
        hint = f"did you mean '{near}()'?" if near else None
        raise ExpressionError("unknown-function", f"unknown function '{term.value}()'", term.start, hint)
    count = len(term.children)
    if count < function.least or (function.most is not None and count > function.most):
        message = f"{function.name}() takes {function.arity()}, got {count}"
        raise ExpressionError("wrong-arity", message, term.start, function.signature)
    return function


def _check_literals(function: Function, term: Term) -> None:
    """Refuse at load what could never work: literals of a wrong type or of a wrong form."""
    literals = {index: child.value for index, child in enumerate(term.children) if child.kind == "literal"}
    for index, child in enumerate(term.children):
        param = function.param(index)
        place = argument_place(index, param)
        if ("expref" in param.types) != (child.kind == "expref"):
            wanted = "an expression reference (&name)" if "expref" in param.types else "a value, not &…,"
            raise ExpressionError("wrong-type", f"{function.name}() takes {wanted} {place}", child.start)
        if index in literals and child.value is not None and not accepts(param, child.value):
            wrong = mismatch(function, index, child.value)
            raise ExpressionError("wrong-type", wrong, child.start, function.signature)
    refused = function.check(literals) if function.check else None
    if refused is not None:
        raise ExpressionError("wrong-type", f"{function.name}(): {refused}", term.start)


def _scope(emitter: Emits, function: Function, term: Term) -> ast.expr:
    scope = emitter.names.scope() if emitter.names is not None else None
    if scope is None:
        raise ExpressionError("unknown-function", f"{function.name}() is not available here", term.start)
    return scope


@dataclass(frozen=True, slots=True)
class _Site:
    """A call as the function's own `emit` sees it: the emitter at one place."""

    emitter: Emits
    current: Code | None

    def value(self, argument: Term) -> ast.expr:
        return self.emitter.value(argument, self.current)

    def condition(self, argument: Term) -> ast.expr:
        return self.emitter.condition(argument, self.current)

    def bind(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        return self.emitter.bind(value)

    def use(self, function: Callable[..., Any]) -> ast.expr:
        return self.emitter.module.use(function)


class _Arguments:
    """The arguments of one call: what is passed, the checks before it, what a refusal is told.

    `needed`: no null stands where one makes the result null, so that what does not fit is an error.
    """

    def __init__(
        self, emitter: Emits, function: Function, terms: tuple[Term, ...], current: Code | None
    ) -> None:
        self.emitter = emitter
        self.checks: list[ast.expr] = []
        self.needed: list[ast.expr] = []
        self.passed: list[ast.expr] = [null()] * len(terms)
        self.kept: list[ast.expr] = [null()] * len(terms)
        array = null()
        for index, term in enumerate(terms):
            param = function.param(index)
            if term.kind != "expref":
                self._add(index, param, term, current)
                array = self.kept[index] if "array" in param.types else array
        for index, term in enumerate(terms):
            if term.kind == "expref":
                self.passed[index] = self._each(term.children[0], array)

    def _add(self, index: int, param: Param, term: Term, current: Code | None) -> None:
        value = self.emitter.value(term, current)
        if "any" in param.types:
            self.passed[index] = value
            return
        if isinstance(value, ast.Constant) and accepts(param, value.value):
            self.passed[index] = self.kept[index] = value
            return
        bound, local = self.emitter.bind(value)
        self.checks.append(self._fits(param, bound, local))
        if not param.nullable:
            self.needed.append(is_not_constant(local, None))
        self.passed[index] = self.kept[index] = local

    def _fits(self, param: Param, bound: ast.expr, local: ast.expr) -> ast.expr:
        if _BUILTINS.keys() | {"number"} <= set(param.types):
            return is_not_constant(bound, None)
        first, *others = param.types
        tests = [self._is(first, bound), *(self._is(other, local) for other in others)]
        return tests[0] if len(tests) == 1 else either(*tests)

    def _is(self, kind: str, value: ast.expr) -> ast.expr:
        if kind == "number":
            return self.emitter.is_number(value)
        return is_constant(value, None) if kind == "null" else is_instance(value, _BUILTINS[kind])

    def _each(self, body: Term, array: ast.expr) -> ast.expr:
        """An expression reference as the list of its values, one for each element of the array."""
        element = self.emitter.module.fresh("x")
        with self.emitter.kept.in_comprehension():
            value = self.emitter.value(body, Code(name(element)))
        return ast.ListComp(value, [loop(element, array)])


_BUILTINS = {"string": "str", "boolean": "bool", "array": "list", "object": "dict"}


def _all(checks: list[ast.expr]) -> ast.expr:
    """All checks hold. `&` evaluates every one of them, so that each keeps its value for `refuse`."""
    first, *others = checks
    for other in others:
        first = ast.BinOp(first, ast.BitAnd(), other)
    return first
