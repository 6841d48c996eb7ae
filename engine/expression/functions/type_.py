"""type: what kind of value it is."""

from __future__ import annotations

from engine.expression.function import Example, Function, type_name

SPEC = Function(
    "type(value: any) -> string",
    "One of string, number, boolean, array, object, null.",
    type_name,
    (
        Example("type('a')", "string"),
        Example("type(`1`)", "number"),
        Example("type(`true`)", "boolean"),
        Example("type(`[]`)", "array"),
        Example("type(`{}`)", "object"),
        Example("type(`null`)", "null"),
    ),
)
