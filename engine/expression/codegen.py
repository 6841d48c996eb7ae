"""Terms to Python code: every construct is written out inline, null-safe, as one expression.

`a.b.c` becomes `t2.get('c') if isinstance(t1 := a, dict) and isinstance(t2 := t1.get('b'), dict) else None`:
a chain is a list of tests and a value (`Code`), so one failed test ends the whole chain. Projections
become comprehensions. Temporaries are locals of the function that the code is put into.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from engine.diagnostics import Position
from engine.expression import calls
from engine.expression.code import (
    LOAD,
    Code,
    Locals,
    NamedExpr,
    both,
    call,
    class_of,
    compare,
    conditional,
    either,
    in_sequence,
    is_constant,
    is_instance,
    is_not_constant,
    literal,
    loop,
    method,
    name,
    negation,
    null,
)
from engine.expression.module import Module as Module
from engine.expression.parse import SYNTAX, Term, parse
from engine.expression.parse import ExpressionError as ExpressionError
from engine.expression.runtime import equals

Locate = Callable[[int], Position]


class Names(Protocol):
    """The names that an expression may use at its root, and the code that reads them."""

    def load(self, name: str, offset: int) -> ast.expr:
        """Code that reads a name. Raises `ExpressionError` (unknown-name, with the nearest known name)."""
        ...

    def everything(self) -> ast.expr:
        """Code for `@` at the root: a dict of all names."""
        ...

    def field(self, name: str, field: str, offset: int) -> ast.expr | None:
        """Code for `name.field` where the fields of a name are closed; None is an ordinary look-up.

        Raises `ExpressionError` for a field that a closed name does not have.
        """
        ...

    def scope(self) -> ast.expr | None:
        """Code for the object that has `now()` and `uid(prefix)`; None where there is none."""
        ...


def emit(term: Term, names: Names, module: Module, locate: Locate | None = None) -> ast.expr:
    """Code for the value of `term`. With `locate`, calls know their own place in the text.

    Raises `ExpressionError` for unknown names and functions and wrong numbers of arguments.
    """
    return Emitter(names, module, locate).value(term)


def emit_condition(term: Term, names: Names, module: Module, locate: Locate | None = None) -> ast.expr:
    """Code whose Python truth is the JMESPath truth of `term`. Raises as `emit`."""
    return Emitter(names, module, locate).condition(term)


def emit_code(term: Term, names: Names, module: Module, locate: Locate | None = None) -> Code:
    """As `emit`, taken apart: tests, value, and whether the value can be null."""
    return Emitter(names, module, locate).code(term, None)


def compile_expression(text: str) -> Callable[[Any], Any]:
    """A function of one document, as in standard JMESPath. Raises `ExpressionError`."""
    module = Module()
    document = name("document")
    code = Emitter(None, module).code(parse(text), Code(document)).whole()
    arguments = ast.arguments([], [ast.arg("document")], None, [], [], None, [])
    module.define(ast.FunctionDef("search", arguments, [ast.Return(code)], []))
    try:
        return module.build("expression")["search"]
    except SyntaxError as failure:
        raise ExpressionError(SYNTAX, f"too much for one expression: {failure}", 0) from failure


class Emitter:
    """Emits the terms of one expression.

    `current` is the value that a term is evaluated on; None is the root, where fields are names.
    """

    def __init__(self, names: Names | None, module: Module, locate: Locate | None = None) -> None:
        self.names = names
        self.module = module
        self.locate = locate
        self.kept = Locals()

    def value(self, term: Term, current: Code | None = None) -> ast.expr:
        return self.code(term, current).whole()

    def condition(self, term: Term, current: Code | None = None) -> ast.expr:
        if term.kind == "and":
            return both([self.condition(child, current) for child in term.children])
        if term.kind == "or":
            return either(*(self.condition(child, current) for child in term.children))
        if term.kind == "not":
            return negation(self.condition(term.children[0], current))
        code = self.code(term, current)
        return both([*code.tests, self.truth(code)])

    def truth(self, code: Code) -> ast.expr:
        if code.plain:
            return code.value
        bound, local = self.bind(code.value)
        return either(bound, _is_zero(local))

    def code(self, term: Term, current: Code | None) -> Code:
        return _EMITTERS[term.kind](self, term, current)

    def bind(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Code that computes and keeps a value, and code that reads it again.

        Constants are kept too: Python warns of `'a' is None` and `1[0]`, which nothing may print at load.
        """
        if isinstance(value, ast.Name):
            return value, value
        kept = NamedExpr.of(self.kept.fresh(), value)
        return kept, kept.reader

    def use(self, function: Callable[..., Any]) -> ast.expr:
        return self.module.use(function)

    def place(self, node: ast.expr, offset: int) -> ast.expr:
        return self.module.place(node, self.locate(offset)) if self.locate else node

    def _here(self, current: Code | None) -> Code:
        if current is not None:
            return current
        return Code(self._root().everything(), nullable=False)

    def _root(self) -> Names:
        if self.names is None:
            raise AssertionError("compile_expression starts on its document, never at the root")
        return self.names

    def _step(self, term: Term, current: Code | None) -> Code:
        """`term` on what came before: kinds that pass null on extend its code, others need its value."""
        if current is None or current.stable or term.kind in _PASS_NULL:
            return self.code(term, current)
        bound, local = self.bind(current.whole())
        inner = self.code(term, Code(local))
        nullable = inner.nullable or bool(inner.tests)
        return Code(in_sequence(bound, inner.whole()), nullable=nullable, plain=inner.plain)

    # -- paths

    def _current(self, term: Term, current: Code | None) -> Code:
        return self._here(current)

    def _field(self, term: Term, current: Code | None) -> Code:
        if current is None:
            return Code(self._name(term))
        bound, local = self.bind(current.value)
        tests = (*current.tests, is_instance(bound, "dict"))
        return Code(method(local, "get", ast.Constant(term.value)), tests)

    def _name(self, term: Term) -> ast.expr:
        try:
            return self._root().load(term.value, term.start)
        except ExpressionError as error:
            if not term.quoted:
                raise
            hint = f"text is written '{term.value}'; double quotes are for names"
            raise ExpressionError(error.code, error.message, error.offset, hint) from None

    def _chain(self, term: Term, current: Code | None) -> Code:
        steps = term.children
        if current is None and steps[1].kind == "project" and steps[1].children[0].kind in ("field", "chain"):
            return self._chain_of_projection(term)
        if current is None and self.names is not None and steps[0].kind == steps[1].kind == "field":
            closed = self.names.field(steps[0].value, steps[1].value, steps[1].start)
            if closed is not None:
                current, steps = Code(closed), steps[2:]
        for step in steps:
            current = self._step(step, current)
        return self._here(current)

    def _chain_of_projection(self, term: Term) -> Code:
        """`a.b[*].c` comes as `a . (b[*].c)`: read as `(a.b)[*].c`, which says which field it reads."""
        root, project, *rest = term.children
        left, right = project.children
        steps = left.children if left.kind == "chain" else (left,)
        whole = Term("chain", None, (root, *steps), term.start)
        code = self._project(Term("project", project.value, (whole, right), project.start), None)
        for step in rest:
            code = self._step(step, code)
        return code

    def _index(self, term: Term, current: Code | None) -> Code:
        here = self._here(current)
        bound, local = self.bind(here.value)
        position: int = term.value
        enough = position + 1 if position >= 0 else -position
        length = call(name("len"), local)
        tests = (is_instance(bound, "list"), compare(length, ast.GtE(), ast.Constant(enough)))
        return Code(ast.Subscript(local, ast.Constant(position), LOAD), (*here.tests, *tests))

    def _slice(self, term: Term, current: Code | None) -> Code:
        here = self._here(current)
        bound, local = self.bind(here.value)
        parts = (None if part is None else ast.Constant(part) for part in term.value)
        value = ast.Subscript(local, ast.Slice(*parts), LOAD)
        return Code(value, (*here.tests, is_instance(bound, "list")), nullable=False, plain=True)

    # -- projections

    def _project(self, term: Term, current: Code | None) -> Code:
        source, *taken = term.children
        flatten = source.kind == "flatten"
        base = self._step(source.children[0] if flatten else source, current)
        bound, local = self.bind(base.value)
        element = self.module.fresh("x")
        kind = "dict" if term.kind == "values" else "list"
        over = method(local, "values") if term.kind == "values" else local
        loops = self._flattening(over, element) if flatten else [loop(element, over)]
        with self.kept.in_comprehension():
            value, conditions = self._taken(taken, Code(name(element)))
        loops[-1].ifs = conditions
        tests = (*base.tests, is_instance(bound, kind))
        return Code(ast.ListComp(value, loops), tests, nullable=False, plain=True)

    def _flattening(self, over: ast.expr, element: str) -> list[ast.comprehension]:
        outer = self.module.fresh("x")
        one = ast.Tuple([name(outer)], LOAD)
        inner = conditional(is_instance(name(outer), "list"), name(outer), one)
        return [loop(outer, over), loop(element, inner)]

    def _taken(self, taken: list[Term], element: Code) -> tuple[ast.expr, list[ast.expr]]:
        """What a projection takes of each element, and on which conditions; nulls are left out."""
        conditions = [self.condition(term, element) for term in taken[1:]]
        code = self.code(taken[0], element)
        conditions += code.tests
        if not code.nullable:
            return code.value, conditions
        bound, local = self.bind(code.value)
        return local, [*conditions, is_not_constant(bound, None)]

    def _flatten(self, term: Term, current: Code | None) -> Code:
        """A flatten that no projection follows does not occur in the grammar; kept whole all the same."""
        return self._project(Term("project", None, (term, Term("current")), term.start), current)

    # -- multi-select

    def _list(self, term: Term, current: Code | None) -> Code:
        tests, local = self._present(current)
        items = [self.value(child, local) for child in term.children]
        return Code(ast.List(items, LOAD), tests, nullable=False, plain=True)

    def _dict(self, term: Term, current: Code | None) -> Code:
        tests, local = self._present(current)
        keys: list[ast.expr | None] = [ast.Constant(key) for key in term.value]
        values = [self.value(child, local) for child in term.children]
        return Code(ast.Dict(keys, values), tests, nullable=False, plain=True)

    def _present(self, current: Code | None) -> tuple[tuple[ast.expr, ...], Code | None]:
        """A multi-select of null is null; of the root, it selects names."""
        if current is None:
            return (), None
        bound, local = self.bind(current.value)
        return (*current.tests, is_not_constant(bound, None)), Code(local, nullable=False)

    # -- logic

    def _and(self, term: Term, current: Code | None) -> Code:
        left, right = (self.code(child, current) for child in term.children)
        if left.plain:
            value = both([left.whole(), right.whole()])
        else:
            bound, local = self.bind(left.whole())
            value = conditional(either(bound, _is_zero(local)), right.whole(), local)
        return Code(value, plain=left.plain and right.plain)

    def _or(self, term: Term, current: Code | None) -> Code:
        left, right = (self.code(child, current) for child in term.children)
        nullable = right.nullable or bool(right.tests)
        if left.plain:
            return Code(either(left.whole(), right.whole()), nullable=nullable, plain=right.plain)
        bound, local = self.bind(left.whole())
        value = either(bound, conditional(_is_zero(local), local, right.whole()))
        return Code(value, nullable=nullable, plain=False)

    def _not(self, term: Term, current: Code | None) -> Code:
        return Code(negation(self.condition(term.children[0], current)), nullable=False, plain=True)

    def _compare(self, term: Term, current: Code | None) -> Code:
        if term.value in _ORDERINGS:
            return self._ordering(term, current)
        value = self._equality(term.children[0], term.children[1], current)
        return Code(value if term.value == "eq" else negation(value), nullable=False, plain=True)

    def _equality(self, left: Term, right: Term, current: Code | None) -> ast.expr:
        if left.kind == "literal":
            left, right = right, left
        code = self.code(left, current)
        if right.kind != "literal" or isinstance(right.value, list | dict):
            return call(self.use(equals), code.whole(), self.value(right, current))
        constant = right.value
        if constant is None or isinstance(constant, bool):
            return is_constant(code.whole(), constant)
        if constant in (0, 1):
            bound, local = self.bind(code.value)
            same = compare(bound, ast.Eq(), ast.Constant(constant))
            return both([*code.tests, same, is_not_constant(local, bool(constant))])
        return both([*code.tests, compare(code.value, ast.Eq(), ast.Constant(constant))])

    def _ordering(self, term: Term, current: Code | None) -> Code:
        """Numbers only; anything else gives null."""
        tests: list[ast.expr] = []
        operands: list[ast.expr] = []
        for child in term.children:
            code = self.code(child, current)
            if isinstance(code.value, ast.Constant):
                if code.value.value.__class__ not in NUMBERS:
                    return Code(null(), plain=True)
                operands.append(code.value)
                continue
            bound, local = self.bind(code.value)
            tests += [*code.tests, self.is_number(bound)]
            operands.append(local)
        return Code(compare(operands[0], _ORDERINGS[term.value](), operands[1]), tuple(tests), False, True)

    def is_number(self, value: ast.expr) -> ast.expr:
        return compare(class_of(value), ast.In(), self.module.constant(NUMBERS))

    # -- the rest

    def _literal(self, term: Term, current: Code | None) -> Code:
        number = isinstance(term.value, int | float) and not isinstance(term.value, bool)
        return Code(literal(term.value), nullable=term.value is None, plain=not number)

    def _call(self, term: Term, current: Code | None) -> Code:
        code = calls.emit_call(self, term, current)
        return replace(code, value=self.place(code.value, term.start))

    def _expref(self, term: Term, current: Code | None) -> Code:
        raise ExpressionError("wrong-type", "&… may only stand as an argument that takes one", term.start)


