"""Spec classes as shapes: from annotations and `field(...)` to a JSON Schema and a reader."""

from __future__ import annotations

import types
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import MISSING, dataclass, replace
from dataclasses import fields as dataclass_fields
from itertools import combinations
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from engine.spec.base import About, Binding, Path, Rule, Short, Spec, Written
from engine.spec.forms import FORMS
from engine.spec.shapes import (
    UNBOUND,
    Anything,
    Build,
    Constant,
    Either,
    Flag,
    Items,
    Nullable,
    Number,
    Schema,
    Shape,
    Table,
    Template,
    Text,
)  # fmt: skip
from engine.tree import Mapping, Node, Scalar
from engine.tree import Sequence as List

NODE_TYPES = {Scalar, List, Mapping}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object. `attribute` is its name in Python, `key` in YAML."""

    attribute: str
    key: str
    about: About
    shape: Shape
    required: bool
    default: Any


@dataclass(frozen=True, slots=True)
class Object:
    """A mapping that is read into a spec class."""

    cls: type[Spec]

    @property
    def types(self) -> list[str]:
        return ["object", "string"] if self.cls.SHORT else ["object"]

    def schema(self, build: Build) -> Schema:
        return build.object(self.cls)

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        short = self.cls.SHORT
        if isinstance(node, Scalar) and short and _is_short(node, short):
            values = _values(self.cls, Mapping(dict(short.expand(node)), node.at), path, binding)
            return UNBOUND if values is None else self.cls(at=node.at, **values)
        if not isinstance(node, Mapping):
            return UNBOUND
        values = _values(self.cls, node, path, binding)
        return UNBOUND if values is None else self.cls(at=node.at, written=Written.of(node), **values)


def _is_short(node: Scalar, short: Short) -> bool:
    return isinstance(node.value, str) and FORMS[short.form].fits(node.value)


def _values(cls: type[Spec], node: Mapping, path: Path, binding: Binding) -> dict[str, Any] | None:
    """The arguments of the class; None when a required one cannot be had."""
    values: dict[str, Any] = {}
    complete = True
    for item in fields_of(cls):
        entry = node.entries.get(item.key)
        value = item.shape.bind(entry.value, (*path, item.key), binding) if entry else UNBOUND
        if value is not UNBOUND:
            values[item.attribute] = value
        elif item.required:
            complete = False
    if cls.OPEN:
        known = {item.key for item in fields_of(cls)}
        rest = {key: entry for key, entry in node.entries.items() if key not in known}
        values[cls.OPEN] = {key: entry.value for key, entry in rest.items()}
    if cls.KEEP_NODE:
        values[cls.KEEP_NODE] = node
    return values if complete else None


_FIELDS: dict[type[Spec], tuple[Field, ...]] = {}


def fields_of(cls: type[Spec]) -> tuple[Field, ...]:
    """The keys of an object, in the order of its class."""
    if cls not in _FIELDS:
        _FIELDS[cls] = _read_fields(cls)
    return _FIELDS[cls]


def _read_fields(cls: type[Spec]) -> tuple[Field, ...]:
    hints = get_type_hints(cls)
    found = []
    for item in dataclass_fields(cls):
        about = item.metadata.get("about")
        if about is not None:
            required = item.default is MISSING and item.default_factory is MISSING
            key = about.key or item.name
            shape = shape_of(hints[item.name], about)
            if cls.NULLS:
                shape = nullable(shape)
            found.append(Field(item.name, key, about, shape, required, item.default))
    return tuple(found)


def nullable(shape: Shape) -> Shape:
    """The shape with null allowed, in the values of a mapping too."""
    if isinstance(shape, Table):
        shape = replace(shape, value=nullable(shape.value))
    return shape if "null" in shape.types else Nullable(shape)


def shape_of(annotation: Any, about: About) -> Shape:
    """The shape that an annotation describes; `X | None` is a key that may be left out."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        members = [member for member in arguments if member is not type(None)]
        if set(members) >= NODE_TYPES:
            return Template(about.ref)
        shapes = tuple(shape_of(member, about) for member in members)
        return shapes[0] if len(shapes) == 1 else Either(shapes)
    if origin is tuple:
        return Items(shape_of(arguments[0], about), about.one_or_list)
    if origin is MappingType:
        choices = get_args(arguments[0]) if get_origin(arguments[0]) is Literal else ()
        return Table(shape_of(arguments[1], about), about.names, choices)
    if origin is Literal:
        return Text(choices=arguments) if isinstance(arguments[0], str) else Constant(arguments)
    return _leaf(annotation, about)


def _leaf(annotation: Any, about: About) -> Shape:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return Object(annotation)
    if annotation is Any:
        return Anything()
    if annotation is bool:
        return Flag()
    if about.form or annotation is str:
        return Text(about.form, ref=about.ref, secret=about.secret, expression=about.expression)
    bounds = {"minimum": about.minimum, "maximum": about.maximum, "exclusiveMinimum": about.above}
    kind = {int: "integer", float: "number"}[annotation]
    return Number(kind, {key: bound for key, bound in bounds.items() if bound is not None})


def object_schema(cls: type[Spec], build: Build) -> Schema:
    """The schema of one object, its short form included."""
    fields = fields_of(cls)
    body: Schema = {"properties": {item.key: _property(item, build) for item in fields}}
    required = [item.key for item in fields if item.required]
    if required:
        body["required"] = required
    body["additionalProperties"] = build.template() if cls.OPEN else False
    body["x-label"] = cls.LABEL
    if cls.RULES:
        body["allOf"] = [part for rule in cls.RULES for part in _rule(rule, nulls=cls.NULLS)]
    head = {"title": cls.__name__, "description": summary(cls)}
    if cls.SHORT is None:
        return {**head, "type": "object", **body}
    form = FORMS[cls.SHORT.form]
    short = {"description": cls.SHORT.doc, "pattern": form.pattern, "x-form": form.name}
    return {**head, "type": ["object", "string"], "if": {"type": "string"}, "then": short, "else": body}


def summary(cls: type[Spec]) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split())


def _property(item: Field, build: Build) -> Schema:
    found = {**item.shape.schema(build), "description": item.about.doc}
    if item.about.example is not None:
        found["examples"] = [item.about.example]
    if isinstance(item.default, str | int | float | bool):
        found["default"] = item.default
    return found


NOT_NULL: Schema = {"not": {"type": "null"}}


def _rule(rule: Rule, *, nulls: bool) -> list[Schema]:
    """Which keys exclude each other, pair by pair, and that one of them must be there.

    Where null takes away what is inherited (`nulls`), it excludes nothing.
    """
    pairs: list[Schema] = [
        {"not": {"type": "object", "required": list(pair), **_said(pair, nulls)}, "x-rule": list(pair)}
        for pair in combinations(rule.keys, 2)
        if not rule.several
    ]
    if rule.required:
        pairs.append({"anyOf": [{"required": [key]} for key in rule.keys], "x-rule": list(rule.keys)})
    return pairs


def _said(keys: Iterable[str], nulls: bool) -> Schema:
    return {"properties": dict.fromkeys(keys, NOT_NULL)} if nulls else {}
