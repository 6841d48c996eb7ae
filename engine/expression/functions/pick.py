"""pick: some keys of an object."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _pick(value: dict[str, Any], *keys: Any) -> dict[str, Any]:
    named = {name for key in keys for name in (key if isinstance(key, list) else [key])}
    return {key: item for key, item in value.items() if key in named}


SPEC = Function(
    "pick(object: object, ...keys: string | array) -> object",
    "The object with only the keys that are named, one by one or in arrays.",
    _pick,
    (
        Example('pick(`{"a": 1, "b": 2}`, \'a\')', {"a": 1}),
        Example('pick(`{"a": 1, "b": 2}`, `["a", "b"]`)', {"a": 1, "b": 2}),
        Example("pick(`null`, 'a')", None),
    ),
)
