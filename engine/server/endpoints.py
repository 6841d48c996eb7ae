"""Which endpoint answers a path: exact paths by one look-up, paths with `{names}` by their patterns.

A look-up costs the same however many endpoints there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from engine.globs import matches_any
from engine.registry import nearest
from engine.snapshot.model import Endpoint

MODELS, PASS, ACTION, OPERATION = "models", "pass", "action", "operation"
NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
SLASHES = re.compile("/{2,}")
MAX_SHOWN = 20


class Hit(NamedTuple):
    """An endpoint and what the `{names}` of its path stand for, as sent (percent-encoded)."""

    endpoint: Endpoint
    captured: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pattern:
    regex: re.Pattern[str]
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class EndpointTable:
    """Built once for a snapshot.

    `patterns` are grouped by what stands before their first name; `lengths` are those of these beginnings,
    the longest first, since the most exact pattern decides.
    """

    exact: Mapping[str, Sequence[Hit]]
    patterns: Mapping[str, Sequence[Pattern]]
    lengths: tuple[int, ...]
    paths: tuple[str, ...]

    @classmethod
    def build(cls, endpoints: Iterable[Endpoint]) -> EndpointTable:
        exact: dict[str, list[Hit]] = {}
        patterns: dict[str, list[Pattern]] = {}
        # Who asks for more comes first: for a header, for more of the path.
        for endpoint in sorted(endpoints, key=lambda one: one.header is None):
            path = endpoint.path
            beginning = NAME.split(path)[0]
            if beginning != path:
                patterns.setdefault(beginning, []).append(Pattern(pattern_of(path), endpoint))
                continue
            exact.setdefault(path, []).append(Hit(endpoint, {}))
            if endpoint.kind == MODELS:
                # Names of models may hold slashes, which `{id}` would not take.
                pattern = Pattern(pattern_of(f"{path.rstrip('/')}/{{path}}"), endpoint)
                patterns.setdefault(beginning, []).append(pattern)
        for group in patterns.values():
            group.sort(key=lambda pattern: -len(NAME.sub("", pattern.endpoint.path)))
        lengths = sorted({len(beginning) for beginning in patterns}, reverse=True)
        named = {pattern.endpoint.path for group in patterns.values() for pattern in group}
        return cls(exact, patterns, tuple(lengths), tuple(sorted(named | exact.keys())))

    def match(self, path: str) -> Sequence[Hit]:
        """The endpoints of a path, whatever their methods. A slash too many or too few is forgiven."""
        return self.exact.get(path) or self._search(path)

    def _search(self, path: str) -> Sequence[Hit]:
        for candidate in (path, _other_slash(path), SLASHES.sub("/", path)):
            if hits := self.exact.get(candidate) or self._pattern_hits(candidate):
                return hits
        return []

    def _pattern_hits(self, path: str) -> list[Hit]:
        found: list[Hit] = []
        for length in self.lengths:
            for pattern in self.patterns.get(path[:length], ()):
                match = pattern.regex.fullmatch(path)
                if match and _is_allowed(pattern.endpoint, match):
                    found.append(Hit(pattern.endpoint, match.groupdict()))
            if found:
                break
        return found

    def suggest(self, path: str) -> str:
        """What to tell somebody who asked for a path that there is not."""
        near = nearest(path, list(self.paths))
        shown = ", ".join(self.paths[:MAX_SHOWN]) + (", …" if len(self.paths) > MAX_SHOWN else "")
        return f"did you mean {near}?" if near else f"there are: {shown}" if shown else "there are none"


def pattern_of(path: str) -> re.Pattern[str]:
    """`{name}` is a part of one segment; a last `{path}` takes the rest, slashes too."""
    parts = NAME.split(path)
    regex = re.escape(parts[0])
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        whole_rest = name == "path" and literal == "" and path.endswith("{path}")
        regex += f"(?P<{name}>{'.*' if whole_rest else '[^/]+'}){re.escape(literal)}"
    return re.compile(regex)


def _is_allowed(endpoint: Endpoint, match: re.Match[str]) -> bool:
    """Whether an endpoint that allows some paths answers this one; steps up and down in it are not taken."""
    if endpoint.allow is None:
        return True
    path = match["path"]
    segments = unquote(path).replace("\\", "/").split("/")
    return not {".", ".."}.intersection(segments) and matches_any(endpoint.allow, path)


def _other_slash(path: str) -> str:
    return path[:-1] if path.endswith("/") and path != "/" else f"{path}/"
