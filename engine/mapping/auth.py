"""`auth:` where a credential goes: a header, a query parameter, or a signing scheme with its own inputs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from engine.diagnostics import Problems
from engine.expression.code import name
from engine.mapping.block import Block
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.request import Rendered
from engine.mapping.runtime import header_text, written
from engine.mapping.sight import suggestion
from engine.mapping.sinks import build_object
from engine.mapping.spot import Spot, text_of
from engine.mapping.statements import give
from engine.mapping.texts import OptionalText
from engine.mapping.unit import Unit
from engine.tree import Sequence

SIGNED = ("method", "path", "query", "payload")


@dataclass(frozen=True, slots=True)
class AuthProgram:
    """One entry. `kind` is header, query or scheme; `name` the header, the parameter or the scheme.

    `signs`: the entry reads `method`, `path`, `query` or `payload`, the request as it is sent.
    """

    kind: str
    name: str
    program: Program | None
    signs: bool

    def apply(self, scope: Any, rendered: Rendered) -> list[tuple[str, str, str]]:
        """What to add, as (header | query, name, value); nothing where the value is null, nor for a scheme.

        `scope` holds the request as it is sent; where it does not, `rendered` stands in for it.
        """
        if self.kind == "scheme" or self.program is None:
            return []
        if self.signs and scope.method is None:
            path = rendered.path.partition("?")[0]
            scope = scope.fork(method=rendered.method, path=path, query=rendered.query or {})
        value = self.program(scope)
        return [] if value is None else [(self.kind, self.name, value)]

    def inputs(self, scope: Any) -> dict[str, Any]:
        """The inputs of a scheme."""
        return self.program(scope) if self.kind == "scheme" and self.program else {}


def compile_auth(unit: Unit, spot: Spot | None, schemes: frozenset[str] | None) -> tuple[AuthProgram, ...]:
    if spot is None:
        return ()
    entries = spot.items() if isinstance(spot.node, Sequence) else (spot,)
    found = (_entry(unit, entry, schemes) for entry in entries)
    return tuple(program for program in found if program is not None)


def _entry(unit: Unit, spot: Spot, schemes: frozenset[str] | None) -> AuthProgram | None:
    for kind in ("header", "query", "scheme"):
        title = spot.get(kind)
        if title is None:
            continue
        target = text_of(title.node) or ""
        if kind == "scheme":
            _check_scheme(title, target, schemes, unit.problems)
            return _scheme(unit, spot, target)
        value = spot.get("value")
        program, signs = _value(unit, value, kind) if value else (None, False)
        return AuthProgram(kind, target, program, signs)
    return None


def _check_scheme(spot: Spot, scheme: str, schemes: frozenset[str] | None, problems: Problems) -> None:
    if schemes is not None and scheme not in schemes:
        known = ", ".join(sorted(schemes)) or "none"
        message = f"unknown scheme {scheme!r}; schemes: {known}"
        problems.error(
            spot.at, "unknown-scheme", message, hint=suggestion(scheme, sorted(schemes)), path=spot.path
        )


def _value(unit: Unit, spot: Spot, kind: str) -> tuple[Program, bool]:
    signs: list[str] = []

    def body(block: Block) -> list[ast.stmt]:
        statements = block.write(spot, OptionalText(give, header_text if kind == "header" else written))
        signs.extend(block.names.loaded())
        return statements

    return unit.program(VIEWS["auth"], spot.path, body), any(read in SIGNED for read in signs)


def _scheme(unit: Unit, spot: Spot, scheme: str) -> AuthProgram:
    inputs = tuple(entry for entry in spot.entries() if entry.key != "scheme")

    def body(block: Block) -> list[ast.stmt]:
        statements, target = build_object(block, spot, inputs)
        return [*statements, give(name(target))]

    return AuthProgram("scheme", scheme, unit.program(VIEWS["auth"], spot.path, body), True)
