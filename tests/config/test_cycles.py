from __future__ import annotations

from engine.config.cycles import Edge, cycles
from engine.diagnostics import Position


def found(graph: dict[str, list[str]]) -> list[tuple[list[str], list[int]]]:
    edges = {
        name: [Edge(target, Position(name, number)) for number, target in enumerate(targets, 1)]
        for name, targets in graph.items()
    }
    return [(names, [at.line for at in places]) for names, places in cycles(edges)]


def test_chains_are_no_cycles() -> None:
    assert found({"a": ["b", "c"], "b": ["c"], "c": ["d"]}) == []


def test_a_name_that_asks_for_itself() -> None:
    assert found({"a": ["b", "a"]}) == [(["a"], [2])]


def test_a_cycle_is_found_once_with_its_places() -> None:
    assert found({"x": ["a"], "a": ["b"], "b": ["z", "c"], "c": ["a"]}) == [(["a", "b", "c"], [1, 2, 1])]


def test_separate_cycles_are_all_found() -> None:
    assert [names for names, _ in found({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c", "a"]})] == [
        ["a", "b"], ["c", "d"],
    ]  # fmt: skip


def test_long_chains_need_no_stack() -> None:
    chain = {str(number): [str(number + 1)] for number in range(20_000)}
    assert len(found(chain | {"20000": ["0"]})[0][0]) == 20_001
