"""Templates as JSON Schema, for editors: one typo, one error.

A mapping has at most one directive beside `$when`, and then only that directive's own keys. Which directives
there are is the mapping compiler's to say, and so is the exact check, names and expressions included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.spec.shapes import Schema


class Directive(Protocol):
    """What the schema says of a directive: its head, the keys that may and must stand beside it.

    `open`: ordinary keys may stand beside it too.
    """

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def required(self) -> tuple[str, ...]: ...
    @property
    def open(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Definition:
    """What may stand at the top of an entry of `defs` only; it is read like a directive."""

    name: str
    summary: str
    keys: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    open: bool = False


GUARD = "$when"
DEFINITIONS = (
    Definition("$args", "The names of the arguments of a definition.", ("$do",), ("$do",)),
    Definition("$do", "What a definition without arguments gives."),
)

ANY: Schema = {"$ref": "#/$defs/template"}
NAME: Schema = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"}
TEMPLATES: Schema = {"type": "object", "additionalProperties": ANY}
ARM: Schema = {
    "type": "object",
    "if": {"anyOf": [{"required": ["then"]}, {"required": ["else"]}]},
    "then": {
        "properties": {"when": ANY, "then": ANY, "else": ANY},
        "additionalProperties": False,
        "dependentRequired": {"then": ["when"]},
    },
    "else": {"required": ["then"]},
}
# What stands under a key, where that is not any template.
VALUES: dict[str, Schema] = {
    "$switch": {"type": "array", "items": ARM, "minItems": 1},
    "$let": TEMPLATES,
    "$set": TEMPLATES,
    "$call": {"type": "string"},
    "$literal": {},
    "$args": {"type": "array", "items": NAME},
    "$as": {
        "if": {"type": "array"},
        "then": {"items": NAME, "minItems": 2, "maxItems": 2},
        "else": NAME,
    },
}
# A key that is no directive: ordinary, or `$$name` for one that really begins with a dollar sign.
ORDINARY = r"^[^$]|^\$\$"


def template_definitions(directives: Sequence[Directive]) -> dict[str, Schema]:
    """The entries for `$defs`."""
    heads: list[Directive] = [each for each in directives if each.name != GUARD]
    heads += [each for each in DEFINITIONS]
    guard = next((each.summary for each in directives if each.name == GUARD), "")
    closed = {f"directive{each.name}": _closed(each, guard) for each in heads}
    return {"template": _template(heads, guard), **closed}


def _template(heads: list[Directive], guard: str) -> Schema:
    """A scalar, a list of templates, or a mapping that may begin with one directive."""
    known = {each.name: {"description": each.summary} for each in heads}
    return {
        "description": "A template: text that begins with = is an expression, ${…} in a text is replaced.",
        "if": {"type": "array"},
        "then": {"items": ANY},
        "else": {"if": {"type": "object"}, "then": {"properties": known, **_chain(heads, guard)}},
    }


def _chain(heads: list[Directive], guard: str) -> Schema:
    """If a directive's key is there its closed object holds, else the next one is asked."""
    if not heads:
        return {"properties": {GUARD: _described(GUARD, guard)}, **_ordinary()}
    first, *others = heads
    closed = {"$ref": f"#/$defs/directive{first.name}"}
    return {"if": {"required": [first.name]}, "then": closed, "else": _chain(others, guard)}


def _closed(each: Directive, guard: str) -> Schema:
    own = {key: _described(key, each.summary) for key in (each.name, *each.keys)}
    found: Schema = {"type": "object", "properties": {**own, GUARD: _described(GUARD, guard)}}
    if each.required:
        found["required"] = list(each.required)
    return found | (_ordinary() if each.open else {"additionalProperties": False})


def _ordinary() -> Schema:
    return {"patternProperties": {ORDINARY: ANY}, "additionalProperties": False}


def _described(key: str, doc: str) -> Schema:
    return {**VALUES.get(key, ANY), "description": doc}
