"""The structure of a file: JSON Schema finds the faults, this module says each of them well.

One fault is one diagnostic, at the very token, in plain words. A value that came out of the environment is
never shown; one that is missing is no fault of the structure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.config.accept import acceptor_of
from engine.config.elsewhere import belongs
from engine.config.words import choices, either, expected, found, sample
from engine.diagnostics import Position, Problems
from engine.registry import nearest
from engine.spec.base import Path, dotted
from engine.spec.forms import FORMS, of_text
from engine.tree import Mapping, Node, Scalar, at_path, to_data


def check(tree: Mapping, kind: str, problems: Problems, *, mock: bool = False) -> frozenset[tuple[str, ...]]:
    """Report what of `tree` is not as the schema of a `kind` of file says: route, site or test.

    Gives the objects that are broken: (top-level key, name), or (top-level key,).
    """
    data = to_data(tree)
    if acceptor_of(kind)(data):
        return frozenset()
    return frozenset(_Check(tree, data, kind, problems, mock).run())


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of the schema: at `path` stands `value`, and `schema`'s keyword `rule` wants `wanted`."""

    path: Path
    value: Any
    rule: str
    wanted: Any
    schema: dict[str, Any]
    of_key: bool
    node: Node
    secret: bool  # neither the value nor its line may be shown

    @property
    def shown(self) -> str:
        """The value, as far as it may be seen."""
        if isinstance(self.node, Scalar) and self.node.origin:
            return f"the value of {' and '.join(self.node.origin)}"
        return "the value" if self.secret else f"'{self.value}'"


@dataclass(frozen=True, slots=True)
class _Said:
    code: str
    message: str
    hint: str | None = None


class _Check:
    def __init__(self, tree: Mapping, data: Any, kind: str, problems: Problems, mock: bool) -> None:
        self.tree, self.data, self.kind, self.problems, self.mock = tree, data, kind, problems, mock
        self.broken: set[tuple[str, ...]] = set()

    def run(self) -> set[tuple[str, ...]]:
        # Here, since most sites have no such file: the library takes 3 MB, and 30 ms to load.
        from engine.config.keywords import validator_of  # noqa: PLC0415

        validator = validator_of(self.kind)
        faults = [self.fault(error, ()) for error in validator.iter_errors(self.data)]
        mistyped = {fault.path for fault in faults if fault.rule == "type"}
        meant = {_meant(fault) for fault in faults if fault.rule == "additionalProperties"}
        for fault in faults:
            if _misspelt(fault, meant):
                self.broken.add(tuple(map(str, fault.path[:2])))
            elif not (fault.rule == "enum" and fault.path in mistyped):
                self.report(validator, fault)
        return self.broken

    def report(self, validator: Any, fault: Fault) -> None:
        if self.excused(fault):
            return
        if converted := _converted(fault):
            for again in validator.evolve(schema=fault.schema).iter_errors(converted[0]):
                self.report_fault(self.fault(again, fault.path))
            return
        self.report_fault(fault)

    def report_fault(self, fault: Fault) -> None:
        said = SAYINGS[fault.rule](fault)
        path = dotted(fault.path)
        self.broken.add(tuple(map(str, fault.path[:2])))
        self.problems.error(
            self.place(fault), said.code, said.message, hint=said.hint, path=path, secret=fault.secret
        )

    def fault(self, error: Any, base: Path) -> Fault:
        path = (*base, *error.absolute_path)
        node = at_path(self.tree, list(path))
        of_key = "propertyNames" in error.absolute_schema_path
        held = isinstance(node, Scalar) and (bool(node.origin) or _is_private(node, error.schema))
        rule = "x-rule" if "x-rule" in error.schema else str(error.validator)
        return Fault(path, error.instance, rule, error.validator_value, error.schema, of_key, node, held)

    def excused(self, fault: Fault) -> bool:
        """A value that is missing is reported where it is asked for; one that is mocked is any value."""
        node = fault.node
        if fault.rule == "additionalProperties" or not isinstance(node, Scalar):
            return False
        return bool(node.missing or (self.mock and node.origin))

    def place(self, fault: Fault) -> Position:
        if fault.of_key:
            return _key_at(self.tree, (*fault.path, fault.value)) or fault.node.at
        if fault.rule == "x-rule":
            present = [key for key in fault.schema["x-rule"] if key in fault.value]
            if len(present) > 1 and isinstance(fault.node, Mapping):
                return max(fault.node.entries[key].key_at for key in present)
        if fault.rule in ("x-rule", "required", "additionalProperties"):
            return _key_at(self.tree, fault.path) or fault.node.at
        return fault.node.at


def _meant(fault: Fault) -> tuple[Path, str | None]:
    """The key that an unknown key was probably meant to be, and the object that it stands in."""
    return fault.path[:-1], nearest(str(fault.path[-1]), list(fault.schema.get("properties", {})))


def _misspelt(fault: Fault, meant: set[tuple[Path, str | None]]) -> bool:
    """Whether a key is missing because it is misspelt, which is one fault and not two."""
    if fault.rule == "required":
        return (fault.path, fault.wanted) in meant
    if fault.rule == "x-rule" and "not" not in fault.schema:
        return any((fault.path, key) in meant for key in fault.schema["x-rule"])
    return False


