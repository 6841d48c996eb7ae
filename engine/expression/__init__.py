"""The expression language: JMESPath with extra functions, compiled to Python code.

In: the text of an expression. Out: `ast.expr` for a generated module, or a callable for tests.
May import `registry`, `globs`, `diagnostics` and the `jmespath` package (its lexer and parser).
Values are JSON: dict, list, str, int, float, bool, None (subclasses are fine; other mappings read as null).
"""
