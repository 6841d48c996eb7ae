"""Dialects of a site and of the library: `extends` merged, compiled when somebody uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce

from engine.diagnostics import Diagnostic, Problems, Related
from engine.mapping.dialect import Dialect, compile_dialect
from engine.registry import nearest
from engine.snapshot.cache import Cache
from engine.spec.dialect import Dialect as Declared
from engine.tree import Mapping as Tree
from engine.tree import merge
from engine.wire.registry import FRAMINGS

# Signing schemes: one file each, once there are any.
SCHEMES: frozenset[str] = frozenset()

LIBRARY = "library/"


class Dialects:
    """Looks up dialects by name; a site's own shadows a shipped one of the same name."""

    def __init__(self, own: Mapping[str, Declared], shipped: Mapping[str, Declared], cache: Cache) -> None:
        self._own = own
        self._shipped = shipped
        self._cache = cache
        self._compiled: dict[str, Dialect | None] = {}
        self.diagnostics: list[Diagnostic] = []

    def get(self, name: str) -> Dialect | None:
        """The compiled dialect, or None when it, or what it extends, does not exist or goes in circles."""
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        return self._compiled[name]

    def compile_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.get(name)

    def _compile(self, name: str) -> Dialect | None:
        chain = list(self._chain(name))
        if not chain or chain[-1].extends is not None:
            return None
        sources = tuple(declared.node for declared in chain)

        def make() -> tuple[Dialect, list[Diagnostic]]:
            problems = Problems()
            node = reduce(_merge, reversed(sources))
            dialect = compile_dialect(
                name, node, problems, framings=frozenset(FRAMINGS.names()), schemes=SCHEMES
            )
            _check_answered(dialect, chain[0], problems)
            return dialect, [_at_home(item, chain[0]) for item in problems.items]

        compiled = self._cache.dialect(name, sources, make)
        self.diagnostics.extend(compiled.diagnostics)
        return compiled.dialect

    def _chain(self, name: str) -> Iterator[Declared]:
        """The dialect, what it extends, and so on; stops at an unknown one and before a circle closes."""
        seen: set[int] = set()
        following: str | None = name
        while following is not None:
            declared = self._find(following, seen)
            if declared is None:
                return
            seen.add(id(declared))
            yield declared
            following = declared.extends

    def _find(self, name: str, seen: set[int]) -> Declared | None:
        """A dialect that shadows a shipped one may extend the one that it shadows."""
        for declared in (self._own.get(name), self._shipped.get(name)):
            if declared is not None and id(declared) not in seen:
                return declared
        return None


def _check_answered(dialect: Dialect, declared: Declared, problems: Problems) -> None:
    """A chat whose answer nothing reads would lose it in silence."""
    chat = dialect.operations.get("chat")
    if chat is None:
        return
    path = f"dialects.{dialect.name}.operations.chat"
    if chat.response is None and chat.stream is None:
        message = "the operation 'chat' reads no answer: `response` and `stream` are missing"
        hint = "write response: {events: [{text: =data.…}]}"
        problems.error(declared.place("operations"), "missing-key", message, hint=hint, path=path)
    if chat.response is not None and chat.response.kind != "events":
        message = "the response of a chat needs `events`, or `from: stream`"
        own = declared.operations.get("chat")
        written = own.response.written if own and own.response else {}
        strange = next((entry for entry in written.values() if entry.key != "steps"), None)
        near = nearest(strange.key, ["events", "from"]) if strange else None
        at = strange.key_at if strange else declared.place("operations")
        meant = f"did you mean {near!r}?" if near else None
        problems.error(at, "missing-key", message, hint=meant, path=f"{path}.response")


def _at_home(item: Diagnostic, declared: Declared) -> Diagnostic:
    """What a site's dialect makes of a shipped part stands at `extends`: the site's file is at fault."""
    if declared.at.file.startswith(LIBRARY) or not item.at.file.startswith(LIBRARY):
        return item
    related = (Related(item.at, "in what it extends"), *item.related)
    return replace(item, at=declared.place("extends"), related=related)


def _merge(base: Tree, over: Tree) -> Tree:
    merged = merge(base, over)
    assert isinstance(merged, Tree)
    return merged
