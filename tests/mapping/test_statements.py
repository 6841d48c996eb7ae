from __future__ import annotations

import ast

from engine.expression.code import name
from engine.mapping import statements


def text(*made: ast.stmt) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(list(made), [])))


def test_statements() -> None:
    one = statements.constant(1)
    assert text(statements.assign("a", one)) == "a = 1"
    assert text(statements.assign_item("a", statements.constant("k"), one)) == "a['k'] = 1"
    assert text(statements.give(one), statements.run(name("f"))) == "return 1\nf"
    assert text(statements.when(statements.present(name("a")), [], [statements.run(one)])) == (
        "if a is not None:\n    pass\nelse:\n    1"
    )
    assert text(statements.for_each(ast.Name("x", ast.Store()), name("l"), [])) == "for x in l:\n    pass"
    assert text(statements.function("f", ["a", "b"], [])) == "def f(a, b):\n    pass"
    kept = statements.has_type(statements.keep("t", name("a")), "str")
    assert text(statements.run(kept)) == "(t := a).__class__ is str"
