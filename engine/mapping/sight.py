"""The names of one generated function, as the expression compiler asks for them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.events import CHAT_FIELDS
from engine.expression.code import call, conditional, method, name
from engine.expression.module import Module
from engine.expression.parse import ExpressionError
from engine.mapping.names import BODY_NAMES, Reads, View
from engine.mapping.runtime import chat_data
from engine.mapping.statements import assign, constant, has_type
from engine.registry import nearest

# What is a value elsewhere and a name here.
WORDS = {"true": "true", "false": "false", "null": "null", "none": "null"}


class Sight:
    """Implements `codegen.Names`. `lets` maps the visible `let` names to code that reads them.

    Attributes of the scope are read once, into locals, before the function's own code (`prologue`).
    """

    def __init__(
        self,
        module: Module,
        view: View,
        tables: Mapping[str, Any],
        lets: Mapping[str, Callable[[], ast.expr]],
        used_tables: set[str],
    ) -> None:
        self._module = module
        self._view = view
        self._tables = tables
        self._lets = lets
        self._used_tables = used_tables
        self._locals: dict[str, str] = {}
        self._loaded: dict[str, ast.expr] = {}
        self.reads = Reads()

    # --- codegen.Names ---------------------------------------------------------------------------------

    def load(self, wanted: str, offset: int) -> ast.expr:
        if wanted in self._locals:
            return name(self._locals[wanted])
        if wanted in self._lets:
            return self._lets[wanted]()
        if wanted == "tables" and self._view.lets:
            self._used_tables.update(self._tables)
            return self._module.constant(self._tables)
        if wanted in self._view.names:
            return self._whole(wanted)
        if self._view.open:
            return method(name(self.attribute("data")), "get", constant(wanted))
        raise self._unknown(wanted, offset)

    def everything(self) -> ast.expr:
        names = sorted(self.known())
        return ast.Dict([constant(known) for known in names], [self.load(known, 0) for known in names])

    def field(self, wanted: str, part: str, offset: int) -> ast.expr | None:
        if wanted in self._locals or wanted in self._lets:
            return None
        if wanted == "tables" and self._view.lets:
            return self._table(part, offset)
        if wanted not in self._view.names:
            return None
        if wanted == "chat":
            return self._chat_field(part, offset)
        if wanted == "body":
            self.reads.body.add(part)
            return method(name(self._body_fields()), "get", constant(part))
        return None

    def scope(self) -> ast.expr | None:
        return name("scope")

    # --- scopes ----------------------------------------------------------------------------------------

    def known(self) -> set[str]:
        closed = {"tables"} if self._view.lets else set()
        return {*self._view.names, *self._lets, *self._locals, *closed}

    @contextmanager
    def bound(self, names: Mapping[str, str]) -> Iterator[None]:
        """Local names, each held by a Python variable, for the code that is written inside."""
        before = self._locals
        self._locals = {**before, **names}
        try:
            yield
        finally:
            self._locals = before

    def own(self) -> set[str]:
        """Names that hold the operator's own words, not a client's or an upstream's."""
        return {*self._lets, "tables", "params", "features"} - self._locals.keys()

    def loaded(self) -> list[str]:
        """The attributes of the scope that were read."""
        return list(self._loaded)

    def prologue(self) -> list[ast.stmt]:
        return [assign(variable, value) for variable, value in self._loaded.items()]

    def attribute(self, attribute: str) -> str:
        """The local that holds an attribute of the scope."""
        self._loaded.setdefault(attribute, ast.Attribute(name("scope"), attribute, ast.Load()))
        return attribute

    # --- reading ---------------------------------------------------------------------------------------

    def _whole(self, wanted: str) -> ast.expr:
        variable = self.attribute(self._view.names[wanted])
        if wanted == "body":
            self.reads.whole_body = True
        if wanted != "chat":
            return name(variable)
        self.reads.whole_chat = True
        return call(self._module.use(chat_data), name(variable))

    def _body_fields(self) -> str:
        body = self.attribute("body")
        empty = ast.Dict([], [])
        self._loaded.setdefault("body_fields", conditional(has_type(name(body), "dict"), name(body), empty))
        return "body_fields"

    def _chat_field(self, part: str, offset: int) -> ast.expr:
        if part not in CHAT_FIELDS:
            hint = suggestion(part, CHAT_FIELDS) or f"fields of chat: {', '.join(CHAT_FIELDS)}"
            raise ExpressionError("unknown-field", f"chat has no field {part!r}", offset, hint)
        self.reads.chat.add(part)
        return ast.Attribute(name(self.attribute("chat")), part, ast.Load())

    def _table(self, part: str, offset: int) -> ast.expr:
        if part not in self._tables:
            known = ", ".join(sorted(self._tables)) or "none"
            message = f"unknown table {part!r}; tables here: {known}"
            raise ExpressionError("unknown-table", message, offset, suggestion(part, self._tables))
        self._used_tables.add(part)
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


def suggestion(
    wanted: str, known: Iterator[str] | Mapping[str, Any] | list[str] | tuple[str, ...]
) -> str | None:
    """A did-you-mean hint, or None when no known name is near."""
    near = nearest(wanted, list(known))
    return f"did you mean {near!r}?" if near else None
