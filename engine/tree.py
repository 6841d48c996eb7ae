"""A YAML document as a tree of nodes that know their place.

`config` makes the tree, `spec` reads objects from it, `mapping` compiles templates out of it. The
positions travel with the nodes, through merges and `extends`, so every message can name its token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.diagnostics import Position

Locate = Callable[[int], Position]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `value` is None, bool, int, float or str.

    `plain` is false for quoted and block text. `locate(offset)` finds the place of a character of a
    string value, inside block scalars too. `origin` names the `${env:X}` or `${file:X}` parts that
    were filled in (the value is then a secret and is never printed); `missing` names those that could not be.
    """

    value: Any
    at: Position
    plain: bool = True
    locate: Locate | None = None
    origin: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def at_offset(self, offset: int) -> Position:
        return self.locate(offset) if self.locate else self.at


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    at: Position


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with the key's own place."""

    key: str
    key_at: Position
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys in written order. `flow` is true for `{…}`, where an unquoted comma splits an expression."""

    entries: dict[str, Entry]
    at: Position
    flow: bool = False

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.value if entry else None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())


Node = Scalar | Sequence | Mapping


def to_data(node: Node) -> Any:
    """The plain value (dict, list, scalars) of a tree."""
    if isinstance(node, Mapping):
        return {entry.key: to_data(entry.value) for entry in node}
    if isinstance(node, Sequence):
        return [to_data(item) for item in node.items]
    return node.value


def from_data(value: Any, at: Position) -> Node:
    """The tree of a plain value, all of it at one place: of what no file holds."""
    if isinstance(value, dict):
        return Mapping({key: Entry(key, at, from_data(inner, at)) for key, inner in value.items()}, at)
    if isinstance(value, list):
        return Sequence(tuple(from_data(item, at) for item in value), at)
    return Scalar(value, at, plain=False)


def at_path(node: Node, path: list[str | int]) -> Node:
    """The node at `path`, or the deepest one on the way to it."""
    for step in path:
        following: Node | None = None
        if isinstance(node, Mapping) and isinstance(step, str):
            following = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            following = node.items[step]
        if following is None:
            return node
        node = following
    return node


def scalars(node: Node) -> Iterator[Scalar]:
    """Every leaf of a tree, in written order."""
    if isinstance(node, Mapping):
        for entry in node:
            yield from scalars(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    else:
        yield node


def merge(base: Node, over: Node) -> Node:
    """`extends`: maps merge by key, lists and scalars are replaced, a null removes what the base has.

    Where the base has no such key, a null is one: a parameter without a default, say.
    """
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    entries = dict(base.entries)
    for entry in over:
        if entry.key not in entries:
            entries[entry.key] = entry
        elif isinstance(entry.value, Scalar) and entry.value.value is None:
            del entries[entry.key]
        else:
            entries[entry.key] = replace(entry, value=merge(entries[entry.key].value, entry.value))
    return Mapping(entries, over.at, over.flow)
