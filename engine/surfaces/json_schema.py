"""A JSON Schema as a check of a client's body, whose refusals name the field and say what is wrong with it.

Of the standard, what describes bodies: types, properties, required, items, enum, const, bounds, lengths,
`pattern`, `additionalProperties: false`, and `anyOf` of different types; words for people are passed over.
Null is absent, unless a schema says `null`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.expression.regex import PatternError, compile_pattern
from engine.surfaces.openai_chat.checks import Check, within
from engine.surfaces.openai_chat.refusals import Wrong, empty, missing, unknown_value, wrong_type, wrong_value

Schema = Mapping[str, Any]

WORDS = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "boolean": "a boolean",
    "number": "a number",
    "integer": "an integer",
    "null": "null",
}
KNOWN = {
    "type", "properties", "required", "items", "enum", "const", "minimum", "maximum", "minLength", "minItems",
    "maxLength", "maxItems", "pattern", "anyOf", "additionalProperties",
    "description", "title", "default", "examples", "format",
}  # fmt: skip


class SchemaError(ValueError):
    """A schema that cannot be compiled; the message says where and why."""


def check_body(check: Check, body: Any) -> None:
    """Raises `RequestRefused`, whose `param` names the field that is wrong."""
    try:
        check(body)
    except Wrong as wrong:
        wrong.path = wrong.path.removeprefix(".")
        wrong.refuse("")


def compile_check(schema: Schema, path: str = "") -> Check:
    """Raises `SchemaError`."""
    unknown = next((key for key in schema if key not in KNOWN), None)
    if unknown is not None:
        raise SchemaError(f"{path or 'schema'}: the keyword {unknown!r} is not known here")
    if "anyOf" in schema:
        return _any_of([compile_check(part, f"{path}.anyOf") for part in schema["anyOf"]], schema["anyOf"])
    types = schema.get("type")
    checks = [_typed([types] if isinstance(types, str) else types)] if types else []
    checks += [*_of_values(schema, path), *_of_parts(schema, path)]
    return checks[0] if len(checks) == 1 else _all(checks)


def _of_values(schema: Schema, path: str) -> Iterator[Check]:
    """What is asked of texts and numbers, and of how much there is."""
    if "enum" in schema or "const" in schema:
        yield _enum(schema.get("enum") or [schema["const"]])
    if "minimum" in schema or "maximum" in schema:
        yield _bounds(schema.get("minimum"), schema.get("maximum"))
    if schema.get("minLength"):
        yield _filled(str, "string")
    if schema.get("minItems"):
        yield _filled(list, "array")
    if "maxLength" in schema:
        yield _short(str, "characters", schema["maxLength"])
    if "maxItems" in schema:
        yield _short(list, "items", schema["maxItems"])
    if "pattern" in schema:
        yield _pattern(schema["pattern"], path)


def _of_parts(schema: Schema, path: str) -> Iterator[Check]:
    """What is asked of the items of a list, and of the fields of an object."""
    properties: Schema = schema.get("properties", {})
    if "items" in schema:
        yield _items(compile_check(schema["items"], f"{path}[]"))
    if properties or "required" in schema:
        each = {name: compile_check(part, f"{path}.{name}") for name, part in properties.items()}
        yield _properties(each, tuple(schema.get("required", ())))
    if schema.get("additionalProperties") is False:
        yield _closed(frozenset(properties))


def _all(checks: list[Check]) -> Check:
    def check(value: Any) -> None:
        for each in checks:
            each(value)

    return check


def is_a(value: Any, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "null":
        return value is None
    return isinstance(value, PYTHON[kind])


PYTHON: Mapping[str, type] = {"object": dict, "array": list, "string": str, "boolean": bool}


def _typed(kinds: list[str]) -> Check:
    strange = next((kind for kind in kinds if kind not in WORDS), None)
    if strange is not None:
        raise SchemaError(f"there is no type {strange!r}")
    wanted = " or ".join(WORDS[kind] for kind in kinds)
    if len(kinds) == 1 and kinds[0] in PYTHON:
        only = PYTHON[kinds[0]]

        def check_one(value: Any) -> None:
            if not isinstance(value, only):
                wrong_type(value, wanted)

        return check_one

    def check(value: Any) -> None:
        if not any(is_a(value, kind) for kind in kinds):
            wrong_type(value, wanted)

    return check


def _enum(choices: list[Any]) -> Check:
    def check(value: Any) -> None:
        if value not in choices:
            if isinstance(value, str):
                unknown_value(value, [str(choice) for choice in choices])
            wrong_value(f"one of {', '.join(map(str, choices))}")

    return check


def _bounds(low: float | None, high: float | None) -> Check:
    return lambda value: within(value, low, high) if is_a(value, "number") else None


def _filled(kind: type, word: str) -> Check:
    def check(value: Any) -> None:
        if isinstance(value, kind) and not value:
            empty(word)

    return check


def _short(kind: type, word: str, most: int) -> Check:
    def check(value: Any) -> None:
        if isinstance(value, kind) and len(value) > most:  # type: ignore[arg-type]
            wrong_value(f"at most {most} {word}")

    return check


def _pattern(pattern: str, path: str) -> Check:
    try:
        matcher = compile_pattern(pattern)
    except PatternError as mistake:
        raise SchemaError(f"{path or 'schema'}: the pattern is of no use: {mistake}") from mistake

    def check(value: Any) -> None:
        if isinstance(value, str) and not matcher.search(value):
            wrong_value(f"a text that matches {pattern}")

    return check


def _closed(known: frozenset[str]) -> Check:
    def check(value: Any) -> None:
        strange = (
            next((name for name in value if name not in known), None) if isinstance(value, dict) else None
        )
        if strange is not None:
            raise Wrong("unknown_parameter", lambda param: f"Unknown parameter: '{param}'.", f".{strange}")

    return check


def _items(of: Check) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, list):
            return
        for index, item in enumerate(value):
            try:
                of(item)
            except Wrong as wrong:
                wrong.inside(f"[{index}]")
                raise

    return check


def _properties(properties: Mapping[str, Check], required: tuple[str, ...]) -> Check:
    rules = [
        (name, properties.get(name), name in required) for name in {**properties, **dict.fromkeys(required)}
    ]

    def check(value: Any) -> None:
        if not isinstance(value, dict):
            return
        name = ""
        try:
            for name, check_field, is_required in rules:
                given = value.get(name)
                if given is None:
                    if is_required:
                        missing()
                elif check_field is not None:
                    check_field(given)
        except Wrong as wrong:
            wrong.inside(f".{name}")
            raise

    return check


def _any_of(checks: list[Check], schemas: list[Schema]) -> Check:
    """The alternative of the value's own type says what is wrong with it."""
    kinds = [_types_of(schema) for schema in schemas]
    names = [kind for group in kinds for kind in group]
    of_any = _typed(names) if names else None

    def check(value: Any) -> None:
        fitting = [
            each
            for each, group in zip(checks, kinds, strict=True)
            if not group or any(is_a(value, k) for k in group)
        ]
        if not fitting and of_any:
            of_any(value)
        for each in fitting[:-1]:
            try:
                each(value)
            except Wrong:
                continue
            return
        if fitting:
            fitting[-1](value)

    return check


def _types_of(schema: Schema) -> list[str]:
    types = schema.get("type") or []
    return [types] if isinstance(types, str) else list(types)
