"""A generated function that is called from outside: its failures know their place in the YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.diagnostics import Position
from engine.errors import MappingFailed
from engine.expression.function import ExpressionTypeError
from engine.expression.module import Module
from engine.mapping.runtime import TemplateError

# What generated code can raise when data is not what a template takes it for.
FAILURES = (
    ExpressionTypeError, TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError,
    RecursionError,
)  # fmt: skip


class Functions(dict[str, Callable[..., Any]]):
    """The generated functions of one unit, by name; whoever holds one of its programs holds them all.

    They call each other through their globals, which hold them in turn. So that a dialect goes when it is
    replaced, and does not wait for the garbage collector, the last program that goes ends this circle.
    """

    def __init__(self, module: Module, functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(functions)
        self._module = module

    def __del__(self) -> None:
        self._module.release()


class Program:
    """Calls a generated function; raises `MappingFailed` for data that it cannot transform.

    It is made while its function is still being written; `unit.build` binds it.
    """

    __slots__ = ("_function", "_functions", "_module", "_path", "title")

    def __init__(self, title: str, module: Module, path: str) -> None:
        self.title = title
        self._module = module
        self._path = path
        self._function: Callable[..., Any] = _unbound
        self._functions: Functions | None = None

    def bind(self, functions: Functions) -> None:
        self._functions = functions
        self._function = functions[self.title]

    def lines(self) -> tuple[str, Sequence[Position | None]]:
        """The name of the generated file, and the place of each of its lines: for coverage."""
        return self._function.__code__.co_filename, self._module.positions

    def __call__(self, scope: Any) -> Any:
        try:
            return self._function(scope)
        except FAILURES as failure:
            where = self._module.where(failure)
            raise MappingFailed(reason(failure), str(where) if where else self._path) from failure


def _unbound(scope: Any) -> Any:
    raise RuntimeError("this program was never built")


def reason(failure: BaseException) -> str:
    """The message of a failure. Python's own may show values, so of those only the kind is told."""
    if isinstance(failure, ExpressionTypeError | TemplateError):
        return str(failure)
    return f"the data does not fit the template ({type(failure).__name__})"
