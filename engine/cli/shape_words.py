"""The shapes of keys in words, for the reference pages."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

from engine.spec.base import Rule, Spec
from engine.spec.forms import FORMS
from engine.spec.objects import Field, Object, fields_of
from engine.spec.shapes import (
    Anything,
    Constant,
    Either,
    Flag,
    Items,
    Nullable,
    Number,
    Shape,
    Table,
    Template,
    Text,
)

BOUNDS = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">"}


def words(shape: Shape) -> str:
    """`a duration`, `list of text`, `[Pool](#pool)`."""
    write = WORDS.get(type(shape))
    if write is None:
        raise TypeError(f"no words for {type(shape).__name__}")
    return write(shape)


def objects_in(shape: Shape) -> Iterator[type[Spec]]:
    """The spec classes that a shape mentions."""
    if isinstance(shape, Object):
        yield shape.cls
    elif isinstance(shape, Items):
        yield from objects_in(shape.item)
    elif isinstance(shape, Table):
        yield from objects_in(shape.value)
    elif isinstance(shape, Nullable):
        yield from objects_in(shape.inner)
    elif isinstance(shape, Either):
        for member in shape.members:
            yield from objects_in(member)


def default_words(field: Field) -> str:
    """What holds when the key is left out; `required` when it may not be."""
    if field.required:
        return "required"
    value = field.default
    if value is dataclasses.MISSING or value is None or value == () or value == {}:
        return ""
    if isinstance(field.shape, Text) and field.shape.form in MEASURES:
        return f"`{MEASURES[field.shape.form](value)}`"
    plain = isinstance(value, str | int | float | bool)
    return f"`{json.dumps(value, ensure_ascii=False)}`" if plain else ""


def _size(count: int) -> str:
    """`33554432` → `32MiB`"""
    units = ((2**20, "MiB"), (2**10, "KiB"))
    return next((f"{count // unit}{name}" for unit, name in units if count % unit == 0), str(count))


def rule_words(rule: Rule) -> str:
    count = "Exactly one" if rule.required else "At most one"
    return f"{count} of {', '.join(f'`{key}`' for key in rule.keys)}."


def object_page_parts(root: type[Spec]) -> list[type[Spec]]:
    """A spec class and every class that it mentions, directly or not, in the order of reading."""
    found: list[type[Spec]] = []

    def visit(cls: type[Spec]) -> None:
        if cls not in found:
            found.append(cls)
            for item in fields_of(cls):
                for mentioned in objects_in(item.shape):
                    visit(mentioned)

    visit(root)
    return found


def _text(shape: Text) -> str:
    if shape.choices:
        return " \\| ".join(f"`{choice}`" for choice in shape.choices)
    if shape.ref:
        return f"the name of a {shape.ref}"
    plain = FORMS[shape.form].expected if shape.form else "text"
    return f"{plain}, secret" if shape.secret else plain


def _number(shape: Number) -> str:
    bounds = [f"{BOUNDS[name]} {value:g}" for name, value in shape.bounds.items() if name in BOUNDS]
    return ", ".join([{"integer": "a whole number"}.get(shape.kind, "a number"), *bounds])


def _items(shape: Items) -> str:
    item = words(shape.item)
    return f"{item}, or a list of them" if shape.or_one else f"a list: {item}"


def _table(shape: Table) -> str:
    keys = f" ({', '.join(f'`{choice}`' for choice in shape.choices)})" if shape.choices else ""
    return f"a map{keys}: {words(shape.value)}"


def _duration(seconds: Any) -> str:
    return f"{seconds:g}s" if seconds >= 1 else f"{seconds * 1000:g}ms"


MEASURES: dict[str, Callable[[Any], str]] = {
    "size": _size,
    "duration": _duration,
    "period": _duration,
    "fraction": lambda share: f"{share * 100:g}%",
}

WORDS: dict[type[Any], Callable[[Any], str]] = {
    Text: _text,
    Constant: lambda shape: " \\| ".join(f"`{choice}`" for choice in shape.choices),
    Number: _number,
    Flag: lambda shape: "`true` \\| `false`",
    Anything: lambda shape: "anything",
    Template: lambda shape: "a [template](directives.md)",
    Items: _items,
    Table: _table,
    Either: lambda shape: " or ".join(words(member) for member in shape.members),
    Nullable: lambda shape: words(shape.inner),
    Object: lambda shape: f"[{shape.cls.__name__}](#{shape.cls.__name__.lower()})",
}
