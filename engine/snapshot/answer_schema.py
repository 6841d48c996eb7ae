"""What an endpoint's answer looks like, as far as its template tells: a JSON Schema, for documentation.

An expression may come to anything, or to nothing, and then its key is not there. `{}` is a schema, too: of
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.tree import Entry, Node, Scalar, to_data
from engine.tree import Mapping as Tree

Schema = dict[str, Any]

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
RESULT, COMPLETION = "=result.", "=completion"


def schema_of(node: Node, about: Mapping[str, str]) -> Schema:
    """`about` tells what the fields of the action's result are."""
    if isinstance(node, Scalar):
        return _scalar(node, about)
    if isinstance(node, Tree):
        return _tree(node, about)
    return {"type": "array", "items": _one_of([schema_of(item, about) for item in node.items])}


def _scalar(node: Scalar, about: Mapping[str, str]) -> Schema:
    value = node.value
    if isinstance(value, str) and value.startswith("="):
        if value == COMPLETION:
            return {"type": "object", "description": "A chat completion."}
        told = about.get(value.removeprefix(RESULT)) if value.startswith(RESULT) else None
        return {"description": told} if told else {}
    kind = {"type": TYPES[type(value)]}
    # What was filled in may be a secret, and other interpolations differ from answer to answer.
    known = not node.origin and not (isinstance(value, str) and "${" in value)
    return {**kind, "const": value} if known else kind


def _tree(node: Tree, about: Mapping[str, str]) -> Schema:
    """A node with a directive is what that makes; any other is an object."""
    for key, make in DIRECTIVES.items():
        if key in node.entries:
            return make(node, about)
    plain = [entry for entry in node if not entry.key.startswith("$") or entry.key.startswith("$$")]
    if any(entry.key.startswith("$") for entry in node if entry not in plain and entry.key != "$when"):
        return {}
    return _object(plain, about)


def _object(entries: Sequence[Entry], about: Mapping[str, str]) -> Schema:
    properties = {_name(entry): schema_of(entry.value, about) for entry in entries}
    made: Schema = {"type": "object", "properties": properties}
    sure = [_name(entry) for entry in entries if _is_there(entry.value)]
    return {**made, "required": sure} if sure else made


def _name(entry: Entry) -> str:
    return entry.key.removeprefix("$") if entry.key.startswith("$$") else entry.key


def _is_there(node: Node) -> bool:
    """Whether it comes to something in any case."""
    if isinstance(node, Scalar):
        return not (isinstance(node.value, str) and node.value.startswith("="))
    if isinstance(node, Tree):
        return "$nullable" in node.entries or not any(key.startswith("$") for key in node.entries)
    return True


def _one_of(schemas: Sequence[Schema]) -> Schema:
    """Whichever of them; anything, if one is anything."""
    different: list[Schema] = []
    for each in schemas:
        if each not in different:
            different.append(each)
    if not different or {} in different:
        return {}
    return different[0] if len(different) == 1 else {"anyOf": different}


# --- directives ----------------------------------------------------------------------------------------


def _inside(key: str) -> Callable[[Tree, Mapping[str, str]], Schema]:
    def make(node: Tree, about: Mapping[str, str]) -> Schema:
        inner = node.get(key)
        return {} if inner is None else schema_of(inner, about)

    return make


def _nullable(node: Tree, about: Mapping[str, str]) -> Schema:
    inner = schema_of(node.entries["$nullable"].value, about)
    return _one_of([inner, {"type": "null"}]) if "type" in inner else inner


def _switch(node: Tree, about: Mapping[str, str]) -> Schema:
    arms = node.entries["$switch"].value
    if isinstance(arms, Scalar | Tree):
        return {}
    ends = [arm.get("then") or arm.get("else") for arm in arms.items if isinstance(arm, Tree)]
    return _one_of([schema_of(end, about) for end in ends if end is not None])


def _each(node: Tree, about: Mapping[str, str]) -> Schema:
    inner = node.get("$do")
    one = {} if inner is None else schema_of(inner, about)
    if "$then" in node.entries:
        return {}
    return {"type": "object", "additionalProperties": one} if "$key" in node.entries else _list(one)


def _list(one: Schema) -> Schema:
    return {"type": "array", "items": one}


def _spread(node: Tree, about: Mapping[str, str]) -> Schema:
    return _object([entry for entry in node if not entry.key.startswith("$")], about)


def _literal(node: Tree, _: Mapping[str, str]) -> Schema:
    return {"const": to_data(node.entries["$literal"].value)}


DIRECTIVES: dict[str, Callable[[Tree, Mapping[str, str]], Schema]] = {
    "$value": _inside("$value"),
    "$in": _inside("$in"),
    "$compact": _inside("$compact"),
    "$nullable": _nullable,
    "$switch": _switch,
    "$each": _each,
    "$spread": _spread,
    "$literal": _literal,
}
