"""One generated Python module: constants, helpers, functions, and the way back to YAML positions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any, TypeVar

from engine.diagnostics import Position

Placed = TypeVar("Placed", bound=ast.AST)


# CPython has room for 20 blocks in one another; some of its versions crash instead of saying so.
MAX_LOOPS = 16
LOOPS = (ast.For, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Module:
    """Collects generated functions; `build` compiles them together.

    A node's line number is an index into `positions`, so a traceback leads back to the YAML text
    without any cost at run time. Line 1 stands for code without a place.
    """

    def __init__(self) -> None:
        self.positions: list[Position | None] = [None]
        self._lines: dict[Position, int] = {}
        self._globals: dict[str, Any] = {}
        self._interned: dict[int, str] = {}
        self._functions: list[ast.FunctionDef] = []
        self._names = 0
        self._filename = ""

    def fresh(self, prefix: str = "t") -> str:
        """A local name that nothing else in this module has."""
        self._names += 1
        return f"{prefix}{self._names}"

    def constant(self, value: Any) -> ast.expr:
        """Code for a value that is known at load; a list or dict is one shared global: never change it."""
        if value is None or isinstance(value, str | int | float | bool):
            return ast.Constant(value)
        return self._global(value, "c")

    def use(self, function: Callable[..., Any]) -> ast.expr:
        """Code for a run-time helper, as a global."""
        return self._global(function, getattr(function, "__name__", "f").strip("_<>") + "_")

    def _global(self, value: Any, prefix: str) -> ast.expr:
        name = self._interned.get(id(value))
        if name is None:
            name = self._interned[id(value)] = self.fresh(prefix)
            self._globals[name] = value
        return ast.Name(name, ast.Load())

    def place(self, node: Placed, at: Position) -> Placed:
        """Stamp `node`, and whatever below it has no place yet, with a position."""
        line = self._lines.get(at)
        if line is None:
            self.positions.append(at)
            line = self._lines[at] = len(self.positions)
        node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
        node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
        return node

    def define(self, function: ast.FunctionDef) -> None:
        self._functions.append(function)

    def source(self) -> str:
        """The generated code as text, for people."""
        return ast.unparse(ast.fix_missing_locations(copy.deepcopy(ast.Module(list(self._functions), []))))

    def build(self, filename: str) -> dict[str, Callable[..., Any]]:
        """Compile everything defined; the functions by name. Raises SyntaxError for too many nested loops.

        What they were made of is let go: it takes many times their own room.
        """
        self._filename = f"<{filename}>"
        functions, namespace = self._functions, self._globals
        self._functions, self._interned, self._lines = [], {}, {}
        if any(settle(function) > MAX_LOOPS for function in functions):
            raise SyntaxError(f"loops nest deeper than {MAX_LOOPS}")
        for function in functions:  # one at a time, since no other thread runs while one is compiled
            exec(compile(ast.Module([function], []), self._filename, "exec"), namespace)
        return {function.name: namespace[function.name] for function in functions}

    def release(self) -> None:
        """The functions will not be called any more: they let go of each other."""
        self._globals.clear()

    def where(self, error: BaseException) -> Position | None:
        """The place of the innermost generated code that `error` passed through."""
        found: Position | None = None
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._filename:
                found = self.positions[trace.tb_lineno - 1] or found
            trace = trace.tb_next
        return found


def loops_of(node: ast.AST) -> int:
    """How many loops a node is by itself."""
    if isinstance(node, LOOPS):
        return 1 if isinstance(node, ast.For) else len(node.generators)
    return 0


def settle(tree: ast.AST) -> int:
    """Give each node that has no place the one of the node above it; how deep loops and comprehensions nest.

    `ast.fix_missing_locations` and a walk of its own would take three times as long, most of a compilation.
    """
    deepest = 0
    left = [(tree, 1, 0)]
    while left:
        node, line, depth = left.pop()
        own = node.__dict__
        below = list(own.values())
        if "lineno" in own:
            line = own["lineno"]
        elif node._attributes:
            own["lineno"] = own["end_lineno"] = line
            own["col_offset"] = own["end_col_offset"] = 0
        if isinstance(node, LOOPS):
            depth += loops_of(node)
            deepest = max(deepest, depth)
        for value in below:
            if isinstance(value, list):
                left += [(child, line, depth) for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:  # an operator, say, has no place
                left.append((value, line, depth))
    return deepest
