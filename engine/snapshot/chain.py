"""`extends:` what a dialect or a surface is, of itself and all that it extends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Protocol, TypeVar

from engine.diagnostics import Diagnostic, Position, Related
from engine.tree import Mapping as Tree
from engine.tree import merge

LIBRARY = "library/"


class Extending(Protocol):
    """A declared object that may extend another."""

    @property
    def at(self) -> Position: ...
    @property
    def node(self) -> Tree: ...
    @property
    def extends(self) -> str | None: ...
    def place(self, key: str) -> Position: ...


E = TypeVar("E", bound=Extending)


def chain(name: str, own: Mapping[str, E], shipped: Mapping[str, E]) -> list[E]:
    """The object, what it extends, and so on; nothing when one of them is unknown or they go in circles."""
    found = list(_chain(name, own, shipped))
    return found if found and found[-1].extends is None else []


def _chain(name: str, own: Mapping[str, E], shipped: Mapping[str, E]) -> Iterator[E]:
    """Stops at an unknown one and before a circle closes."""
    seen: set[int] = set()
    following: str | None = name
    while following is not None:
        # What shadows a shipped one may extend the one that it shadows.
        places = (own.get(following), shipped.get(following))
        declared = next((one for one in places if one is not None and id(one) not in seen), None)
        if declared is None:
            return
        seen.add(id(declared))
        yield declared
        following = declared.extends


def merged(sources: Sequence[Tree]) -> Tree:
    """One tree; the first of the sources wins."""
    return reduce(_merge, reversed(sources))


def _merge(base: Tree, over: Tree) -> Tree:
    both = merge(base, over)
    assert isinstance(both, Tree)
    return both


def at_home(item: Diagnostic, declared: Extending) -> Diagnostic:
    """What a site's own makes of a shipped part stands at `extends`: the site's file is at fault."""
    if declared.at.file.startswith(LIBRARY) or not item.at.file.startswith(LIBRARY):
        return item
    related = (Related(item.at, "in what it extends"), *item.related)
    return replace(item, at=declared.place("extends"), related=related)
