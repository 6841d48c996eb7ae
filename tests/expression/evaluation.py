"""Evaluates an expression over named values, as a mapping does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from engine.expression.codegen import emit, emit_condition
from engine.expression.module import Module
from engine.expression.parse import ExpressionError, parse
from engine.registry import nearest


class Clockwork:
    """The scope of a test: a fixed time, ids that count."""

    def __init__(self) -> None:
        self.count = 0

    def now(self) -> float:
        return 1700000000.5

    def uid(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"


class World:
    """`codegen.Names` over a dict that the generated function gets; `closed` names have only their fields."""

    def __init__(self, names: Mapping[str, Any], closed: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.names = names
        self.closed = closed or {}

    def load(self, name: str, offset: int) -> ast.expr:
        if name not in self.names:
            near = nearest(name, list(self.names))
            raise ExpressionError("unknown-name", f"unknown name '{name}'", offset, near)
        return ast.Subscript(self.everything(), ast.Constant(name), ast.Load())

    def everything(self) -> ast.expr:
        return ast.Name("names", ast.Load())

    def field(self, name: str, field: str, offset: int) -> ast.expr | None:
        if name not in self.closed:
            return None
        if field not in self.closed[name]:
            raise ExpressionError("unknown-name", f"{name} has no field '{field}'", offset)
        return ast.Attribute(self.load(name, offset), field, ast.Load())

    def scope(self) -> ast.expr | None:
        return ast.Name("scope", ast.Load())


def compiled(text: str, world: World, *, condition: bool = False) -> Callable[[Mapping[str, Any]], Any]:
    """A function of the names; with `condition`, its Python truth is what counts."""
    module = Module()
    code = (emit_condition if condition else emit)(parse(text), world, module)
    arguments = ast.arguments([], [ast.arg("names"), ast.arg("scope")], None, [], [], None, [])
    module.define(ast.FunctionDef("run", arguments, [ast.Return(code)], []))
    run = module.build("test")["run"]
    return lambda names: run(names, Clockwork())


def evaluate(text: str, names: Mapping[str, Any] | None = None) -> Any:
    names = names or {}
    return compiled(text, World(names))(names)
