"""Endpoints that would answer the same requests."""

from __future__ import annotations

import re

from engine.config.index import Index
from engine.diagnostics import Position, Problems, Related
from engine.spec.endpoint import Endpoint

ANY = "any method"


def same_paths(index: Index, problems: Problems) -> None:
    """Two endpoints with one path must not have a method in common; names of parameters do not part them."""
    taken: dict[tuple[str, str], tuple[str, Position]] = {}
    for file in index.in_path_order:
        for name, endpoint in file.document.endpoints.items() if file.document else ():
            if isinstance(endpoint, Endpoint):
                _take(name, endpoint, file.names["endpoint", name], taken, problems)


def _take(
    name: str,
    endpoint: Endpoint,
    at: Position,
    taken: dict[tuple[str, str], tuple[str, Position]],
    problems: Problems,
) -> None:
    path = re.sub(r"\{[^}]*\}", "{}", endpoint.path)
    for method in endpoint.methods or (ANY,):
        other, first = taken.setdefault((path, method), (name, at))
        if other != name:
            message = (
                f"endpoint '{other}' answers {method} {endpoint.path} already ({first.file}:{first.line})"
            )
            related = (Related(first, "first here"),)
            problems.error(at, "same-path", message, path=f"endpoints.{name}.path", related=related)
            return
