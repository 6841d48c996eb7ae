"""`request:` method, path, query, headers and body, each a template with a root of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.errors import MappingFailed
from engine.expression.code import conditional, name
from engine.mapping.block import Block
from engine.mapping.names import VIEWS, View
from engine.mapping.program import Program
from engine.mapping.runtime import query_map
from engine.mapping.sinks import kept, value_of
from engine.mapping.spot import Spot, text_of
from engine.mapping.statements import assign, constant, give, present
from engine.mapping.texts import Headers, Path
from engine.mapping.unit import Unit

Written = tuple[list[ast.stmt], ast.expr]
"""Statements to run first, and code for a value."""


class Rendered(NamedTuple):
    """A request ready to be signed and sent; `path` follows the base URL and may hold a query of its own.

    `url`: the whole address instead, as an answer gave it.
    """

    method: str
    path: str
    query: dict[str, str] | None
    headers: dict[str, str]
    body: Any
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RequestProgram:
    """`head` renders all but the body, `body` the body alone: a client's own may go up in its place.

    `fixed`: the head reads nothing that differs between requests, see `names.Reads.fixed`; `headers`: it
    differs by no more than these headers of the client, None if by more · `form`: the body is one ·
    `url`: of a further request, the whole address · `words`: method and path as written, for people.
    """

    head: Program
    body: Program | None
    fixed: bool = False
    headers: tuple[str, ...] | None = None
    form: bool = False
    url: Program | None = None
    words: str = ""

    @property
    def programs(self) -> tuple[Program, ...]:
        return tuple(program for program in (self.head, self.body, self.url) if program is not None)

    def render(self, scope: Any) -> Rendered:
        """Raises `MappingFailed`, and `RequestRefused` where the template says `$raise`."""
        method, path, query, headers = self.head(scope)
        url = self.url(scope) if self.url else None
        if self.url and (not isinstance(url, str) or not url):
            raise MappingFailed("the answer before has no address to go on with", self.words)
        return Rendered(method, path, query, headers, self.render_body(scope), url)

    def render_body(self, scope: Any) -> Any:
        """The body alone. Raises as `render` does."""
        return self.body(scope) if self.body else None

    def render_around(self, body: Any, scope: Any) -> Rendered:
        """The request around a body that is there. Raises as `render` does."""
        method, path, query, headers = self.head(scope)
        return Rendered(method, path, query, headers, body)


def compile_request(unit: Unit, spot: Spot, view: View = VIEWS["request"]) -> RequestProgram:
    def head(block: Block) -> list[ast.stmt]:
        parts = [write(block, spot.get(part)) for part, write in HEAD.items()]
        statements = [statement for first, _ in parts for statement in first]
        return [*statements, give(ast.Tuple([value for _, value in parts], ast.Load()))]

    form, url = spot.get("form"), spot.get("url")
    written = form or spot.get("body")
    program = unit.program(view, spot.path, head)
    reads = unit.reads(program)
    return RequestProgram(
        program,
        unit.program(view, spot.path, lambda block: _body(block, written)) if written else None,
        reads.fixed,
        tuple(sorted(reads.headers)) if reads.fixed_but_headers else None,
        form is not None,
        unit.program(view, url.path, lambda block: _body(block, url)) if url else None,
        _words(spot),
    )


def _words(spot: Spot) -> str:
    method, path = spot.get("method"), spot.get("url") or spot.get("path")
    told = [(text_of(part.node) if part else None) for part in (method, path)]
    return f"{told[0] or 'POST'} {told[1] or ('…' if path else '')}".rstrip()


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


def _body(block: Block, spot: Spot) -> list[ast.stmt]:
    statements, value = value_of(block, spot)
    return [*statements, give(value)]


HEAD: dict[str, Callable[[Block, Spot | None], Written]] = {
    "method": _method,
    "path": _path,
    "query": _query,
    "headers": _headers,
}
