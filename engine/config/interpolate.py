"""`${env:NAME}`, `${env:NAME:-default}`, `${file:path}`, `${setting:NAME}`, filled in after parsing.

What is filled in can never change the structure of a document, and its value is never printed. An empty
variable counts as one that is not set.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate

from engine.diagnostics import Position, Problems
from engine.ports import Secrets
from engine.registry import nearest
from engine.spec.base import Path, dotted
from engine.tree import Node, Scalar, Sequence

PLACEHOLDER = re.compile(r"\$\{(env|file|setting):([^}]*)\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MOCK = "mock"


@dataclass(frozen=True, slots=True)
class Missing:
    """A placeholder at `path` that could not be filled; `source`: `env:NAME`, `file:PATH`, `setting:NAME`."""

    source: str
    at: Position
    path: Path

    @property
    def owner(self) -> tuple[str, ...]:
        """The object that needs it: its top-level key and its own name."""
        return tuple(map(str, self.path[:2]))

    def reason(self) -> str:
        kind, _, name = self.source.partition(":")
        if kind == "env":
            return f"environment variable '{name}' is not set, or empty"
        if kind == "setting":
            return f"setting '{name}' is empty: it has no default, and nobody has set it"
        return f"file '{name}' is empty or cannot be read"


@dataclass(frozen=True, slots=True)
class Filled:
    """`settings` are those that were asked for, as far as they are declared, with what they stood for."""

    node: Node
    missing: tuple[Missing, ...]
    settings: Mapping[str, str | None] = field(default_factory=dict)


def fill(
    node: Node,
    secrets: Secrets,
    problems: Problems,
    *,
    mock: bool = False,
    settings: Mapping[str, str | None] | None = None,
) -> Filled:
    """The tree with every placeholder filled in. With `mock`, no secret is read and none is missing.

    `settings` are the declared ones with what they stand for. Scalars that were filled have `origin`; those
    that could not be have `missing`.
    """
    filler = _Filler(secrets, problems, mock, settings or {})
    return Filled(filler.node(node, ()), tuple(filler.missing), filler.asked)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a text: what was written at `start`, and what stands there now (None: nothing)."""

    start: int
    text: str | None
    source: str | None = None


class _Filler:
    def __init__(
        self, secrets: Secrets, problems: Problems, mock: bool, settings: Mapping[str, str | None]
    ) -> None:
        self.secrets, self.problems, self.mock, self.settings = secrets, problems, mock, settings
        self.missing: list[Missing] = []
        self.asked: dict[str, str | None] = {}

    def node(self, node: Node, path: Path) -> Node:
        """The node itself when nothing in it needs filling."""
        if isinstance(node, Scalar):
            has_placeholder = isinstance(node.value, str) and "${" in node.value
            return self.scalar(node, str(node.value), path) if has_placeholder else node
        if isinstance(node, Sequence):
            items = tuple([self.node(item, (*path, index)) for index, item in enumerate(node.items)])
            changed = any(new is not old for new, old in zip(items, node.items, strict=True))
            return replace(node, items=items) if changed else node
        filled = {key: self.node(entry.value, (*path, key)) for key, entry in node.entries.items()}
        if all(value is node.entries[key].value for key, value in filled.items()):
            return node
        return replace(
            node, entries={key: replace(entry, value=filled[key]) for key, entry in node.entries.items()}
        )

    def scalar(self, node: Scalar, text: str, path: Path) -> Scalar:
        parts: list[_Part] = []
        missing: list[str] = []
        end = 0
        for found in PLACEHOLDER.finditer(text):
            parts.append(_Part(end, text[end : found.start()]))
            part = self.part(found, node, path)
            parts.append(part)
            if part.text is None and part.source:
                missing.append(part.source)
            end = found.end()
        parts.append(_Part(end, text[end:]))
        origin = tuple(part.source for part in parts if part.source)
        if not origin:
            return node
        value = "".join(part.text or "" for part in parts)
        place = partial(_locate, node, parts)
        return replace(node, value=value, locate=place, origin=origin, missing=tuple(missing))

    def part(self, found: re.Match[str], node: Scalar, path: Path) -> _Part:
        kind, inside = found[1], found[2]
        name, has_default, default = (inside, "", "") if kind == "file" else inside.partition(":-")
        at = node.at_offset(found.start())
        if message := _fault(kind, name):
            self.problems.error(at, "bad-placeholder", message, hint='write "${env:NAME}" or "${file:PATH}"')
            return _Part(found.start(), found[0])
        if kind == "setting" and name not in self.settings:
            self.unknown_setting(name, at, path)
            return _Part(found.start(), found[0])
        value = self.value(kind, name) or None
        if value is None and has_default:
            value = default
        elif value is None and self.mock:
            value = MOCK
        elif value is None:
            self.missing.append(Missing(f"{kind}:{name}", at, path))
        return _Part(found.start(), value, f"{kind}:{name}")

    def unknown_setting(self, name: str, at: Position, path: Path) -> None:
        self.asked[name] = None
        near = nearest(name, list(self.settings))
        hint = f"did you mean '{near}'?" if near else "declare it under `settings:` in a route file"
        message = f"there is no setting '{name}'"
        self.problems.error(at, "unknown-setting", message, hint=hint, path=dotted(path))

    def value(self, kind: str, name: str) -> str | None:
        if kind == "setting":
            self.asked[name] = self.settings[name]
            return self.settings[name]
        if self.mock:
            return None
        return self.secrets.env(name) if kind == "env" else self.secrets.file(name)


def _fault(kind: str, name: str) -> str | None:
    if kind != "file" and not NAME.fullmatch(name):
        what = "an environment variable" if kind == "env" else "a setting"
        return f"'{name}' is no name of {what}"
    if kind == "file" and (not name.strip() or "\x00" in name):
        return "the path of the file is missing"
    return None


def _locate(node: Scalar, parts: list[_Part], offset: int) -> Position:
    """A place in the text as it was written, for an offset in the text as it is now."""
    starts = list(accumulate((len(part.text or "") for part in parts), initial=0))
    index = min(bisect_right(starts, offset) - 1, len(parts) - 1)
    part = parts[index]
    return node.at_offset(part.start if part.source else part.start + offset - starts[index])