NUMBERS = frozenset((int, float))
"""The classes of JSON numbers; bool is none."""

_ORDERINGS: dict[str, type[ast.cmpop]] = {"lt": ast.Lt, "lte": ast.LtE, "gt": ast.Gt, "gte": ast.GtE}

_PASS_NULL = frozenset(
    ("current", "chain", "field", "index", "slice", "flatten", "project", "values", "filter", "list", "dict")
)
"""Kinds that give null on null, so that they only add tests to the code before them."""

_EMITTERS: dict[str, Callable[[Emitter, Term, Code | None], Code]] = {
    "current": Emitter._current,
    "field": Emitter._field,
    "literal": Emitter._literal,
    "chain": Emitter._chain,
    "index": Emitter._index,
    "slice": Emitter._slice,
    "flatten": Emitter._flatten,
    "project": Emitter._project,
    "values": Emitter._project,
    "filter": Emitter._project,
    "list": Emitter._list,
    "dict": Emitter._dict,
    "compare": Emitter._compare,
    "and": Emitter._and,
    "or": Emitter._or,
    "not": Emitter._not,
    "call": Emitter._call,
    "expref": Emitter._expref,
}


def _is_zero(local: ast.expr) -> ast.expr:
    """After Python found `local` falsy: is it a number, which JMESPath holds for true? Mostly it is null."""
    told = [is_not_constant(local, None), is_not_constant(local, False)]
    return both([*told, compare(local, ast.Eq(), ast.Constant(0))])
