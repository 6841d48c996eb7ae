"""Cycles in a graph of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.diagnostics import Position


class Edge(NamedTuple):
    """A name that is asked for, and where."""

    target: str
    at: Position


def cycles(edges: Mapping[str, list[Edge]]) -> Iterator[tuple[list[str], list[Position]]]:
    """Each cycle once: its names, and the places of its edges, the one that closes it last.

    Every edge is followed once, so the time is linear; of cycles that share edges, at least one is found.
    """
    done: set[str] = set()
    for start in edges:
        if start not in done:
            yield from _from(start, edges, done)


def _from(
    start: str, edges: Mapping[str, list[Edge]], done: set[str]
) -> Iterator[tuple[list[str], list[Position]]]:
    """Depth first, with a stack of its own: chains of names may be long."""
    trail: dict[str, Position | None] = {start: None}  # name -> the place of the edge that led to it
    stack = [iter(edges.get(start, ()))]
    while stack:
        edge = next(stack[-1], None)
        if edge is None:
            stack.pop()
            done.add(trail.popitem()[0])
        elif edge.target in trail:
            names = list(trail)[list(trail).index(edge.target) :]
            yield names, [*(at for name in names[1:] if (at := trail[name])), edge.at]
        elif edge.target not in done:
            trail[edge.target] = edge.at
            stack.append(iter(edges.get(edge.target, ())))
