"""Which endpoint answers a path: exact paths by one look-up, paths with `{names}` by their patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.registry import nearest
from engine.snapshot.model import Endpoint

MODELS, PASS = "models", "pass"
NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
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
    """Built once for a snapshot."""

    exact: Mapping[str, tuple[Endpoint, ...]]
    patterns: tuple[Pattern, ...]
    paths: tuple[str, ...]

    @classmethod
    def build(cls, endpoints: Iterable[Endpoint]) -> EndpointTable:
        exact: dict[str, tuple[Endpoint, ...]] = {}
        patterns: list[Pattern] = []
        paths: list[str] = []
        for endpoint in endpoints:
            paths.append(endpoint.path)
            if NAME.search(endpoint.path):
                patterns.append(Pattern(_compile(endpoint.path), endpoint))
            else:
                exact[endpoint.path] = (*exact.get(endpoint.path, ()), endpoint)
            if endpoint.kind == MODELS and endpoint.path in exact:
                # Names of models may hold slashes, which `{id}` would not take.
                patterns.append(Pattern(_compile(f"{endpoint.path.rstrip('/')}/{{path}}"), endpoint))
        patterns.sort(key=lambda pattern: -len(NAME.split(pattern.endpoint.path)[0]))
        return cls(exact, tuple(patterns), tuple(sorted(set(paths))))

    def match(self, path: str) -> list[Hit]:
        """The endpoints of a path, whatever their methods. A slash too many or too few is forgiven."""
        for candidate in (path, _other_slash(path), re.sub("/{2,}", "/", path)):
            hits = [Hit(endpoint, {}) for endpoint in self.exact.get(candidate, ())]
            if hits := hits or self._pattern_hits(candidate):
                return hits
        return []

    def _pattern_hits(self, path: str) -> list[Hit]:
        found: list[Hit] = []
        for pattern in self.patterns:
            match = pattern.regex.fullmatch(path)
            # The most exact pattern decides; others join it only when they are written the same.
            if match and (not found or found[0].endpoint.path == pattern.endpoint.path):
                found.append(Hit(pattern.endpoint, match.groupdict()))
        return found

    def suggest(self, path: str) -> str:
        """What to tell somebody who asked for a path that there is not."""
        near = nearest(path, list(self.paths))
        shown = ", ".join(self.paths[:MAX_SHOWN]) + (", …" if len(self.paths) > MAX_SHOWN else "")
        return f"did you mean {near}?" if near else f"there are: {shown}" if shown else "there are none"


def _compile(path: str) -> re.Pattern[str]:
    """`{name}` is a part of one segment; a last `{path}` takes the rest, slashes too."""
    parts = NAME.split(path)
    regex = re.escape(parts[0])
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        whole_rest = name == "path" and literal == "" and path.endswith("{path}")
        regex += f"(?P<{name}>{'.*' if whole_rest else '[^/]+'}){re.escape(literal)}"
    return re.compile(regex)


def _other_slash(path: str) -> str:
    return path[:-1] if path.endswith("/") and path != "/" else f"{path}/"
