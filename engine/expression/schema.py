"""JSON Schemas made plain for platforms that know only a part of JSON Schema.

Keywords are told from names: under `properties` and the like stand names, which are never touched;
under `enum`, `const`, `default` and `examples` stands data, which is copied as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

MAX_NODES = 20_000
MAX_DEPTH = 100
"""Bounds of a schema once its references are written out."""

Schema = dict[str, Any]

BY_NAME = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))
NESTED = frozenset(
    (
        "items", "prefixItems", "additionalItems", "additionalProperties", "unevaluatedItems",
        "unevaluatedProperties", "contains", "propertyNames", "contentSchema", "not", "if", "then", "else",
        "anyOf", "oneOf", "allOf",
    )
)  # fmt: skip
DEFINITIONS = frozenset(("$defs", "definitions"))

# Most schemas are small and have none of these, so most are only copied.
DEEP = BY_NAME | NESTED
REFERENCES = DEFINITIONS | {"$ref"}
ARMS = frozenset(("enum", "anyOf", "oneOf"))


class SchemaTooLarge(ValueError):
    """The schema, with its references written out, is beyond the bounds."""


@dataclass(frozen=True, slots=True)
class Options:
    """`drop` keywords · write references out · `[x, null]` to `nullable` · `const` to an `enum` of one."""

    drop: frozenset[str] = frozenset()
    inline_refs: bool = False
    nullable: bool = False
    const_to_enum: bool = False
    touched: frozenset[str] = field(init=False, repr=False, compare=False)
    """A schema without these keywords, and of one type, is clean."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "touched", self.drop | DEEP | REFERENCES | ARMS | {"const"})


def clean(schema: Schema, options: Options) -> Schema:
    """A cleaned schema, which shares what it leaves as it is.

    A reference that leads back to itself ends in a schema of its type alone.
    """
    cleaned: Schema = _Cleaner(schema, options).clean(schema, frozenset(), 0)
    return cleaned


class _Cleaner:
    def __init__(self, root: Schema, options: Options) -> None:
        self._root = root
        self._options = options
        self._left = MAX_NODES

    def clean(self, schema: Any, inside: frozenset[str], depth: int) -> Any:
        """`inside`: the references that are being written out around this schema."""
        if type(schema) is not dict:
            return schema
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise SchemaTooLarge(
                f"the schema has more than {MAX_NODES} parts or nests deeper than {MAX_DEPTH}"
            )
        options = self._options
        if options.touched.isdisjoint(schema) and type(schema.get("type")) is not list:
            return schema
        if options.inline_refs and not REFERENCES.isdisjoint(schema):
            schema, inside = self._written_out(schema, inside)
        result: Schema = {}
        for key, value in schema.items():
            if key in options.drop:
                continue
            if key in DEEP:
                result[key] = self._member(key, value, inside, depth + 1)
            elif key == "const" and options.const_to_enum:
                result["enum"] = [value]
            else:
                result[key] = value
        if options.nullable and (type(result.get("type")) is list or not ARMS.isdisjoint(result)):
            return _nullable(result)
        return result

    def _member(self, key: str, value: Any, inside: frozenset[str], depth: int) -> Any:
        if key in BY_NAME and type(value) is dict:
            cleaned: Schema = {}
            for name, inner in value.items():
                cleaned[name] = self.clean(inner, inside, depth)
            return cleaned
        if key in NESTED and isinstance(value, list):
            return [self.clean(inner, inside, depth) for inner in value]
        return self.clean(value, inside, depth) if key in NESTED else value

    def _written_out(self, schema: Schema, inside: frozenset[str]) -> tuple[Schema, frozenset[str]]:
        """The schema with what it refers to; its own keywords win. Definitions are needed no longer."""
        while isinstance(reference := schema.get("$ref"), str):
            target = self._resolve(reference)
            if target is None:
                break
            own = {key: value for key, value in schema.items() if key != "$ref"}
            if reference in inside:
                kind = target.get("type")
                return {"type": kind if isinstance(kind, str) else "object", **own}, inside
            inside |= {reference}
            schema = {**target, **own}
        return {key: value for key, value in schema.items() if key not in DEFINITIONS}, inside

    def _resolve(self, reference: str) -> Schema | None:
        """What a reference inside the document means; None for any other."""
        if not reference.startswith("#"):
            return None
        found: Any = self._root
        for step in unquote(reference[1:]).split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and step.isdecimal():
                found = found[int(step)] if int(step) < len(found) else None
            else:
                found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None


def _nullable(schema: Schema) -> Schema:
    """Every way to say "or null" becomes `nullable: true`."""
    for step in (_nullable_type, _nullable_enum, _nullable_arms):
        schema = step(schema)
    return schema


def _nullable_type(schema: Schema) -> Schema:
    kinds = schema.get("type")
    if not isinstance(kinds, list):
        return schema
    others = [kind for kind in kinds if kind != "null"]
    if not others:
        return {**schema, "type": "null"}
    marked: Schema = {"nullable": True} if len(others) < len(kinds) else {}
    if len(others) == 1:
        return {**schema, "type": others[0], **marked}
    if "anyOf" in schema:
        return {**schema, "type": others, **marked}
    rest = {key: value for key, value in schema.items() if key != "type"}
    return {**rest, "anyOf": [{"type": kind} for kind in others], **marked}


def _nullable_enum(schema: Schema) -> Schema:
    values = schema.get("enum")
    if not isinstance(values, list) or None not in values or len(values) == 1:
        return schema
    return {**schema, "enum": [value for value in values if value is not None], "nullable": True}


def _nullable_arms(schema: Schema) -> Schema:
    for key in ("anyOf", "oneOf"):
        arms = schema.get(key)
        if not isinstance(arms, list):
            continue
        others = [arm for arm in arms if not _is_null(arm)]
        if not others or len(others) == len(arms):
            continue
        schema = {**schema, key: others, "nullable": True}
        if len(others) == 1 and isinstance(others[0], dict):
            rest = {name: value for name, value in schema.items() if name != key}
            schema = {**others[0], **rest}
    return schema


def _is_null(arm: Any) -> bool:
    return isinstance(arm, dict) and (arm.get("type") == "null" or arm.get("enum") == [None])
