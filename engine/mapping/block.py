"""One generated function while it is written, and the idea of where its values go.

A template compiles to statements that hand each value to a `Sink`; what yields nothing hands over nothing.
So the null rule costs no test but the one on the expression itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from engine.diagnostics import Position, Problems
from engine.expression.code import Code, call, conditional, name
from engine.expression.codegen import emit_code, emit_condition
from engine.expression.module import Module
from engine.expression.parse import ExpressionError, Term, parse
from engine.mapping.interpolation import Piece, UnclosedError, pieces
from engine.mapping.names import View
from engine.mapping.runtime import truth, written
from engine.mapping.sight import Sight
from engine.mapping.spot import Spot, is_expression, text_of
from engine.mapping.statements import constant, has_type, keep
from engine.tree import Entry, Node, Scalar

Emitted = TypeVar("Emitted")

# The local of an interpolated value while it becomes a text.
PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled `=expr`, or the expression in a `${…}`."""

    code: Code
    at: Position
    term: Term | None = None

    @property
    def is_null(self) -> bool:
        return (
            not self.code.tests
            and isinstance(self.code.value, ast.Constant)
            and self.code.value.value is None
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; `known` is its value where load can tell, `key` is the same for the same text."""

    test: ast.expr
    known: bool | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A template of `defs`. `loops`: it calls others for each element of a list; `once`: it is called at one
    place alone.
    """

    name: str
    spot: Spot
    arguments: tuple[str, ...]
    body: Spot
    loops: bool
    once: bool = False

    @property
    def fits_in_place(self) -> bool:
        """Whether little code is written twice when it stands where it is called."""
        return self.once or not self.loops


class Home(Protocol):
    """What a block needs of the unit that it is part of."""

    module: Module
    problems: Problems
    tables: Spot | None

    def write(self, block: Block, spot: Spot, sink: Sink) -> list[ast.stmt]:
        """Statements that hand the value of a node to a sink."""
        ...

    def definition(self, block: Block, wanted: Spot) -> Definition | None:
        """The definition of a name; None, with a problem noted, when there is none."""
        ...

    def callee(self, block: Block, definition: Definition, mode: str) -> str:
        """The name of the function of a definition for this place."""
        ...


class Sink(Protocol):
    """Where the value of a node goes.

    `mode` names the kind of function that a definition becomes when it is called from here, `leading` are the
    arguments that such a function takes first.
    """

    mode: str
    leading: tuple[ast.expr, ...]

    def put(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        """Take a value that is there."""
        ...

    def yielded(self, block: Block, value: ast.expr) -> list[ast.stmt]:
        """Take a value that is there, of a kind only known at run time."""
        ...

    def expression(self, block: Block, found: Expression) -> list[ast.stmt]: ...

    def interpolated(self, block: Block, parts: list[str | Expression]) -> list[ast.stmt]: ...

    def sequence(self, block: Block, spot: Spot) -> list[ast.stmt]: ...

    def mapping(
        self, block: Block, spot: Spot, entries: tuple[Entry, ...], spread: Spot | None = None
    ) -> list[ast.stmt]:
        """An object without directives; the keys of `spread` come first."""
        ...

    def inner(self) -> Sink:
        """For what a directive that stands here yields."""
        ...

    def rounds(self) -> Sink | None:
        """For what each round of a loop yields, where this takes many values; else None."""
        ...


class Block:
    """One generated function: its names, its problems, its expressions.

    `visible` are the `let` names it may use, `depth` is code for how many definitions deep it runs, `calls`
    are the generated functions it uses, `here` is the node that is being written, `rounds` are the loops that
    are around it, `own` is the definition whose function it is, `in_place` are those that are written where
    their calls stand.
    """

    def __init__(
        self, home: Home, view: View, names: Sight, visible: tuple[str, ...], depth: ast.expr, calls: set[str]
    ) -> None:
        self.home = home
        self.view = view
        self.names = names
        self.visible = visible
        self.depth = depth
        self.calls = calls
        self.here = Spot(Scalar(None, Position("")))
        self.rounds = 0
        self.own: Definition | None = None
        self.in_place: tuple[Definition, ...] = ()

    @property
    def module(self) -> Module:
        return self.home.module

    @property
    def problems(self) -> Problems:
        return self.home.problems

    def write(self, spot: Spot, sink: Sink) -> list[ast.stmt]:
        return self.home.write(self, spot, sink)

    @contextmanager
    def binding(self, names: Mapping[str, str]) -> Iterator[None]:
        with self.names.bound(names):
            yield

    @contextmanager
    def round(self, names: Mapping[str, str]) -> Iterator[None]:
        """The same, for what is done for each element of a list."""
        self.rounds += 1
        with self.names.bound(names):
            yield
        self.rounds -= 1

    @contextmanager
    def placed(self, definition: Definition, names: Mapping[str, str]) -> Iterator[None]:
        """For a definition that is written where it is called: it sees its arguments alone."""
        before, self.in_place = self.in_place, (*self.in_place, definition)
        with self.names.bound(names, alone=True):
            yield
        self.in_place = before

    def takes_in_place(self, definition: Definition) -> bool:
        """Whether a definition is written here: a loop pays for each call, and little is written twice."""
        around = self.in_place
        return bool(
            self.rounds
            and definition.fits_in_place
            and definition not in (self.own, *around)
            and all(each.once for each in around)
        )

    def fresh(self, prefix: str = "t") -> str:
        return self.module.fresh(prefix if prefix.isidentifier() else "t")

    def use(self, helper: Callable[..., Any], *arguments: ast.expr) -> ast.expr:
        """A call of a run-time helper."""
        return call(self.module.use(helper), *arguments)

    # --- problems --------------------------------------------------------------------------------------

    def error(self, at: Position, code: str, message: str, path: str, hint: str | None = None) -> None:
        self.problems.error(at, code, message, hint=hint, path=path)

    # --- expressions -----------------------------------------------------------------------------------

    def expression(self, leaf: Scalar, start: int, text: str, path: str) -> Expression:
        """Compile `text`, which begins at offset `start` of a leaf; a mistake is noted and reads as null."""
        at = leaf.at_offset(start)
        found = self._compiled(leaf, start, text, path, emit_code)
        if found is None:
            return Expression(Code(constant(None)), at)
        term, code = found
        for node in (code.value, *code.tests):
            self._placed(node, at)
        return Expression(code, at, term)

    def _compiled(
        self, leaf: Scalar, start: int, text: str, path: str, emit: Callable[..., Emitted]
    ) -> tuple[Term, Emitted] | None:
        try:
            term = parse(text)
            return term, emit(term, self.names, self.module, lambda offset: leaf.at_offset(start + offset))
        except ExpressionError as mistake:
            place = leaf.at_offset(start + mistake.offset)
            self.error(place, mistake.code, mistake.message, path, mistake.hint)
            return None

    def _placed(self, node: ast.expr, at: Position) -> ast.expr:
        return node if hasattr(node, "lineno") else self.module.place(node, at)

    def condition(self, spot: Spot) -> Condition:
        """The condition of a `$when`, `$where` or `when`: a boolean, or an expression."""
        leaf = spot.node
        known = _literal_condition(leaf)
        if known is not None:
            return Condition(constant(known), known, str(known))
        if not isinstance(leaf, Scalar) or not is_expression(leaf):
            self.error(
                spot.at, "missing-equals", "a condition is an expression", spot.path, equals_hint(leaf)
            )
            return Condition(constant(True))
        found = self._compiled(leaf, 1, leaf.value[1:], spot.path, emit_condition)
        if found is None:
            return Condition(constant(True))
        term, test = found
        fixed = truth(term.value) if term.kind == "literal" else None
        return Condition(self._placed(test, spot.token), fixed, leaf.value[1:].strip())

    def is_text(self, spot: Spot, wanted: str) -> bool:
        """Whether a single value stands where only an expression can give what is wanted; noted if so."""
        leaf = spot.node
        if not isinstance(leaf, Scalar) or is_expression(leaf):
            return False
        self.error(spot.at, "missing-equals", wanted, spot.path, equals_hint(leaf))
        return True

    # --- interpolation ---------------------------------------------------------------------------------

    def parts(self, leaf: Scalar, path: str) -> list[str | Expression]:
        """The literal and computed parts of `text ${expr} text`."""
        try:
            found = list(pieces(leaf.value))
        except UnclosedError as mistake:
            message = "the ${ that opens here is never closed"
            self.error(leaf.at_offset(mistake.start), "expression-syntax", message, path)
            return [leaf.value]
        return [self._part(leaf, piece, path) for piece in found]

    def _part(self, leaf: Scalar, piece: Piece, path: str) -> str | Expression:
        return self.expression(leaf, piece.start, piece.text, path) if piece.is_expression else piece.text

    def as_text(self, value: ast.expr) -> ast.expr:
        """Code for the text of an interpolated value."""
        if isinstance(value, ast.Name):
            return conditional(has_type(value, "str"), value, self.use(written, value))
        test = has_type(keep(PIECE, value), "str")
        return conditional(test, name(PIECE), self.use(written, name(PIECE)))


def equals_hint(node: Node) -> str | None:
    """For a text that stands where an expression is wanted."""
    return "write an expression: =…" if text_of(node) is None else "write it with = in front"


def _literal_condition(leaf: Node) -> bool | None:
    """A condition written as a plain boolean, also as text that an environment variable gave."""
    if not isinstance(leaf, Scalar):
        return None
    if isinstance(leaf.value, bool):
        return leaf.value
    if leaf.origin and leaf.value in ("true", "false"):
        return bool(leaf.value == "true")
    return None
