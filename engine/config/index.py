"""All names and references of a site, gathered once for the checks across files."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property

from engine.config.document import Name, ParsedFile
from engine.diagnostics import Position
from engine.globs import is_glob, matches
from engine.registry import nearest
from engine.spec.base import Reference

MOST_SUGGESTIONS = 50


@dataclass(frozen=True)
class Index:
    """`shipped` are the (kind, name) of what the library has; the site's own come first."""

    files: Mapping[str, ParsedFile]
    shipped: Set[Name]

    @cached_property
    def in_path_order(self) -> list[ParsedFile]:
        return [self.files[path] for path in sorted(self.files)]

    @cached_property
    def declared(self) -> dict[Name, Position]:
        """The first declaration of every name."""
        found: dict[Name, Position] = {}
        for file in self.in_path_order:
            for name, at in file.names.items():
                found.setdefault(name, at)
        return found

    @cached_property
    def references(self) -> list[Reference]:
        return [reference for file in self.in_path_order for reference in file.references]

    @cached_property
    def by_kind(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for kind, name in (*self.declared, *sorted(self.shipped - self.declared.keys())):
            found.setdefault(kind, []).append(name)
        return found

    @cached_property
    def alias_globs(self) -> list[str]:
        """Aliases that are globs; a longer one beats a shorter one."""
        return sorted(filter(is_glob, self.by_kind.get("model", ())), key=len, reverse=True)

    @cached_property
    def _suggestions(self) -> dict[Name, str | None]:
        return {}

    def suggest(self, kind: str, name: str) -> str | None:
        """A known name that is near. After many misses no more is looked for: the hint is worth no wait."""
        if (kind, name) not in self._suggestions:
            few = len(self._suggestions) < MOST_SUGGESTIONS
            known = self.by_kind.get(kind, [])
            self._suggestions[kind, name] = nearest(name, known) if few else None
        return self._suggestions[kind, name]

    def resolve(self, kind: str, name: str) -> str | None:
        """The declared name that a reference means; for an alias that may be a glob."""
        if (kind, name) in self.declared or (kind, name) in self.shipped:
            return name
        if kind == "model":
            return next((glob for glob in self.alias_globs if matches(glob, name)), None)
        return None
