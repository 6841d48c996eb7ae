"""at: the element of an array at an index that is computed."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _at(values: list[Any], index: float) -> Any:
    place = int(index)
    return values[place] if place == index and -len(values) <= place < len(values) else None


SPEC = Function(
    "at(values: array, index: number) -> any",
    "The element of an array at an index that is itself computed, from the end if it is negative; null when "
    "there is none.",
    _at,
    (
        Example('at(`["a", "b"]`, `1`)', "b"),
        Example('at(`["a", "b"]`, `-1`)', "b"),
        Example('at(`["a"]`, `7`)', None),
        Example('at(`["a"]`, `0.5`)', None),
        Example("at(`null`, `0`)", None),
    ),
)
