"""keys: the names of an object."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _keys(value: dict[str, Any]) -> list[str]:
    return list(value)


SPEC = Function(
    "keys(object: object) -> array",
    "The keys of an object, in its order.",
    _keys,
    (Example('keys(`{"a": 1, "b": 2}`)', ["a", "b"]), Example("keys(`null`)", None)),
)
