"""get: look up a key, or a place in a list, that is computed."""

from __future__ import annotations

import ast
from typing import Any

from engine.expression.code import call, conditional, is_instance, is_not_constant, method, null
from engine.expression.function import CallSite, Example, Function, refuse
from engine.expression.json_text import dumps
from engine.expression.parse import Term


def _get(where: dict[str, Any] | list[Any], key: Any) -> Any:
    if isinstance(where, dict):
        return where.get(key if isinstance(key, str) else dumps(key))
    if isinstance(key, bool) or not isinstance(key, int):
        return None
    return where[key] if -len(where) <= key < len(where) else None


def _emit(site: CallSite, arguments: tuple[Term, ...]) -> ast.expr:
    """The common case, a text in an object, is a plain look-up."""
    where, local_where = site.bind(site.value(arguments[0]))
    common, key = is_instance(where, "dict"), site.value(arguments[1])
    if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        bound, key = site.bind(key)
        common = ast.BinOp(common, ast.BitAnd(), is_instance(bound, "str"))
    rare = conditional(is_not_constant(key, None), call(site.use(_rare), local_where, key), null())
    return conditional(common, method(local_where, "get", key), rare)


def _rare(where: Any, key: Any) -> Any:
    if where is None:
        return None
    if isinstance(where, list) or (isinstance(where, dict) and isinstance(key, int | float)):
        return _get(where, key)
    return refuse(SPEC, where, key)


SPEC = Function(
    "get(object: object | array, key: string | number | boolean) -> any",
    "The value of a key, or the element at a place, that is itself computed; null when there is none. "
    "In an object, a number is looked up as its text.",
    _get,
    (
        Example("get(table, reason)", "stop", {"table": {"end_turn": "stop"}, "reason": "end_turn"}),
        Example("get(table, `4015`)", "invalid", {"table": {"4015": "invalid"}}),
        Example("get(`{\"a\": 1}`, 'b')", None),
        Example('get(`{"a": 1}`, `null`)', None),
        Example("get(`null`, 'a')", None),
        Example("get(`[1, 2]`, i)", 2, {"i": 1}),
        Example("get(`[1, 2]`, `2`)", None),
        Example("get(`[1, 2]`, 'a')", None),
    ),
    emit=_emit,
)
