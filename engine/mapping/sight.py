"""The names of one generated function, as the expression compiler asks for them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.events import CHAT_FIELDS
from engine.expression.code import call, compare, conditional, is_instance, method, name
from engine.expression.module import Module
from engine.expression.parse import ExpressionError
from engine.mapping.names import BODY_NAMES, SCOPE, Reads, View
from engine.mapping.runtime import NOTHING, chat_data
from engine.mapping.statements import assign, constant, keep
from engine.registry import nearest

FIELDS = "_fields"
LET = "_let"

# What is a value elsewhere and a name here.
WORDS = {"true": "true", "false": "false", "null": "null", "none": "null"}


class Sight:
    """Implements `codegen.Names`. `lets` maps the visible `let` names to code that reads them.

    Attributes of the scope are read once, into locals, before the function's own code (`prologue`). Whether
    a name holds an object is looked at once, where it gets its value (`opening`), not for each of its fields.
    `repeats`: a field, or a name of `let`, is read at two places.
    """

    def __init__(
        self,
        module: Module,
        view: View,
        tables: Mapping[str, Any],
        lets: Mapping[str, Callable[[], ast.expr]],
    ) -> None:
        self._module = module
        self._view = view
        self._tables = tables
        self._lets = lets
        self._locals: dict[str, str] = {}
        self._loaded: dict[str, ast.expr] = {}
        self._opened: set[str] = set()
        self._remembers: dict[str, None] = {}
        self._fields: set[tuple[str, str]] = set()
        self.repeats = False
        self.reads = Reads()

    # --- codegen.Names ---------------------------------------------------------------------------------

    def load(self, wanted: str, offset: int) -> ast.expr:
        if wanted in self._locals:
            return name(self._locals[wanted])
        if wanted in self._lets:
            return self._remembered(wanted)
        if wanted == "tables" and self._view.lets:
            self.reads.tables.update(self._tables)
            self.reads.whole_tables = True
            return self._module.constant(self._tables)
        if wanted in self._view.names:
            return self._whole(wanted)
        if wanted in self._view.keys:
            return method(name(self.attribute("event")), "get", constant(wanted))
        if self._view.open:
            return method(name(self.attribute("data")), "get", constant(wanted))
        raise self._unknown(wanted, offset)

    def everything(self) -> ast.expr:
        names = sorted(self.known())
        return ast.Dict([constant(known) for known in names], [self.load(known, 0) for known in names])

    def field(self, wanted: str, part: str, offset: int) -> ast.expr | None:
        if wanted in self._locals:
            return self._field(self._locals[wanted], part)
        if wanted in self._lets:
            return None
        if wanted == "tables" and self._view.lets:
            return self._table(part, offset)
        if wanted not in self._view.names:
            return None
        if wanted == "chat":
            return self._chat_field(part, offset)
        if wanted == "body":
            self.reads.body.add(part)
        if wanted == "headers":
            self.reads.headers.add(part)
        return self._field(self.attribute(self._view.names[wanted]), part)

    def scope(self) -> ast.expr | None:
        self.reads.names.add(SCOPE)
        return name("scope")

    # --- scopes ----------------------------------------------------------------------------------------

    def known(self) -> set[str]:
        closed = {"tables"} if self._view.lets else set()
        return {*self._view.names, *self._view.keys, *self._lets, *self._locals, *closed}

    @contextmanager
    def bound(self, names: Mapping[str, str], *, alone: bool = False) -> Iterator[None]:
        """Local names, each held by a Python variable, for the code that is written inside.

        `alone`: those that were there are not seen.
        """
        before = self._locals
        self._locals = {**({} if alone else before), **names}
        try:
            yield
        finally:
            self._locals = before

    def is_local(self, code: ast.expr) -> bool:
        """Whether code is the bare variable of a local name."""
        return isinstance(code, ast.Name) and code.id in self._locals.values()

    def own(self) -> set[str]:
        """Names that hold the operator's own words, not a client's or an upstream's."""
        return {*self._lets, "tables", "params", "features"} - self._locals.keys()

    def prologue(self) -> list[ast.stmt]:
        loaded = [assign(variable, value) for variable, value in self._loaded.items()]
        waiting = [assign(variable, self._module.constant(NOTHING)) for variable in self._remembers]
        return [*loaded, *self.opening(self._loaded), *waiting]

    def opening(self, variables: Iterable[str]) -> list[ast.stmt]:
        """For where these variables have got their values, once all is written that reads their fields."""
        return [
            assign(
                fields_of(variable),
                conditional(is_instance(name(variable), "dict"), name(variable), ast.Dict([], [])),
            )
            for variable in variables
            if variable in self._opened
        ]

    def attribute(self, attribute: str) -> str:
        """The local that holds an attribute of the scope."""
        self.reads.names.add(attribute)
        self._loaded.setdefault(attribute, ast.Attribute(name("scope"), attribute, ast.Load()))
        return attribute

    # --- reading ---------------------------------------------------------------------------------------

    def _whole(self, wanted: str) -> ast.expr:
        variable = self.attribute(self._view.names[wanted])
        if wanted == "body":
            self.reads.whole_body = True
        if wanted == "headers":
            self.reads.whole_headers = True
        if wanted != "chat":
            return name(variable)
        self.reads.whole_chat = True
        return call(self._module.use(chat_data), name(variable))

    def _remembered(self, let: str) -> ast.expr:
        """The value of a `let`, asked for when it is first read, and then kept in a local."""
        local = f"{let}{LET}"
        self.repeats = self.repeats or local in self._remembers
        self._remembers[local] = None
        known = compare(name(local), ast.IsNot(), self._module.constant(NOTHING))
        return conditional(known, name(local), keep(local, self._lets[let]()))

    def _field(self, variable: str, part: str) -> ast.expr:
        self._opened.add(variable)
        self._note(variable, part)
        return method(name(fields_of(variable)), "get", constant(part))

    def _chat_field(self, part: str, offset: int) -> ast.expr:
        if part not in CHAT_FIELDS:
            hint = suggestion(part, CHAT_FIELDS) or f"fields of chat: {', '.join(CHAT_FIELDS)}"
            raise ExpressionError("unknown-field", f"chat has no field {part!r}", offset, hint)
        self.reads.chat.add(part)
        self._note("chat", part)
        return ast.Attribute(name(self.attribute("chat")), part, ast.Load())

    def _note(self, variable: str, part: str) -> None:
        self.repeats = self.repeats or (variable, part) in self._fields
        self._fields.add((variable, part))

    def _table(self, part: str, offset: int) -> ast.expr:
        if part not in self._tables:
            known = ", ".join(sorted(self._tables)) or "none"
            message = f"unknown table {part!r}; tables here: {known}"
            raise ExpressionError("unknown-table", message, offset, suggestion(part, self._tables))
        self.reads.tables.add(part)
        return self._module.constant(self._tables[part])

    def _unknown(self, wanted: str, offset: int) -> ExpressionError:
        known = sorted(self.known())
        message = f"unknown name {wanted!r}; names here: {', '.join(known)}"
        return ExpressionError("unknown-name", message, offset, self._meant(wanted, known))

    def _meant(self, wanted: str, known: list[str]) -> str | None:
        if wanted.lower() in WORDS:
            return f"a literal is written `{WORDS[wanted.lower()]}`"
        near = suggestion(wanted, known)
        if near:
            return near
        if wanted in CHAT_FIELDS and "chat" in known:
            return f"did you mean 'chat.{wanted}'?"
        return f"did you mean 'body.{wanted}'?" if wanted in BODY_NAMES and "body" in known else None


