"""Surfaces of a site and of the library: `extends` merged, compiled when an endpoint speaks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from engine.diagnostics import Problems
from engine.globs import compile_glob
from engine.mapping.surface import compile_surface
from engine.operations import CHAT, OPERATIONS
from engine.snapshot.cache import Cache
from engine.snapshot.chain import at_home, chain, merged
from engine.snapshot.library import shipped
from engine.spec.surface import Surface as Declared
from engine.spec.surface import SurfaceEndpoint
from engine.surfaces.declared.hub import HubVariant
from engine.surfaces.declared.passthrough import DeclaredPassthrough
from engine.surfaces.declared.surface import DeclaredSurface
from engine.surfaces.json_schema import SchemaError
from engine.surfaces.registry import compiled_in
from engine.surfaces.surface import StandardEndpoint, Surface
from engine.tree import Mapping as Tree
from engine.tree import to_data


class Offered(NamedTuple):
    """A surface's standard endpoints."""

    name: str
    endpoints: tuple[StandardEndpoint, ...]


class SurfaceTable(Mapping[str, Surface]):
    """Surfaces by name. A shipped one is compiled when it is first asked for: most commands ask for none."""

    def __init__(self, ready: dict[str, Surface], later: Iterable[str]) -> None:
        self._ready = ready
        self._names = dict.fromkeys([*ready, *later])

    def __getitem__(self, name: str) -> Surface:
        surface = self._ready.get(name)
        if surface is None:
            found = shipped_surface(name) if name in self._names else None
            if found is None:
                raise KeyError(name)
            surface = self._ready[name] = found
        return surface

    def get(self, name: str, default: Any = None) -> Any:
        return self._ready.get(name) or super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, surface: Surface) -> None:
        """One that an endpoint made of another."""
        self._ready[name] = surface
        self._names[name] = None

    def offered(self) -> list[Offered]:
        """What each serves that says nothing else; shipped ones need not be compiled for it."""
        return [Offered(name, self._endpoints(name)) for name in self._names]

    def _endpoints(self, name: str) -> tuple[StandardEndpoint, ...]:
        declared = shipped().surfaces.get(name)
        if name in self._ready or declared is None:
            return self[name].endpoints
        return standard_endpoints(declared.endpoints)


KINDS = {CHAT: "surface", "count_tokens": "count", **dict.fromkeys(OPERATIONS, "operation")}


class Surfaces:
    """Looks up surfaces by name: a site's own, then the shipped ones."""

    def __init__(self, own: Mapping[str, Declared], cache: Cache) -> None:
        self._own = own
        self._cache = cache
        self._built: dict[str, Surface | None] = {}
        self.problems = Problems()

    def get(self, name: str) -> Surface | None:
        """None when it, or what it extends, does not exist or goes in circles."""
        if name not in self._built:
            self._built[name] = self._get(name)
        return self._built[name]

    def table(self, names: Iterable[str]) -> SurfaceTable:
        """Those of these names that exist; the site's own are compiled at once, for their mistakes."""
        wanted = dict.fromkeys(names)
        own = ((name, self.get(name)) for name in wanted if name in self._own)
        ready = {name: surface for name, surface in own if surface is not None}
        return SurfaceTable(ready, wanted.keys() & set(shipped_names()) - self._own.keys())

    def _get(self, name: str) -> Surface | None:
        if name not in self._own:
            return shipped_surface(name)
        links = chain(name, self._own, shipped().surfaces)
        if not links:
            return None
        sources = tuple(declared.node for declared in links)

        def build(problems: Problems) -> Surface | None:
            own = Problems()
            surface = build_surface(links[0], name, merged(sources), own)
            problems.extend(at_home(item, links[0]) for item in own.items)
            return surface

        return self._cache.make("surface", name, sources, build, self.problems)


@cache
def shipped_surface(name: str) -> Surface | None:
    """One of the library, compiled once a process. What is wrong in it is found by the tests."""
    links = chain(name, {}, shipped().surfaces)
    if not links:
        return compiled_in().get(name)
    return build_surface(links[0], name, merged([one.node for one in links]), Problems())


def shipped_names() -> list[str]:
    """All surfaces that ship, the hub first."""
    return [*compiled_in(), *(name for name in shipped().surfaces)]


def build_surface(declared: Declared, name: str, node: Tree, problems: Problems) -> Surface | None:
    """The surface of a tree whose `extends` was merged; None, with a problem noted, when it makes none.

    Its endpoints are those that it declares itself: what it extends has its own.
    """
    programs = compile_surface(name, node, problems)
    endpoints = standard_endpoints(declared.endpoints)
    _check_headers(declared.endpoints, f"surfaces.{name}.endpoints", problems)
    if node.get("hub") is not None:
        return HubVariant(programs, endpoints)
    wire = node.get("wire")
    try:
        passthrough = _passthrough(node)
        return DeclaredSurface(programs, endpoints, str(to_data(wire)) if wire else None, passthrough)
    except SchemaError as mistake:
        at = declared.decode.place("schema") if declared.decode else declared.place("operations")
        problems.error(at, "bad-schema", str(mistake), path=f"surfaces.{name}.decode.schema")
        return None


def _check_headers(declared: Mapping[str, SurfaceEndpoint | None], path: str, problems: Problems) -> None:
    """A glob on no header would let everybody in whom it was to tell apart."""
    for name, one in declared.items():
        if one is not None and one.header_like is not None and one.header is None:
            message = "`header_like` says what a `header` is like, and none is named"
            at, where = one.place("header_like"), f"{path}.{name}.header_like"
            problems.error(at, "missing-key", message, path=where)


def _passthrough(node: Tree) -> DeclaredPassthrough | None:
    written = node.get("passthrough")
    data = to_data(written) if written is not None else None
    if not isinstance(data, dict):
        return None
    notable = data.get("notable") or []
    words = [notable] if isinstance(notable, str) else notable
    return DeclaredPassthrough(model_in_body=data.get("model") != "path", notable=words)


def standard_endpoints(declared: Mapping[str, SurfaceEndpoint]) -> tuple[StandardEndpoint, ...]:
    return tuple(
        StandardEndpoint(
            name,
            one.path,
            one.methods or (("GET",) if one.operation in ("models", "constant") else ("POST",)),
            KINDS.get(one.operation, one.operation),
            one.header.lower() if one.header else None,
            one.answer,
            one.operation if one.operation in OPERATIONS else CHAT,
            compile_glob(one.header_like) if one.header_like else None,
        )
        for name, one in declared.items()
        if one is not None
    )
