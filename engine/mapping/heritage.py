"""What a dialect leaves to those that extend it: its compiled parts, of which they mostly change one.

The others need not be compiled for each of a thousand dialects, nor kept by each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from engine.mapping.names import Reads
from engine.mapping.spot import Spot
from engine.mapping.unit import Unit
from engine.tree import Mapping as Tree
from engine.tree import Node

T = TypeVar("T")
Nodes = tuple[Node | None, ...]


class Names(NamedTuple):
    """What the templates of a dialect may name, as it is written."""

    let: Node | None
    defs: Node | None
    tables: Mapping[str, Node]

    @classmethod
    def of(cls, dialect: Spot) -> Names:
        let, defs, tables = (dialect.get(key) for key in ("let", "defs", "tables"))
        entries = {entry.key: entry.value for entry in tables.entries()} if tables else {}
        return cls(let.node if let else None, defs.node if defs else None, entries)


class Part(NamedTuple):
    """What was compiled, all that it was compiled of, and what it reads."""

    value: Any
    nodes: Nodes
    reads: Reads


class Heritage(NamedTuple):
    """Of a dialect without mistakes: those are told of each dialect that has them.

    `node` is the dialect as it is written, with all that it extends: to be merged with what an heir says.
    Nodes are compared by identity, since merging leaves those alone that nobody overrides.
    """

    node: Tree
    names: Names
    parts: Mapping[str, Part]

    def shares_definitions(self, names: Names) -> bool:
        return self.names.let is names.let and self.names.defs is names.defs

    def left(self, key: str, nodes: Nodes, names: Names) -> Part | None:
        """The part, if it would compile to the same in a dialect with these names."""
        part = self.parts.get(key)
        if part is None or not self.shares_definitions(names):
            return None
        if len(part.nodes) != len(nodes) or any(a is not b for a, b in zip(part.nodes, nodes, strict=True)):
            return None
        before, now = self.names.tables, names.tables
        if part.reads.whole_tables and before.keys() != now.keys():
            return None
        same = all(before.get(table) is now.get(table) for table in part.reads.tables)
        return part if same else None


class Parts:
    """The parts of one dialect while it is compiled: taken over where they are the same, else made."""

    def __init__(self, unit: Unit, dialect: Spot, heritage: Heritage | None) -> None:
        self._unit = unit
        self._heritage = heritage
        self._names = Names.of(dialect)
        self._parts: dict[str, Part] = {}
        self._inner: list[Part] = []

    def part(self, key: str, spots: tuple[Spot | None, ...], make: Callable[[], T]) -> T:
        """`spots`: all that `make` reads, save what templates name. It may ask for parts of its own."""
        nodes = tuple(spot.node if spot else None for spot in spots)
        found = self._heritage.left(key, nodes, self._names) if self._heritage else None
        if found is None:
            found = self._made(nodes, make)
        elif self._heritage is not None:
            # With the parts of which it is made, for heirs that change the whole.
            inner = self._heritage.parts.items()
            self._parts.update((name, part) for name, part in inner if name.startswith(f"{key}."))
        self._parts[key] = found
        self._inner.append(found)
        return cast(T, found.value)

    def _made(self, nodes: Nodes, make: Callable[[], T]) -> Part:
        beside, self._inner = self._inner, []
        before = len(self._unit.programs)
        value = make()
        reads = self._unit.reads(*self._unit.programs[before:])
        for part in self._inner:
            reads.add(part.reads)
        self._inner = beside
        return Part(value, nodes, reads)

    def check_unused(self) -> None:
        """For mistakes in definitions that nothing calls; those of others were looked at where they are."""
        if self._heritage is None or not self._heritage.shares_definitions(self._names):
            self._unit.check_unused()

    def heritage(self, node: Tree) -> Heritage:
        return Heritage(node, self._names, self._parts)
