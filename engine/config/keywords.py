"""JSON Schema as this engine checks it: one error for one fault, numbers finite, and fast on good files.

The validator of the jsonschema library makes an object for every value that it looks at. Most values are
plain and right; those are accepted by a closure over their schema, and only the others go the long way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from engine.spec.schema import ROOTS, runtime_schema
from engine.spec.shapes import Schema

QUICK = "x-quick"
LEAF_RULES = {"type", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum"}
ANNOTATIONS = {"description", "examples", "default", "title", "x-form", "x-secret", "x-label"}


def _is_number(checker: Any, instance: Any) -> bool:
    return isinstance(instance, int | float) and not isinstance(instance, bool) and math.isfinite(instance)


TYPE_CHECKER = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number)


def _descend(validator: Any, instance: Any, schema: Schema, path: str | int) -> Iterator[ValidationError]:
    quick = schema.get(QUICK)
    if schema and not (quick and quick(instance)):
        yield from validator.descend(instance, schema, path=path)


def _properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for key, value in instance.items():
            if key in properties:
                yield from _descend(validator, value, properties[key], key)


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, list):
        for index, value in enumerate(instance):
            yield from _descend(validator, value, items, index)


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Every unknown key is an error of its own, at the key."""
    if not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    for key, value in instance.items():
        if key in known:
            continue
        if allowed is False:
            yield ValidationError("unknown", path=[key], instance=value)
        else:
            yield from _descend(validator, value, allowed, key)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As in JavaScript, `$` is the very end: no line break may follow."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError("pattern")


def _required(validator: Any, keys: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Every missing key is an error of its own."""
    if isinstance(instance, dict):
        for key in keys:
            if key not in instance:
                yield ValidationError("missing", validator_value=key)


CheckedValidator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "properties": _properties,
        "items": _items,
        "additionalProperties": _additional,
        "required": _required,
        "pattern": _pattern,
    },
    type_checker=TYPE_CHECKER,
)


@cache
def validator_of(name: str) -> Any:
    """The validator of a kind of file (a key of `ROOTS`), made once."""
    schema = runtime_schema(ROOTS[name])
    _quicken(schema)
    return CheckedValidator(schema)


def _quicken(schema: Any) -> None:
    """Give every schema of a plain value its closure."""
    if isinstance(schema, list):
        for part in schema:
            _quicken(part)
    elif isinstance(schema, dict):
        for part in schema.values():
            _quicken(part)
        if "type" in schema and schema.keys() <= LEAF_RULES | ANNOTATIONS:
            schema[QUICK] = _quick(schema)


def _quick(schema: Schema) -> Callable[[Any], bool]:
    """Whether a value is plainly right. False says nothing: the long way decides."""
    types = schema["type"]
    names = [types] if isinstance(types, str) else types
    rules = [make(schema[rule]) for rule, make in QUICK_RULES.items() if rule in schema]

    def accepts(value: Any) -> bool:
        fits = any(TYPE_CHECKER.is_type(value, name) for name in names)
        return fits and all(rule(value) for rule in rules)

    return accepts


def _text_or(rule: Callable[[str], Any]) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, str) or bool(rule(value))


def _number_or(rule: Callable[[float], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) or rule(value)


QUICK_RULES: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "enum": lambda choices: frozenset(choices).__contains__,
    "pattern": lambda pattern: _text_or(re.compile(pattern).fullmatch),
    "minimum": lambda bound: _number_or(lambda value: value >= bound),
    "maximum": lambda bound: _number_or(lambda value: value <= bound),
    "exclusiveMinimum": lambda bound: _number_or(lambda value: value > bound),
}
