from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from engine.diagnostics import Position
from engine.expression.module import MAX_LOOPS, Module


def define(module: Module, title: str, value: ast.expr) -> None:
    arguments = ast.arguments([], [ast.arg("x")], None, [], [], None, [])
    module.define(ast.FunctionDef(title, arguments, [ast.Return(value)], []))


def call(function: Callable[..., Any], *arguments: ast.expr) -> Callable[[Module], ast.expr]:
    return lambda module: ast.Call(module.use(function), list(arguments), [])


def fail(value: Any) -> None:
    raise LookupError(value)


def test_built_functions_use_constants_and_helpers() -> None:
    module = Module()
    table = {"a": 1}
    define(module, "look", ast.Subscript(module.constant(table), ast.Constant("a"), ast.Load()))
    define(module, "size", call(len, ast.Name("x", ast.Load()))(module))
    built = module.build("m")
    assert built["look"](None) == 1
    assert built["size"]("abc") == 3


def test_one_object_is_one_global_and_scalars_are_written_out() -> None:
    module = Module()
    shared: list[int] = []
    assert ast.unparse(module.constant(shared)) == ast.unparse(module.constant(shared))
    assert ast.unparse(module.constant([])) != ast.unparse(module.constant(shared))
    assert ast.unparse(module.constant("a")) == "'a'"


def test_fresh_names_are_never_given_twice() -> None:
    module = Module()
    names = [
        module.fresh(),
        module.fresh("x"),
        ast.unparse(module.use(len)),
        ast.unparse(module.constant([])),
    ]
    assert len(set(names)) == 4


def test_a_traceback_leads_back_to_the_innermost_place() -> None:
    module = Module()
    inner, outer = Position("a.yaml", 9, 4), Position("a.yaml", 2, 1)
    define(module, "inner", module.place(call(fail, ast.Constant(1))(module), inner))
    failing = ast.Call(ast.Name("inner", ast.Load()), [ast.Constant(1)], [])
    define(module, "outer", module.place(failing, outer))
    define(module, "nowhere", call(fail, ast.Constant(1))(module))
    built = module.build("a.yaml")
    for title, place in (("inner", inner), ("outer", inner), ("nowhere", None)):
        with pytest.raises(LookupError) as caught:
            built[title](0)
        assert module.where(caught.value) == place
    assert module.where(ValueError()) is None


def test_a_place_holds_for_what_lies_below_it() -> None:
    module = Module()
    at = Position("a.yaml", 3, 3)
    define(module, "list", module.place(ast.List([call(fail, ast.Constant(1))(module)], ast.Load()), at))
    with pytest.raises(LookupError) as caught:
        module.build("a.yaml")["list"](0)
    assert module.where(caught.value) == at


def test_equal_places_share_a_line() -> None:
    module = Module()
    for _ in range(3):
        module.place(ast.Constant(1), Position("a.yaml", 3, 3))
    assert len(module.positions) == 2


def test_the_source_can_be_read() -> None:
    module = Module()
    define(module, "one", ast.Constant(1))
    assert module.source() == "def one(x):\n    return 1"


def test_loops_nest_only_so_deep() -> None:
    def nested(depth: int) -> ast.expr:
        inner = nested(depth - 1) if depth > 1 else ast.Name("x", ast.Load())
        loop = ast.comprehension(ast.Name("x", ast.Store()), ast.Name("x", ast.Load()), [], 0)
        return ast.ListComp(inner, [loop])

    module = Module()
    define(module, "fine", nested(MAX_LOOPS))
    assert module.build("m")["fine"]([]) == []
    module = Module()
    define(module, "deep", nested(MAX_LOOPS + 1))
    with pytest.raises(SyntaxError):
        module.build("m")
