"""merge: objects to one."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _merge(first: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    merged = first.copy()
    for each in others:
        merged.update(each)
    return merged


SPEC = Function(
    "merge(...objects: object) -> object",
    "One object with the keys of all; of a key that several have, the last one counts.",
    _merge,
    (
        Example('merge(`{"a": 1, "b": 1}`, `{"b": 2}`)', {"a": 1, "b": 2}),
        Example('merge(`{"a": 1}`, `null`)', None),
    ),
)
