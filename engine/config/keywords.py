"""JSON Schema as this engine checks it: one error for one fault, numbers finite, patterns for whole texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from engine.config.accept import is_number
from engine.spec.schema import ROOTS, runtime_schema


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
        elif allowed:
            yield from validator.descend(value, allowed, path=key)


def _required(validator: Any, keys: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Every missing key is an error of its own."""
    if isinstance(instance, dict):
        for key in keys:
            if key not in instance:
                yield ValidationError("missing", validator_value=key)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As in JavaScript, `$` is the very end: no line break may follow."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError("pattern")


CheckedValidator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"additionalProperties": _additional, "required": _required, "pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: is_number(value)),
)


@cache
def validator_of(name: str) -> Any:
    """The validator of a kind of file (a key of `ROOTS`), made once."""
    return CheckedValidator(runtime_schema(ROOTS[name]))
