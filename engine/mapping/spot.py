"""A node together with its dotted path, so that every message can name both place and path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.diagnostics import Position
from engine.tree import Entry, Mapping, Node, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Spot:
    """`path` is the dotted way from the document's root to `node`."""

    node: Node
    path: str = ""

    @property
    def at(self) -> Position:
        return self.node.at

    @property
    def token(self) -> Position:
        """Where the value itself begins: behind the `=` of an expression."""
        leaf = self.node
        return leaf.at_offset(1) if isinstance(leaf, Scalar) and is_expression(leaf) else leaf.at

    def below(self, step: str | int) -> str:
        return f"{self.path}.{step}" if self.path else str(step)

    def of(self, entry: Entry) -> Spot:
        return Spot(entry.value, self.below(entry.key))

    def get(self, key: str) -> Spot | None:
        """The value under `key` of a mapping; None when there is none, or an explicit null."""
        found = self.node.entries.get(key) if isinstance(self.node, Mapping) else None
        if found is None or is_null(found.value):
            return None
        return self.of(found)

    def entries(self) -> tuple[Entry, ...]:
        """The entries of a mapping, else none."""
        return tuple(self.node) if isinstance(self.node, Mapping) else ()

    def items(self) -> Iterator[Spot]:
        if isinstance(self.node, Sequence):
            for number, item in enumerate(self.node.items):
                yield Spot(item, self.below(number))


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def text_of(node: Node) -> str | None:
    """The text of a string leaf, else None."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def is_expression(node: Node) -> bool:
    """Whether a leaf is written `=expr`."""
    return (text_of(node) or "").startswith("=")