def fields_of(variable: str) -> str:
    """The variable that holds the same object, or an empty one where there is none."""
    return f"{variable}{FIELDS}"


def field_read(code: ast.AST) -> tuple[str, str] | None:
    """The variable and the field that code reads, if it is what is written here for a field."""
    if isinstance(code, ast.Attribute):
        target, part = code.value, code.attr
        return ("chat", part) if isinstance(target, ast.Name) and target.id == "chat" else None
    if not isinstance(code, ast.Call) or not isinstance(code.func, ast.Attribute):
        return None
    target = code.func.value
    if not isinstance(target, ast.Name) or not target.id.endswith(FIELDS) or code.func.attr != "get":
        return None
    return target.id, code.args[0].value  # type: ignore[attr-defined]


def let_read(code: ast.AST) -> str | None:
    """The local of a `let` that code reads, if it is what is written here for one."""
    if isinstance(code, ast.IfExp) and isinstance(code.body, ast.Name) and code.body.id.endswith(LET):
        return code.body.id
    return None


def suggestion(
    wanted: str, known: Iterator[str] | Mapping[str, Any] | list[str] | tuple[str, ...]
) -> str | None:
    """A did-you-mean hint, or None when no known name is near."""
    near = nearest(wanted, list(known))
    return f"did you mean {near!r}?" if near else None
