"""A JSON Schema as one function that says yes or no.

The jsonschema library finds every error and says where, but makes an object for every value that it looks
at. Most files are right, so they are asked this first; what is not plainly right goes to the library, which
alone decides what an error is. A test holds the two together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from engine.spec.schema import ROOTS, runtime_schema
from engine.spec.shapes import Schema

Check = Callable[[Any], bool]
ANNOTATIONS = {"title", "description", "examples", "default"}


@cache
def acceptor_of(name: str) -> Check:
    """Whether a document of that kind (a key of `ROOTS`) is plainly right; made once."""
    return compile_schema(runtime_schema(ROOTS[name]))


def compile_schema(schema: Schema) -> Check:
    """The function of a schema. Raises KeyError for a keyword that it does not know."""
    checks = [RULES[key](schema[key], schema) for key in schema if key not in SILENT and not _is_note(key)]
    if len(checks) == 1:
        return checks[0]

    def accepts(value: Any) -> bool:
        for check in checks:  # noqa: SIM110  (a loop is a third faster than all() over a generator)
            if not check(value):
                return False
        return True

    return accepts


def _is_note(key: str) -> bool:
    return key in ANNOTATIONS or key.startswith("x-")


def is_number(value: Any) -> bool:
    """A finite number that is no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


TYPES: dict[str, Check] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": is_number,
    "integer": lambda value: is_number(value) and value == int(value),
}


def _type(names: str | list[str], schema: Schema) -> Check:
    if isinstance(names, str):
        return TYPES[names]
    checks = [TYPES[name] for name in names]
    return lambda value: any(check(value) for check in checks)


def _enum(choices: list[Any], schema: Schema) -> Check:
    return lambda value: any(value == choice and type(value) is type(choice) for choice in choices)


def _pattern(pattern: str, schema: Schema) -> Check:
    fits = re.compile(pattern).fullmatch
    return lambda value: not isinstance(value, str) or fits(value) is not None


def _bound(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Schema], Check]:
    return lambda bound, schema: lambda value: not is_number(value) or holds(value, bound)


def _properties(properties: dict[str, Schema], schema: Schema) -> Check:
    checks = {key: compile_schema(part) for key, part in properties.items()}

    def accepts(value: Any) -> bool:
        if isinstance(value, dict):
            for key, inner in value.items():
                check = checks.get(key)
                if check and not check(inner):
                    return False
        return True

    return accepts


def _additional(allowed: bool | Schema, schema: Schema) -> Check:
    known = schema.get("properties", {}).keys()
    if allowed is False:
        return lambda value: not isinstance(value, dict) or value.keys() <= known
    check = compile_schema(allowed if isinstance(allowed, dict) else {})
    return lambda value: (
        not isinstance(value, dict) or all(key in known or check(inner) for key, inner in value.items())
    )


def _required(keys: list[str], schema: Schema) -> Check:
    return lambda value: not isinstance(value, dict) or all(key in value for key in keys)


def _names(names: Schema, schema: Schema) -> Check:
    check = compile_schema(names)
    return lambda value: not isinstance(value, dict) or all(map(check, value))


def _items(items: Schema, schema: Schema) -> Check:
    check = compile_schema(items)
    return lambda value: not isinstance(value, list) or all(map(check, value))


def _if(condition: Schema, schema: Schema) -> Check:
    check = compile_schema(condition)
    yes, no = compile_schema(schema.get("then", {})), compile_schema(schema.get("else", {}))
    return lambda value: yes(value) if check(value) else no(value)


def _all_of(parts: list[Schema], schema: Schema) -> Check:
    checks = [compile_schema(part) for part in parts]
    return lambda value: all(check(value) for check in checks)


def _any_of(parts: list[Schema], schema: Schema) -> Check:
    checks = [compile_schema(part) for part in parts]
    return lambda value: any(check(value) for check in checks)


def _not(part: Schema, schema: Schema) -> Check:
    check = compile_schema(part)
    return lambda value: not check(value)


# `then` and `else` belong to their `if`.
SILENT = {"then", "else"}
RULES: dict[str, Callable[[Any, Schema], Check]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _bound(lambda value, bound: value >= bound),
    "maximum": _bound(lambda value, bound: value <= bound),
    "exclusiveMinimum": _bound(lambda value, bound: value > bound),
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "propertyNames": _names,
    "items": _items,
    "if": _if,
    "allOf": _all_of,
    "anyOf": _any_of,
    "not": _not,
}
