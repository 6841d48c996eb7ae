from __future__ import annotations

import math
from typing import Any

import pytest

from engine.config.keywords import CheckedValidator, validator_of
from engine.config.structure import SAYINGS
from engine.spec.schema import ROOTS, runtime_schema


def places(validator: Any, data: Any) -> list[tuple[str, list[str | int]]]:
    return sorted((str(error.validator), list(error.absolute_path)) for error in validator.iter_errors(data))


def test_unknown_keys_are_errors_of_their_own_at_the_key() -> None:
    validator = CheckedValidator({"properties": {"a": {}}, "additionalProperties": False})
    assert places(validator, {"a": 1, "b": 2, "c": 3}) == [
        ("additionalProperties", ["b"]),
        ("additionalProperties", ["c"]),
    ]


def test_missing_keys_are_errors_of_their_own() -> None:
    errors = list(CheckedValidator({"required": ["a", "b", "c"]}).iter_errors({"b": 1}))
    assert [error.validator_value for error in errors] == ["a", "c"]


def test_a_pattern_is_for_the_whole_text() -> None:
    validator = CheckedValidator({"pattern": "^a$"})
    assert validator.is_valid("a") and not validator.is_valid("a\n")


@pytest.mark.parametrize("value", [math.inf, math.nan, True, "1"])
def test_numbers_are_finite(value: object) -> None:
    assert list(CheckedValidator({"type": "number"}).iter_errors(value))


def rules_used(schema: Any) -> set[str]:
    """Every keyword of a schema that can fail."""
    known = SAYINGS.keys() | {"not", "anyOf", "oneOf", "const", "format", "minItems", "propertyNames"}
    found = {key for key in schema if key in known}
    for part in (*schema.get("properties", {}).values(), *schema.get("allOf", ())):
        found |= rules_used(part)
    for key in ("additionalProperties", "items", "then", "else", "propertyNames"):
        if isinstance(schema.get(key), dict):
            found |= rules_used(schema[key])
    return found


@pytest.mark.parametrize("name", ROOTS)
def test_every_keyword_that_can_fail_has_something_to_say(name: str) -> None:
    used = rules_used(runtime_schema(ROOTS[name]))
    assert len(used) > 6
    assert (
        used - {"not", "anyOf", "propertyNames"} <= SAYINGS.keys()
    )  # these three are said by what they hold
    assert validator_of(name) is validator_of(name)