def _is_private(node: Scalar, schema: dict[str, Any]) -> bool:
    """Secrets, and URLs that carry a user's name and password."""
    address = schema.get("x-form") in ("url", "dsn") and "@" in str(node.value)
    return address or "x-secret" in schema


def _key_at(tree: Mapping, path: Path) -> Position | None:
    """The place of the key that a path ends in; None for the root and for items of lists."""
    if not path:
        return Position(tree.at.file)
    parent = at_path(tree, list(path[:-1]))
    entry = parent.entries.get(str(path[-1])) if isinstance(parent, Mapping) else None
    return entry.key_at if entry else None


def _converted(fault: Fault) -> tuple[Any] | None:
    """The value that text of the environment stands for, where a number or a boolean is wanted."""
    if fault.rule != "type" or not (isinstance(fault.node, Scalar) and fault.node.origin):
        return None
    for name in [fault.wanted] if isinstance(fault.wanted, str) else fault.wanted:
        if name in ("integer", "number", "boolean") and isinstance(fault.value, str):
            try:
                return (of_text(name, fault.value),)
            except ValueError:
                continue
    return None


def _unknown_key(fault: Fault) -> _Said:
    key = str(fault.path[-1])
    label = fault.schema.get("x-label")
    known = list(fault.schema.get("properties", {}))
    hint = belongs(key, known, at_root=len(fault.path) == 1)
    if hint is None and len(known) <= 16:
        hint = f"keys here: {', '.join(known)}"
    return _Said("unknown-key", f"unknown key '{key}'" + (f" in {label}" if label else ""), hint)


def _missing_key(fault: Fault) -> _Said:
    known = fault.schema.get("properties", {}).get(fault.wanted, {})
    hint = known.get("description")
    name = f" of '{fault.path[-1]}'" if fault.path and isinstance(fault.path[-1], str) else ""
    return _Said("missing-key", f"the key '{fault.wanted}'{name} is missing", hint)


def _wrong_type(fault: Fault) -> _Said:
    if isinstance(fault.node, Scalar) and fault.node.origin:
        return _Said("wrong-type", f"expected {expected(fault.schema)}, which {fault.shown} is not")
    fraction = isinstance(fault.value, float) and "integer" in fault.wanted
    what = f"the number {fault.value}" if fraction and not fault.secret else found(fault.value)
    message = f"expected {expected(fault.schema)}, found {what}"
    return _Said("wrong-type", message, _type_hint(fault))


def _type_hint(fault: Fault) -> str | None:
    types = fault.wanted if isinstance(fault.wanted, list) else [fault.wanted]
    form = FORMS.get(fault.schema.get("x-form", ""))
    if form and form.is_measure:
        return form.hint
    if words := choices(fault.schema):
        return f"write {either(words)}"
    if fault.value is None:
        return "write a value, or leave the key out"
    if "boolean" in types and isinstance(fault.value, str):
        return "write true or false, without quotes: yes, no, on and off are texts in YAML 1.2"
    if {"integer", "number"} & set(types) and isinstance(fault.value, str):
        plain = isinstance(fault.node, Scalar) and fault.node.plain
        return "numbers are written in digits" if plain else "write the number without quotes"
    if "string" in types and isinstance(fault.value, bool | int | float):
        return "put it in quotes"
    if types == ["array"]:
        return "write a list, in [ ] or with a '-' before each item"
    example = sample(fault.schema)
    forms = {each.get("x-form") for each in fault.schema.get("properties", {}).values()}
    written = f"write {example}" if example else None
    return f"{written}; {FORMS['duration'].hint}" if written and forms == {"duration"} else written


def _enum(fault: Fault) -> _Said:
    known = [str(choice) for choice in fault.wanted]
    near = nearest(str(fault.value), known) if not fault.secret else None
    none_of = f"none of {', '.join(known)}" if len(known) > 1 else f"not '{known[0]}'"
    message = f"{fault.shown} is {none_of}"
    return _Said("unknown-value", message, f"did you mean '{near}'?" if near else None)


def _pattern(fault: Fault) -> _Said:
    form = FORMS[fault.schema["x-form"]]
    return _Said(form.code, f"{fault.shown} is not {form.expected}", form.hint)


def _range(fault: Fault) -> _Said:
    shown = fault.shown.strip("'")
    bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}[fault.rule]
    return _Said("out-of-range", f"{shown} is out of range: {bound} {fault.wanted}")


def _rule(fault: Fault) -> _Said:
    keys = [f"'{key}'" for key in fault.schema["x-rule"]]
    if fault.schema.get("not"):
        return _Said("conflicting-keys", f"{' and '.join(keys)} exclude each other", "keep one of them")
    return _Said("missing-key", f"one of the keys {either(keys)} is missing")


SAYINGS: dict[str, Callable[[Fault], _Said]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _range,
    "maximum": _range,
    "exclusiveMinimum": _range,
    "x-rule": _rule,
}
