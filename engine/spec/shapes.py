"""What may stand at a place: each shape writes its JSON Schema and reads a node into a value.

Reading is tolerant: what does not fit is `UNBOUND`, and the structural check has said why. What the schema
accepts, the reader reads; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final, Protocol

from engine.spec.base import Binding, Filled, Path, Reference, dotted
from engine.spec.forms import FORMS, Form, of_text
from engine.tree import Mapping, Node, Scalar, to_data
from engine.tree import Sequence as List

UNBOUND: Final = object()
Schema = dict[str, Any]
ALL_TYPES = ["object", "array", "string", "number", "boolean", "null"]


class Build(Protocol):
    """How a schema is put together: with definitions for editors, or all in one piece."""

    def object(self, cls: type[Any]) -> Schema: ...

    def template(self) -> Schema: ...


class Shape(Protocol):
    @property
    def types(self) -> Sequence[str]:
        """The JSON types that may stand here."""
        ...

    def schema(self, build: Build) -> Schema: ...

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        """The value, or `UNBOUND`."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Text, or text of a form that means something else: a duration gives seconds, a size bytes."""

    form: str | None = None
    choices: tuple[str, ...] = ()
    ref: str | None = None
    secret: bool = False
    expression: bool = False

    @property
    def types(self) -> Sequence[str]:
        return FORMS[self.form].types if self.form else ["string"]

    def schema(self, build: Build) -> Schema:
        found: Schema = {"type": one_or_many(self.types)}
        if self.choices:
            found["enum"] = list(self.choices)
        if self.form:
            form = FORMS[self.form]
            found |= {"pattern": form.pattern, "x-form": form.name, **form.bounds}
        return found | ({"x-secret": True} if self.secret else {})

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        if not isinstance(node, Scalar) or json_type(node) not in ("string", "number"):
            return UNBOUND
        form = FORMS[self.form] if self.form else None
        if not isinstance(node.value, str) and not (form and form.number):
            return UNBOUND
        if self.choices and node.value not in self.choices:
            return UNBOUND
        if self.ref:
            refer(self.ref, node, path, binding)
        if not self.expression and (self.form or self.ref or self.secret):
            _refuse_template(node, path, binding)
        value = _read(form, node, path, binding) if form else node.value
        if self.form == "header_value" and node.origin and isinstance(value, str):
            value = Filled(value)
        if self.ref and isinstance(value, str):
            value = intern(value)  # the name of one provider stands in many aliases
        if value is not UNBOUND and (self.secret or _holds_password(node)):
            _warn_plain_secret(node, path, binding)
        return value


@dataclass(frozen=True, slots=True)
class Constant:
    """One of a few whole numbers."""

    choices: tuple[int, ...]
    types: Sequence[str] = ("integer",)

    def schema(self, build: Build) -> Schema:
        return {"type": "integer", "enum": list(self.choices)}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        value = _plain(node, "integer")
        return value if value in self.choices and not isinstance(value, bool) else UNBOUND


@dataclass(frozen=True, slots=True)
class Number:
    """`kind` is the JSON type: integer or number. Text from the environment is converted."""

    kind: str
    bounds: Schema = field(default_factory=dict)

    @property
    def types(self) -> Sequence[str]:
        return [self.kind]

    def schema(self, build: Build) -> Schema:
        return {"type": self.kind, **self.bounds}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        value = _plain(node, self.kind)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return UNBOUND
        if self.kind == "number":
            return float(value)
        return int(value) if float(value).is_integer() else UNBOUND


@dataclass(frozen=True, slots=True)
class Flag:
    types: Sequence[str] = ("boolean",)

    def schema(self, build: Build) -> Schema:
        return {"type": "boolean"}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        value = _plain(node, "boolean")
        return value if isinstance(value, bool) else UNBOUND


@dataclass(frozen=True, slots=True)
class Anything:
    """Plain data of any shape."""

    types: Sequence[str] = tuple(ALL_TYPES)

    def schema(self, build: Build) -> Schema:
        return {}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        return to_data(node)


@dataclass(frozen=True, slots=True)
class Template:
    """A template: the node as it stands, for the mapping compiler. A plain text in it may be a reference."""

    ref: str | None = None
    types: Sequence[str] = tuple(ALL_TYPES)

    def schema(self, build: Build) -> Schema:
        return build.template()

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        if self.ref and isinstance(node, Scalar):
            refer(self.ref, node, path, binding)
        return node


@dataclass(frozen=True, slots=True)
class Items:
    """A list; with `or_one`, a single item stands for a list of one. Bound to a tuple."""

    item: Shape
    or_one: bool = False

    @property
    def types(self) -> Sequence[str]:
        return ["array", *self.item.types] if self.or_one else ["array"]

    def schema(self, build: Build) -> Schema:
        item = self.item.schema(build)
        many: Schema = {"type": "array", "items": item}
        if not self.or_one:
            return many
        return {"if": {"type": "array"}, "then": many, "else": item}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        if not isinstance(node, List):
            value = self.item.bind(node, path, binding) if self.or_one else UNBOUND
            return value if value is UNBOUND else (value,)
        values = [self.item.bind(item, (*path, index), binding) for index, item in enumerate(node.items)]
        return tuple(value for value in values if value is not UNBOUND)


