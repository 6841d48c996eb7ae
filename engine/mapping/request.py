"""`request:` method, path, query, headers and body, each a template with a root of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.expression.code import conditional, name
from engine.mapping.block import Block
from engine.mapping.names import VIEWS, View
from engine.mapping.program import Program
from engine.mapping.runtime import query_map
from engine.mapping.sinks import kept, value_of
from engine.mapping.spot import Spot
from engine.mapping.statements import assign, constant, give, present
from engine.mapping.texts import Headers, Path
from engine.mapping.unit import Unit

Written = tuple[list[ast.stmt], ast.expr]
"""Statements to run first, and code for a value."""


class Rendered(NamedTuple):
    """A request ready to be signed and sent; `path` follows the base URL and may hold a query of its own."""

    method: str
    path: str
    query: dict[str, str] | None
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class RequestProgram:
    program: Program

    def render(self, scope: Any) -> Rendered:
        """Raises `MappingFailed`, and `RequestRefused` where the template says `$raise`."""
        return Rendered(*self.program(scope))


def compile_request(unit: Unit, spot: Spot, view: View = VIEWS["request"]) -> RequestProgram:
    def body(block: Block) -> list[ast.stmt]:
        parts = [write(block, spot.get(part)) for part, write in PARTS.items()]
        statements = [statement for first, _ in parts for statement in first]
        return [*statements, give(ast.Tuple([value for _, value in parts], ast.Load()))]

    return RequestProgram(unit.program(view, spot.path, body))


def _method(block: Block, spot: Spot | None) -> Written:
    return value_of(block, spot) if spot else ([], constant("POST"))


def _path(block: Block, spot: Spot | None) -> Written:
    local = block.fresh("path")
    return [assign(local, constant("")), *(block.write(spot, Path(local)) if spot else ())], name(local)


def _headers(block: Block, spot: Spot | None) -> Written:
    local = block.fresh("headers")
    empty = assign(local, ast.Dict([], []))
    return [empty, *(block.write(spot, Headers(local)) if spot else ())], name(local)


def _query(block: Block, spot: Spot | None) -> Written:
    if spot is None:
        return [], constant(None)
    local = block.fresh("query")
    texts = conditional(present(name(local)), block.use(query_map, name(local)), constant(None))
    return kept(block, spot, local), block.module.place(texts, spot.token)


def _value(block: Block, spot: Spot | None) -> Written:
    return value_of(block, spot) if spot else ([], constant(None))


PARTS: dict[str, Callable[[Block, Spot | None], Written]] = {
    "method": _method,
    "path": _path,
    "query": _query,
    "headers": _headers,
    "body": _value,
}
