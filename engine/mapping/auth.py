"""`auth:` where a credential goes: a header, a query parameter, or a signing scheme with its own inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterable
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
from engine.registry import Registry
from engine.signing.scheme import UNSIGNED, Outgoing, Scheme, Signature
from engine.tree import Entry, Sequence

KINDS = ("header", "query", "scheme")
SIGNED = ("method", "path", "query", "payload")


@dataclass(frozen=True, slots=True)
class AuthProgram:
    """One entry. `kind` is header, query or scheme; `name` the header, the parameter or the scheme.

    `signs`: the entry reads `method`, `path`, `query` or `payload`, the request as it is sent.
    `fixed`: its value is the same for all requests, see `names.Reads.fixed`; no signature is, but a token
    that is to be had first may be.
    `scheme`: what signs, `program` gives its inputs.
    """

    kind: str
    name: str
    program: Program | None
    signs: bool
    fixed: bool = False
    scheme: Scheme | None = None

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

    def sign(self, scope: Any, sent: Outgoing) -> Signature:
        """What a scheme adds. `scope` holds the request as it is sent. Raises `SigningFailed`."""
        if self.scheme is None:
            return UNSIGNED
        return self.scheme.signature(sent, self.inputs(scope), scope.credential)


def compile_auth(unit: Unit, spot: Spot | None, schemes: Registry[Scheme]) -> tuple[AuthProgram, ...]:
    if spot is None:
        return ()
    entries = spot.items() if isinstance(spot.node, Sequence) else (spot,)
    found = (_entry(unit, entry, schemes) for entry in entries)
    return tuple(program for program in found if program is not None)


def _entry(unit: Unit, spot: Spot, schemes: Registry[Scheme]) -> AuthProgram | None:
    _check_one(spot, unit.problems)
    for kind in KINDS:
        title = spot.get(kind)
        if title is None:
            continue
        target = text_of(title.node) or ""
        if kind == "scheme":
            return _scheme(unit, spot, target, _found(title, target, schemes, unit.problems))
        value = spot.get("value")
        if value is None:
            return AuthProgram(kind, target, None, signs=False, fixed=True)
        program = _value(unit, value, kind)
        reads = unit.reads(program)
        return AuthProgram(kind, target, program, not reads.names.isdisjoint(SIGNED), reads.fixed)
    return None


def _check_one(spot: Spot, problems: Problems) -> None:
    """What a dialect inherits is merged by key: another way beside it would be left out in silence."""
    first, *others = [kind for kind in KINDS if spot.get(kind) is not None] or [""]
    if others:
        message = f"`{first}` and `{others[0]}` exclude each other; one of them is inherited"
        hint = "write a list, which replaces what is inherited: auth: [{…}]"
        problems.error(spot.at, "conflicting-keys", message, hint=hint, path=spot.path)


def _found(spot: Spot, scheme: str, schemes: Registry[Scheme], problems: Problems) -> Scheme | None:
    found = schemes.get(scheme)
    if found is None:
        known = schemes.names()
        message = f"unknown scheme {scheme!r}; schemes: {', '.join(known) or 'none'}"
        problems.error(spot.at, "unknown-scheme", message, hint=suggestion(scheme, known), path=spot.path)
    return found


def _check_inputs(spot: Spot, inputs: Iterable[Entry], scheme: Scheme, problems: Problems) -> None:
    written = {entry.key: entry for entry in inputs}
    for title, entry in written.items():
        if title not in scheme.inputs:
            message = f"the scheme {scheme.name!r} has no input {title!r}; inputs: {', '.join(scheme.inputs)}"
            hint = suggestion(title, list(scheme.inputs))
            problems.error(entry.key_at, "unknown-key", message, hint=hint, path=spot.below(title))
    for title in scheme.to_write:
        if title not in written:
            message = f"the scheme {scheme.name!r} needs `{title}`: {scheme.inputs[title]}"
            problems.error(spot.at, "missing-key", message, path=spot.path)


def _value(unit: Unit, spot: Spot, kind: str) -> Program:
    text = header_text if kind == "header" else written
    return unit.program(VIEWS["auth"], spot.path, lambda block: block.write(spot, OptionalText(give, text)))


def _scheme(unit: Unit, spot: Spot, title: str, scheme: Scheme | None) -> AuthProgram:
    inputs = tuple(entry for entry in spot.entries() if entry.key != "scheme")
    if scheme is not None:
        _check_inputs(spot, inputs, scheme, unit.problems)

    def body(block: Block) -> list[ast.stmt]:
        statements, target = build_object(block, spot, inputs)
        return [*statements, give(name(target))]

    program = unit.program(VIEWS["auth"], spot.path, body)
    fixed = scheme is not None and scheme.sign is None and unit.reads(program).fixed
    return AuthProgram("scheme", title, program, True, fixed, scheme)
