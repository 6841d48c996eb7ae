"""Read spec objects out of YAML, the way the engine does: schema first, then the reader."""

from __future__ import annotations

from typing import Any

from engine.config.keywords import CheckedValidator
from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.spec.base import Binding, Spec
from engine.spec.objects import Object
from engine.spec.schema import runtime_schema
from engine.spec.shapes import UNBOUND
from engine.tree import to_data


def bind(cls: type[Spec], text: str) -> tuple[Any, Binding]:
    problems = Problems()
    node = parse_node("f", text.encode(), problems)
    assert node is not None, problems.items
    binding = Binding(problems)
    return Object(cls).bind(node, (), binding), binding


def accepts(cls: type[Spec], text: str) -> bool:
    """Whether the schema takes it; what it takes, the reader must be able to read."""
    node = parse_node("f", text.encode(), Problems())
    assert node is not None
    good = CheckedValidator(runtime_schema(cls)).is_valid(to_data(node))
    if good:
        bound, _ = bind(cls, text)
        assert bound is not UNBOUND, f"the schema accepts what cannot be read: {text}"
    return bool(good)


def read(cls: type[Spec], text: str) -> Any:
    """The object; what the schema refuses is no object."""
    assert accepts(cls, text)
    return bind(cls, text)[0]
