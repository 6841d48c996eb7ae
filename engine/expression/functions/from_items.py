"""from_items: pairs to an object."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, ExpressionTypeError, Function


def _from_items(pairs: list[Any]) -> dict[str, Any]:
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise ExpressionTypeError("from_items() takes an array of pairs [string, value]")
    return dict(pairs)


SPEC = Function(
    "from_items(pairs: array) -> object",
    "An object of pairs [key, value]; of equal keys the last one counts.",
    _from_items,
    (
        Example('from_items(`[["a", 1], ["b", 2]]`)', {"a": 1, "b": 2}),
        Example("from_items(calls[].[id, name])", {"c1": "f"}, {"calls": [{"id": "c1", "name": "f"}]}),
        Example("from_items(`null`)", None),
    ),
)
