"""Compare what a test expects with what came: exactly, or as a part of it.

As a part (`contains`): a mapping may have more keys, a list more elements between those listed, a text more
characters. Everything else is compared exactly; a number never equals a boolean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

Path = tuple[str | int, ...]


class Absent(Enum):
    """Stands for a value that is not there at all, which null is not."""

    ABSENT = "nothing"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where expectation and answer part."""

    path: Path
    expected: Any
    actual: Any

    def __str__(self) -> str:
        return f"{dotted(self.path)}: expected {shown(self.expected)}, got {shown(self.actual)}"


def dotted(path: Path) -> str:
    """`request.body.messages[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def shown(value: Any, limit: int = 200) -> str:
    if value is ABSENT:
        return "nothing"
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def exactly(expected: Any, actual: Any, path: Path = ()) -> Iterator[Difference]:
    """Every difference between two JSON values."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            yield from exactly(expected.get(key, ABSENT), actual.get(key, ABSENT), (*path, key))
    elif isinstance(expected, list) and isinstance(actual, list):
        for index in range(max(len(expected), len(actual))):
            yield from exactly(element(expected, index), element(actual, index), (*path, index))
    elif not same_scalar(expected, actual):
        yield Difference(path, expected, actual)


def partly(expected: Any, actual: Any, path: Path = ()) -> Iterator[Difference]:
    """Every part of `expected` that `actual` does not contain."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            yield from partly(value, actual.get(key, ABSENT), (*path, key))
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from in_order(expected, actual, path)
    elif isinstance(expected, str) and isinstance(actual, str):
        if expected not in actual:
            yield Difference(path, expected, actual)
    elif not same_scalar(expected, actual):
        yield Difference(path, expected, actual)


def in_order(expected: list[Any], actual: list[Any], path: Path) -> Iterator[Difference]:
    """Each expected element must be contained in an element behind the one found before it."""
    start = 0
    for index, wanted in enumerate(expected):
        found = next((i for i in range(start, len(actual)) if not any(partly(wanted, actual[i]))), None)
        if found is None:
            near = actual[start] if start < len(actual) else ABSENT
            yield from partly(wanted, near, (*path, index))
        else:
            start = found + 1


def element(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else ABSENT


def same_scalar(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)
