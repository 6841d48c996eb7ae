"""One template on its own: endpoint positions, conditions of targets, claims, credential files."""

from __future__ import annotations

import ast
import json
from typing import Any

from engine.diagnostics import Problems
from engine.mapping.block import Block
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.runtime import truth
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot
from engine.mapping.unit import Unit
from engine.tree import Mapping, Node, Sequence


class Template:
    """A compiled template: `template(scope)` is its value, None when it yields nothing.

    `text` is the source for people, without secrets. Calling raises `MappingFailed` and `RequestRefused`.
    """

    __slots__ = ("_program", "text")

    def __init__(self, program: Program, text: str) -> None:
        self._program = program
        self.text = text

    def __call__(self, scope: Any) -> Any:
        return self._program(scope)

    def holds(self, scope: Any) -> bool:
        """The value as a condition (JMESPath truth)."""
        return truth(self._program(scope))

    @classmethod
    def compile(cls, node: Node, position: str, problems: Problems, path: str = "") -> Template:
        """Compile `node` for a position of `names.VIEWS`; mistakes go to `problems`."""
        unit = Unit(problems)
        spot = Spot(node, path)

        def body(block: Block) -> list[ast.stmt]:
            return block.write(spot, Back())

        program = unit.program(VIEWS[position], path, body)
        unit.build(spot)
        return cls(program, source_text(node))


def source_text(node: Node) -> str:
    """A template on one line, in YAML's flow style; text that came from the environment is not shown."""
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{entry.key}: {source_text(entry.value)}" for entry in node) + "}"
    if isinstance(node, Sequence):
        return "[" + ", ".join(map(source_text, node.items)) + "]"
    if node.origin:
        return "(secret)"
    return node.value if isinstance(node.value, str) else json.dumps(node.value)
