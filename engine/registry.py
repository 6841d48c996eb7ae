"""A registry of named components: functions, directives, framings, strategies, signing schemes.

Each component is one module that defines `SPEC`; `discover` imports every module of a package. A
component carries examples, and the examples are its tests: the test of its registry runs them all.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Example:
    """A documented use that is run as a test: `given` names, the text, and the `result` it must give."""

    text: str
    result: object
    given: Mapping[str, object] | None = None


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Components by name. Refuses duplicates; a miss suggests the nearest name."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def add(self, item: T) -> None:
        if item.name in self._items:
            raise ValueError(f"duplicate {self.kind} {item.name!r}")
        self._items[item.name] = item

    def get(self, name: str) -> T | None:
        return self._items.get(name)

    def names(self) -> list[str]:
        return sorted(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __contains__(self, name: str) -> bool:
        return name in self._items


def discover(package: ModuleType, registry: Registry[T]) -> Registry[T]:
    """Import every module of `package` and register its `SPEC`."""
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        registry.add(importlib.import_module(f"{package.__name__}.{module.name}").SPEC)
    return registry


def nearest(name: str, known: Iterator[str] | list[str]) -> str | None:
    """The known name that `name` was probably meant to be, or None when nothing is near enough."""
    candidates = list(known)
    folded = {candidate.lower(): candidate for candidate in candidates}
    if name.lower() in folded and folded[name.lower()] != name:
        return folded[name.lower()]
    cutoff = 0.72 if len(name) > 3 else 0.6
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=cutoff)
    return found[0] if found else None
