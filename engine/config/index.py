"""All names and references of a site, gathered once for the checks across files."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

from engine.config.document import Name, ParsedFile
from engine.diagnostics import Position
from engine.globs import is_glob, literal_prefix, matches
from engine.registry import nearest
from engine.spec.base import Reference

MOST_SUGGESTIONS = 50


@dataclass(frozen=True)
class Index:
    """`shipped` are the (kind, name) of what the library has; the site's own come first."""

    files: Mapping[str, ParsedFile]
    shipped: Set[Name]
    mounts: Mapping[str, str] = field(default_factory=dict)

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
    def placed(self) -> dict[tuple[str, str], list[Reference]]:
        """References by where they stand: `placed["models", "fallback"]` are those of all models."""
        found: dict[tuple[str, str], list[Reference]] = {}
        for reference in self.references:
            if len(reference.path) > 2:
                found.setdefault((str(reference.path[0]), str(reference.path[2])), []).append(reference)
        return found

    @cached_property
    def _alias_globs(self) -> dict[str, list[tuple[int, str]]]:
        """Aliases that are globs, by what stands before their first wildcard; each with its rank.

        A longer one beats a shorter one.
        """
        found: dict[str, list[tuple[int, str]]] = {}
        globs = filter(is_glob, self.by_kind.get("model", ()))
        for rank, glob in enumerate(sorted(globs, key=len, reverse=True)):
            found.setdefault(literal_prefix(glob), []).append((rank, glob))
        return found

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
            return self._alias_glob(name)
        return None

    def _alias_glob(self, name: str) -> str | None:
        """The glob that wins; only those whose beginning `name` has are tried."""
        groups = (self._alias_globs.get(name[:length], ()) for length in range(len(name) + 1))
        hits = [ranked for group in groups for ranked in group if matches(ranked[1], name)]
        return min(hits)[1] if hits else None
