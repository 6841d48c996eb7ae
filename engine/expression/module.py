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
        """Compile everything defined; the functions by name. Raises SyntaxError for too many nested loops."""
        self._filename = f"<{filename}>"
        if any(nested_loops(function) > MAX_LOOPS for function in self._functions):
            raise SyntaxError(f"loops nest deeper than {MAX_LOOPS}")
        tree = ast.fix_missing_locations(ast.Module(list(self._functions), []))
        namespace = dict(self._globals)
        exec(compile(tree, self._filename, "exec"), namespace)
        return {function.name: namespace[function.name] for function in self._functions}

    def where(self, error: BaseException) -> Position | None:
        """The place of the innermost generated code that `error` passed through."""
        found: Position | None = None
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._filename:
                found = self.positions[trace.tb_lineno - 1] or found
            trace = trace.tb_next
        return found


def nested_loops(tree: ast.AST) -> int:
    """How deep loops and comprehensions nest."""
    deepest = 0
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        depth += 1 if isinstance(node, ast.For) else len(getattr(node, "generators", ()))
        deepest = max(deepest, depth)
        left.extend((child, depth) for child in ast.iter_child_nodes(node))
    return deepest
