"""Builders of Python statements, beside those of expressions in `expression.code`."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from engine.expression.code import class_of, compare, is_not_constant, name


def constant(value: str | int | float | bool | None) -> ast.expr:
    return ast.Constant(value)


def assign(target: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(target, ast.Store())], value)


def assign_item(target: str, key: ast.expr, value: ast.expr) -> ast.stmt:
    """`target[key] = value`"""
    return ast.Assign([ast.Subscript(name(target), key, ast.Store())], value)


def run(value: ast.expr) -> ast.stmt:
    return ast.Expr(value)


def give(value: ast.expr) -> ast.stmt:
    return ast.Return(value)


def when(test: ast.expr, then: Iterable[ast.stmt], otherwise: Iterable[ast.stmt] = ()) -> ast.stmt:
    return ast.If(test, list(then) or [ast.Pass()], list(otherwise))


def for_each(target: ast.expr, values: ast.expr, body: Iterable[ast.stmt]) -> ast.stmt:
    return ast.For(target, values, list(body) or [ast.Pass()], [], None)


def keep(target: str, value: ast.expr) -> ast.expr:
    """`(target := value)`"""
    return ast.NamedExpr(ast.Name(target, ast.Store()), value)


def present(value: ast.expr) -> ast.expr:
    """`value is not None`"""
    return is_not_constant(value, None)


def has_type(value: ast.expr, builtin: str) -> ast.expr:
    """`value.__class__ is builtin`"""
    return compare(class_of(value), ast.Is(), name(builtin))


def function(title: str, parameters: Iterable[str], body: list[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments([], [ast.arg(parameter) for parameter in parameters], None, [], [], None, [])
    return ast.FunctionDef(title, arguments, body or [ast.Pass()], [])
