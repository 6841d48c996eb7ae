"""What the tests of a dialect could enter: stream cases, directives, definitions, keys of tables.

A point is read off the YAML as its author wrote it; it counts as entered when code of its region ran.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.diagnostics import Position
from engine.tree import Entry, Mapping, Node, Scalar, Sequence, scalars


@dataclass(frozen=True, slots=True)
class Point:
    """`region`: the places of the template that the point stands for; empty for a key of a table."""

    kind: str
    label: str
    at: Position
    region: frozenset[Position] = frozenset()


@dataclass(frozen=True, slots=True)
class TableKey:
    """A key of a table that is looked up by a computed key."""

    table: str
    key: str
    at: Position


def points(dialect: Mapping) -> Iterator[Point]:
    """Every point of a dialect's own node except the keys of its tables."""
    for section in (
        "let",
        "defs",
        "auth",
        "operations",
        "decode",
        "encode",
        "models",
        "count_tokens",
        "error",
    ):
        entry = dialect.entries.get(section)
        if entry is not None:
            yield from _inside(entry.value)
    for name, entry in _entries(dialect.get("defs")):
        yield Point("definition", name, entry.key_at, region(entry.value))


def table_keys(dialect: Mapping) -> Iterator[TableKey]:
    """The keys of tables that a `get(…)` of this dialect looks into."""
    text = "\n".join(leaf.value for leaf in scalars(dialect) if isinstance(leaf.value, str))
    for table, entry in _entries(dialect.get("tables")):
        if isinstance(entry.value, Mapping) and re.search(rf"get\(.*\btables\.{re.escape(table)}\b", text):
            for key in entry.value:
                yield TableKey(table, key.key, key.key_at)


def region(node: Node) -> frozenset[Position]:
    return frozenset(_places(node))


def _places(node: Node) -> Iterator[Position]:
    yield node.at
    if isinstance(node, Mapping):
        for entry in node:
            yield entry.key_at
            yield from _places(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _places(item)
    elif isinstance(node.value, str):
        # Code knows the place of a token: behind the `=`, or inside a text.
        yield from (node.at_offset(offset) for offset in range(len(node.value)))


def _inside(node: Node) -> Iterator[Point]:
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _inside(item)
    elif isinstance(node, Mapping) and "$literal" not in node.entries:
        for entry in node:
            yield from _of_entry(node, entry)
            yield from _inside(entry.value)


def _of_entry(node: Mapping, entry: Entry) -> Iterator[Point]:
    """The points that one key of a mapping makes."""
    if entry.key == "cases":
        for label, case in _entries(entry.value):
            if not _is_empty(case.value):
                yield Point("case", label, case.key_at, region(case.value))
    elif entry.key == "$switch" and isinstance(entry.value, Sequence):
        for arm in entry.value.items:
            yield from _arm(arm)
    elif entry.key == "$when":
        rest = frozenset().union(*(region(other.value) for other in node if other is not entry))
        yield Point("$when", _shown(entry.value), entry.key_at, rest)
    elif entry.key == "$each" and (body := node.get("$do")) is not None:
        yield Point("$each", _shown(entry.value), entry.key_at, region(body))


def _arm(arm: Node) -> Iterator[Point]:
    taken = (arm.get("then") or arm.get("else")) if isinstance(arm, Mapping) else None
    if taken is not None and isinstance(arm, Mapping):
        label = _shown(arm.get("when")) if arm.get("when") is not None else "else"
        yield Point("$switch arm", label, arm.at, region(taken))


def _entries(node: Node | None) -> Iterator[tuple[str, Entry]]:
    return ((entry.key, entry) for entry in node) if isinstance(node, Mapping) else iter(())


def _is_empty(node: Node) -> bool:
    return (isinstance(node, Scalar) and node.value is None) or (
        isinstance(node, Sequence) and not node.items
    )


def _shown(node: Node | None, limit: int = 60) -> str:
    text = str(node.value) if isinstance(node, Scalar) else "…"
    return text if len(text) <= limit else f"{text[:limit]}…"
