"""schema_clean: a JSON Schema for platforms that know only a part of JSON Schema."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.expression.function import Example, ExpressionTypeError, Function
from engine.expression.schema import Options, SchemaTooLarge, clean

_FLAGS = ("inline_refs", "nullable", "const_to_enum")
_WANTED = "schema_clean() takes an array of strings as the option drop"
_NAMES = frozenset({"drop", *_FLAGS})


def _schema_clean(schema: dict[str, Any], options: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        return clean(schema, _options(options or {}))
    except SchemaTooLarge as error:
        raise ExpressionTypeError(f"schema_clean(): {error}") from None


def _options(given: dict[str, Any]) -> Options:
    if not _NAMES.issuperset(given):
        unknown = min(given.keys() - _NAMES)
        raise ExpressionTypeError(
            f"schema_clean() has no option {unknown!r}; it has drop, {', '.join(_FLAGS)}"
        )
    drop = given.get("drop") or []
    if not isinstance(drop, list):
        raise ExpressionTypeError(_WANTED)
    inline_refs, nullable, const_to_enum = map(given.get, _FLAGS)
    try:
        return _made(tuple(drop), bool(inline_refs), bool(nullable), bool(const_to_enum))
    except TypeError:
        raise ExpressionTypeError(_WANTED) from None


@lru_cache(maxsize=64)  # they stand in mappings, so there are few
def _made(drop: tuple[str, ...], inline_refs: bool, nullable: bool, const_to_enum: bool) -> Options:
    """Raises TypeError for anything but texts."""
    "".join(drop)
    return Options(frozenset(drop), inline_refs, nullable, const_to_enum)


SPEC = Function(
    "schema_clean(schema: object, options?: object | null) -> object",
    "A JSON Schema made plain. Options: `drop` (an array of keywords), `inline_refs` (write local "
    "references out; a circular one ends in its type), `nullable` (types with null become `nullable: true`), "
    "`const_to_enum`. Names of properties are never touched.",
    _schema_clean,
    (
        Example(
            "schema_clean(schema, options)",
            {"type": "object", "properties": {"title": {"type": "string", "nullable": True}}},
            {
                "schema": {
                    "title": "T",
                    "type": "object",
                    "properties": {"title": {"title": "t", "type": ["string", "null"]}},
                },
                "options": {"drop": ["title"], "nullable": True},
            },
        ),
        Example(
            'schema_clean(schema, `{"inline_refs": true}`)',
            {"items": {"type": "string"}},
            {"schema": {"items": {"$ref": "#/$defs/s"}, "$defs": {"s": {"type": "string"}}}},
        ),
        Example('schema_clean(`{"const": 1}`, `{"const_to_enum": true}`)', {"enum": [1]}),
        Example("schema_clean(`null`)", None),
    ),
)