# Headers whose value is a secret.
SECRET_HEADER = re.compile(r"authorization|cookie|api-?key|token|secret|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with keys of the site's choosing, in a form or among `choices`. Bound to a dict."""

    value: Shape
    names: str | None = None
    choices: tuple[str, ...] = ()
    types: Sequence[str] = ("object",)

    def schema(self, build: Build) -> Schema:
        value = self.value.schema(build)
        if self.choices:
            properties = {choice: value for choice in self.choices}
            return {"type": "object", "properties": properties, "additionalProperties": False}
        found: Schema = {"type": "object", "additionalProperties": value}
        if self.names:
            form = FORMS[self.names]
            found["propertyNames"] = {"pattern": form.pattern, "x-form": form.name}
        return found

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        if not isinstance(node, Mapping):
            return UNBOUND
        values = {entry.key: self.value.bind(entry.value, (*path, entry.key), binding) for entry in node}
        if self.names == "header":
            self._warn_open_secrets(node, path, binding)
        return {key: value for key, value in values.items() if value is not UNBOUND}

    def _warn_open_secrets(self, node: Mapping, path: Path, binding: Binding) -> None:
        """Headers are open, but some hold secrets by their name."""
        for entry in node:
            if SECRET_HEADER.search(entry.key) and isinstance(entry.value, Scalar):
                _warn_plain_secret(entry.value, (*path, entry.key), binding)


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes, told apart by their JSON types."""

    members: tuple[Shape, ...]

    @property
    def types(self) -> Sequence[str]:
        return [name for member in self.members for name in member.types]

    def schema(self, build: Build) -> Schema:
        arms = [
            {"if": {"type": one_or_many(member.types)}, "then": member.schema(build)}
            for member in self.members
        ]
        return {"type": one_or_many(self.types), "allOf": arms}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        for member in self.members:
            if fits(node, member.types):
                return member.bind(node, path, binding)
        return UNBOUND


@dataclass(frozen=True, slots=True)
class Nullable:
    """Null beside another shape: it removes what `extends` brings."""

    inner: Shape

    @property
    def types(self) -> Sequence[str]:
        return [*self.inner.types, "null"]

    def schema(self, build: Build) -> Schema:
        return {"if": {"not": {"type": "null"}}, "then": self.inner.schema(build)}

    def bind(self, node: Node, path: Path, binding: Binding) -> Any:
        return UNBOUND if json_type(node) == "null" else self.inner.bind(node, path, binding)


def one_or_many(types: Sequence[str]) -> str | list[str]:
    return types[0] if len(types) == 1 else list(types)


def json_type(node: Node) -> str:
    if isinstance(node, Mapping):
        return "object"
    if isinstance(node, List):
        return "array"
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "boolean"
    return "string" if isinstance(node.value, str) else "number"


def fits(node: Node, types: Sequence[str]) -> bool:
    found = json_type(node)
    return found in types or (found == "number" and "integer" in types)


def _read(form: Form, node: Scalar, path: Path, binding: Binding) -> Any:
    """What a text of a form means. The schema knows only its pattern; what else is wrong is said here."""
    if node.missing or (binding.mock and node.origin):
        return UNBOUND if form.is_measure else node.value
    if isinstance(node.value, str) and not form.fits(node.value):
        return UNBOUND
    try:
        return form.read(node.value)
    except ValueError as error:
        shown = "the value" if node.origin else f"'{node.value}'"
        binding.problems.error(node.at, form.code, f"{shown}: {error}", hint=form.hint, path=dotted(path))
        return UNBOUND


def refer(kind: str, node: Scalar, path: Path, binding: Binding) -> None:
    """Note a reference, unless the name is not known before the request, or not the real one."""
    name = node.value
    if not isinstance(name, str) or name.startswith("=") or "${" in name or node.missing:
        return
    if not (binding.mock and node.origin):
        binding.references.append(Reference(kind, intern(name), node.at, path))


def _plain(node: Node, type_name: str) -> Any:
    """A scalar's value; text that an environment variable held becomes the type that is wanted."""
    if not isinstance(node, Scalar):
        return None
    if node.origin and isinstance(node.value, str):
        try:
            return of_text(type_name, node.value)
        except ValueError:
            return None
    return node.value


def is_plain_secret(node: Scalar) -> bool:
    """Whether a secret stands in the file for all to read."""
    text = node.value
    if not isinstance(text, str) or not text or node.origin or node.missing:
        return False
    return not (text.startswith(("=", "sha256:")) or "${" in text)


def _refuse_template(node: Scalar, path: Path, binding: Binding) -> None:
    """`${NAME}` where nothing replaces it was meant to be a variable of the environment."""
    text = node.value if isinstance(node.value, str) and not node.origin else ""
    if found := re.search(r"\$\{(?!env:|file:|setting:)([^}]*)\}", text):
        at = node.at_offset(found.start())
        hint = f'write "${{env:{found[1]}}}"' if found[1].isidentifier() else None
        message = f"'{found[0]}' would stand here as it is: this is no template"
        binding.problems.error(at, "no-template", message, hint=hint, path=dotted(path))


def _holds_password(node: Scalar) -> bool:
    """`scheme://user:password@host`."""
    return (
        isinstance(node.value, str) and re.match(r"[a-z0-9+.-]+://[^/@\s]*:[^/@\s]+@", node.value) is not None
    )


def _warn_plain_secret(node: Scalar, path: Path, binding: Binding) -> None:
    if is_plain_secret(node):
        name = next(part for part in reversed(path) if isinstance(part, str))
        hashed = " or its hash, sha256:…" if path[0] == "clients" else ""
        binding.problems.warning(
            node.at,
            "plain-secret",
            f"'{name}' is a secret in plain text",
            hint=f'write "${{env:NAME}}" or "${{file:PATH}}"{hashed}',
            path=dotted(path),
            secret=True,
        )
