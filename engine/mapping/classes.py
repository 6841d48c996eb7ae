"""Error classes that can be checked at load: literal ones, and those that a table holds."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagnostics import Problems
from engine.errors import ErrorClass
from engine.expression.parse import ExpressionError, Term, parse
from engine.mapping.interpolation import has_expressions
from engine.mapping.sight import suggestion
from engine.mapping.spot import Spot, text_of
from engine.tree import Mapping

KNOWN = tuple(str(known) for known in ErrorClass)


def check_class(spot: Spot, tables: Spot | None, problems: Problems) -> None:
    """Note the classes that `spot` can yield and that are none of ours."""
    text = text_of(spot.node)
    if text is None or has_expressions(text):
        return
    if not text.startswith("="):
        _check(spot, text, problems)
        return
    try:
        term = parse(text[1:])
    except ExpressionError:  # noted where the expression is compiled
        return
    for option in _options(term):
        if option.kind == "literal":
            if isinstance(option.value, str):
                _check(spot, option.value, problems)
        else:
            _check_table(str(option.children[0].children[1].value), tables, problems)


def _options(term: Term) -> Iterator[Term]:
    """The literals and `get(tables.x, …)` calls that a term may have for its value."""
    if term.kind == "or" or (term.kind == "call" and term.value == "not_null"):
        for child in term.children:
            yield from _options(child)
    elif term.kind == "call" and term.value == "if":
        for child in term.children[1:]:
            yield from _options(child)
    elif term.kind == "literal" or _is_table_lookup(term):
        yield term


def _is_table_lookup(term: Term) -> bool:
    if term.kind != "call" or term.value != "get" or not term.children:
        return False
    path = term.children[0]
    return (
        path.kind == "chain"
        and len(path.children) == 2
        and all(step.kind == "field" for step in path.children)
        and path.children[0].value == "tables"
    )


def _check_table(title: str, tables: Spot | None, problems: Problems) -> None:
    table = tables.get(title) if tables else None
    if table is not None and isinstance(table.node, Mapping):
        for entry in table.node:
            _check(table.of(entry), text_of(entry.value), problems)


def _check(spot: Spot, text: str | None, problems: Problems) -> None:
    if text not in KNOWN:
        message = f"unknown error class {text!r}; classes: {', '.join(KNOWN)}"
        problems.error(spot.at, "unknown-class", message, hint=suggestion(text or "", KNOWN), path=spot.path)
