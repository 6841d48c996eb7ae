"""The table of names that clients may ask for: exact names first, then globs, the longest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from engine.globs import compile_glob, is_glob, literal_prefix
from engine.memo import Memo
from engine.registry import nearest

A = TypeVar("A")

# A request must not pay for a suggestion by a walk over ten thousand names.
MAX_CANDIDATES = 500


class Match(NamedTuple, Generic[A]):
    """A hit: the alias, what its first `*` stood for (None without one), its name as it is written."""

    value: A
    captured: str | None
    name: str


new_match = partial(tuple.__new__, Match)
"""`Match(…)` of a tuple, without the detour through its constructor, as `events.new_event`."""


class Glob(NamedTuple, Generic[A]):
    name: str
    pattern: re.Pattern[str]
    value: A


GlobGroups = dict[str, tuple[Glob[A], ...]]


@dataclass(frozen=True, slots=True)
class AliasTable(Generic[A]):
    """Built once for a snapshot by `build`.

    `globs` are grouped by what stands before their first wildcard, so that a look-up costs one dict
    access for every length in `lengths`, however many aliases there are; what it found is remembered.
    """

    exact: dict[str, A]
    globs: GlobGroups[A]
    lengths: tuple[int, ...]
    seen: Memo[str, Match[A] | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # No method of its own: in a circle, a table that is replaced would wait for the garbage collector.
        object.__setattr__(self, "seen", Memo(partial(_match_glob, self.globs, self.lengths)))

    @classmethod
    def build(cls, items: Iterable[tuple[str, A]]) -> AliasTable[A]:
        exact: dict[str, A] = {}
        globs: dict[str, list[Glob[A]]] = {}
        for name, value in items:
            if is_glob(name):
                globs.setdefault(literal_prefix(name), []).append(Glob(name, compile_glob(name), value))
            else:
                exact[name] = value
        grouped = {prefix: tuple(sorted(group, key=_longest_first)) for prefix, group in globs.items()}
        return cls(exact, grouped, tuple(sorted({len(prefix) for prefix in globs}, reverse=True)))

    def match(self, name: str) -> Match[A] | None:
        """The alias for `name`: an exact one beats a glob, a longer glob a shorter one."""
        found = self.exact.get(name)
        return self.seen[name] if found is None else new_match((found, None, name))

    def names(self) -> list[str]:
        """All names as written, globs too."""
        return [*self.exact, *(glob.name for group in self.globs.values() for glob in group)]

    def suggest(self, name: str, allowed: Callable[[A], bool] = lambda _: True) -> str | None:
        """The exact name, among the `allowed` aliases, that `name` was probably meant to be."""
        near = (known for known in self.exact if abs(len(known) - len(name)) <= 1 + len(name) // 3)
        candidates: list[str] = []
        for known in near:
            if allowed(self.exact[known]):
                candidates.append(known)
            if len(candidates) >= MAX_CANDIDATES:
                break
        return nearest(name, candidates)


def _match_glob(globs: GlobGroups[A], lengths: tuple[int, ...], name: str) -> Match[A] | None:
    hits = list(_hits(globs, lengths, name))
    if not hits:
        return None
    glob, captured = min(hits, key=lambda hit: _longest_first(hit[0]))
    return Match(glob.value, captured, glob.name)


def _hits(globs: GlobGroups[A], lengths: tuple[int, ...], name: str) -> Iterable[tuple[Glob[A], str | None]]:
    """The first glob that matches, of each group whose prefix begins `name`."""
    for length in lengths:
        for glob in globs.get(name[:length], ()):
            found = glob.pattern.fullmatch(name)
            if found:
                yield glob, found[1] if found.re.groups else None
                break


def _longest_first(glob: Glob[A]) -> tuple[int, str]:
    return -len(glob.name), glob.name
