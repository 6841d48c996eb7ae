"""Endpoints that would answer the same requests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.config.index import Index
from engine.diagnostics import Position, Problems, Related
from engine.spec.endpoint import Endpoint

ANY = "any method"
ROUTES = "routes.d/"


def mounted(file: str, path: str, mounts: Mapping[str, str]) -> str:
    """Where an endpoint of a route file answers: what is below `routes.d/NAME/` has a path of its own."""
    directory, below, _ = file.removeprefix(ROUTES).partition("/")
    return f"{mounts[directory].rstrip('/')}{path}" if below and directory in mounts else path


def same_paths(index: Index, problems: Problems) -> None:
    """Two endpoints with one path must not have a method in common; names of parameters do not part them."""
    taken: dict[tuple[str, str], tuple[str, Position]] = {}
    for file in index.in_path_order:
        for name, endpoint in file.document.endpoints.items() if file.document else ():
            if isinstance(endpoint, Endpoint):
                path = mounted(file.file, endpoint.path, index.mounts)
                _take(name, endpoint.methods, path, file.names["endpoint", name], taken, problems)


def _take(
    name: str,
    methods: tuple[str, ...] | None,
    shown: str,
    at: Position,
    taken: dict[tuple[str, str], tuple[str, Position]],
    problems: Problems,
) -> None:
    path = re.sub(r"\{[^}]*\}", "{}", shown)
    for method in methods or (ANY,):
        other, first = taken.setdefault((path, method), (name, at))
        if other != name:
            message = f"endpoint '{other}' answers {method} {shown} already ({first.file}:{first.line})"
            related = (Related(first, "first here"),)
            problems.error(at, "same-path", message, path=f"endpoints.{name}.path", related=related)
            return
