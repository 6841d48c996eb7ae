"""What editors must know and the check at load need not: `${env:…}` may stand for any single value."""

from __future__ import annotations

from typing import Any

PLACEHOLDER = r"\$\{(?:env|file|setting):[^}]*\}"
CONVERTED = ("integer", "number", "boolean")

# Keywords that hold schemas of values. Names of keys and conditions are no values.
OF_ONE = ("items", "additionalProperties", "then", "else")
OF_MANY = ("properties", "patternProperties", "$defs")


def with_placeholders(schema: Any) -> Any:
    """The schema with a placeholder allowed wherever text, a number or a boolean of a form is wanted."""
    if not isinstance(schema, dict):
        return schema
    changed = {key: with_placeholders(part) if key in OF_ONE else part for key, part in schema.items()}
    for key in OF_MANY:
        if isinstance(schema.get(key), dict):
            changed[key] = {name: with_placeholders(part) for name, part in schema[key].items()}
    return _allowed(changed)


def _allowed(schema: dict[str, Any]) -> dict[str, Any]:
    if "pattern" in schema:
        return {**schema, "pattern": f"(?:{schema['pattern']})|{PLACEHOLDER}"}
    types = schema.get("type")
    if types == "string" and "enum" in schema:
        rest = {key: part for key, part in schema.items() if key != "enum"}
        return {**rest, "anyOf": [{"enum": schema["enum"]}, {"pattern": PLACEHOLDER}]}
    if types in CONVERTED and "enum" not in schema:
        return {**schema, "type": [types, "string"], "pattern": PLACEHOLDER}
    return schema
