"""What messages call things: JSON types, forms, and what a schema expects, in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from engine.spec.forms import FORMS
from engine.spec.shapes import Schema

TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} or {last}" if first else last


def found(value: Any) -> str:
    """What stands there, by its type: never the value, which may be a secret."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number without end"
    return "text" if isinstance(value, str) else "a number"


def expected(schema: Schema) -> str:
    """What a schema wants, form or type."""
    if "x-form" in schema:
        return FORMS[schema["x-form"]].expected
    if "enum" in schema:
        return either(f"'{choice}'" if isinstance(choice, str) else str(choice) for choice in schema["enum"])
    if "if" in schema and "type" in schema["if"]:
        return either([expected(schema["else"]), expected(schema["then"])])
    if "allOf" in schema and all("then" in arm for arm in schema["allOf"]):
        return either(expected(arm["then"]) for arm in schema["allOf"])
    types = schema.get("type", "object")
    return either(TYPES[name] for name in ([types] if isinstance(types, str) else types))


def choices(schema: Schema) -> list[str]:
    """The words that may stand here, when some may."""
    arms = [arm["then"] for arm in schema.get("allOf", ()) if "then" in arm]
    return [f"'{word}'" for arm in (schema, *arms) for word in arm.get("enum", ()) if isinstance(word, str)]


def sample(schema: Schema) -> str | None:
    """A mapping as it might be written, from the examples of its first keys."""
    properties = schema.get("properties") or schema.get("else", {}).get("properties", {})
    shown = [f"{key}: {_value(each)}" for key, each in properties.items() if _value(each) is not None]
    return f"{{{', '.join(shown[:3])}{', …' if len(shown) > 3 else ''}}}" if shown else None


def _value(schema: Schema) -> str | None:
    examples = schema.get("examples") or []
    if examples and isinstance(examples[0], list):
        return f"[{', '.join(map(str, examples[0]))}]"
    if examples and isinstance(examples[0], str | int | float):
        return str(examples[0])
    if schema.get("enum"):
        return str(schema["enum"][0])
    return None
