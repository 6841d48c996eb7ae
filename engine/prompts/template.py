"""Jinja2, so bounded that a template can neither reach anything, nor run for long, nor write without end.

A value is put in as it is and never read as a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes, pass_context
from jinja2.exceptions import TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_TEXT = 1_000_000
MOST_ROUNDS = 20_000

# What a template may call, beside filters: methods of values, and `range`.
METHODS = frozenset(
    {"items", "keys", "values", "get", "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize",
     "split", "splitlines", "startswith", "endswith", "cycle"}
)  # fmt: skip
FUNCTIONS = frozenset({"range"})
FILTERS = frozenset(
    {"abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items",
     "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
     "reverse", "round", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim",
     "truncate", "unique", "upper", "wordcount"}
)  # fmt: skip
REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
}
ROUNDS = "rounds left"
MISFITS = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)


class BadTemplate(ValueError):
    """A template that cannot be used; `line` counts from 1, within its text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class RenderFailed(Exception):
    """A template could not be filled in; `variable` is the one that was missing, if that was why."""

    def __init__(self, message: str, variable: str | None = None) -> None:
        super().__init__(message)
        self.variable = variable


class Missing(StrictUndefined):
    """Raises `UndefinedError`, which knows the name."""

    __slots__ = ()


@pass_context
def bounded(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    """The rounds of a loop, counted over the whole template."""
    left = context[ROUNDS]
    for item in items:
        left[0] -= 1
        if left[0] < 0:
            raise RenderFailed(f"the loops of the prompt go on for more than {MOST_ROUNDS} rounds")
        yield item


class Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Numbers alone, and not by powers: a text times a million, or padded to it, is how memory goes."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or not numbers:
            told = "is not available" if operator == "**" else "is for numbers"
            raise RenderFailed(f"`{operator}` {told}")
        return left * right if operator == "*" else left % right


def replaced(text: Any, old: str, new: str) -> str:
    """Jinja's own, with a bound: values may be long, and so may be what takes their place."""
    whole = str(text)
    if len(whole) + whole.count(old) * len(new) > MOST_TEXT:
        raise RenderFailed(f"`replace` makes more than {MOST_TEXT} characters")
    return whole.replace(old, new)


def joined(items: Iterable[Any], between: str = "") -> str:
    texts = [str(item) for item in items]
    if len(texts) * len(between) > MOST_TEXT:
        raise RenderFailed(f"`join` makes more than {MOST_TEXT} characters")
    return between.join(texts)


def _environment() -> Environment:
    environment = Environment(undefined=Missing, autoescape=False, keep_trailing_newline=True)
    environment.globals = {"range": environment.globals["range"]}
    environment.filters = {name: known for name, known in environment.filters.items() if name in FILTERS}
    environment.filters |= {"bounded": bounded, "replace": replaced, "join": joined}
    return environment


ENVIRONMENT = _environment()


class TextTemplate:
    """One compiled text. `variables`: the names that must be given. Raises `BadTemplate`."""

    def __init__(self, text: str) -> None:
        try:
            tree = ENVIRONMENT.parse(text)
            _check(tree)
            self.variables = frozenset(meta.find_undeclared_variables(tree))
            self.optional = _with_defaults(tree)
            for loop in tree.find_all(nodes.For):
                loop.iter = nodes.Filter(loop.iter, "bounded", [], [], None, None, lineno=loop.lineno)
            code = ENVIRONMENT.compile(tree, name="prompt")
            self._template = ENVIRONMENT.template_class.from_code(ENVIRONMENT, code, ENVIRONMENT.globals)
        except TemplateSyntaxError as mistake:
            raise BadTemplate(mistake.message or "not a template", mistake.lineno) from mistake
        except (RecursionError, MemoryError) as mistake:
            raise BadTemplate("too deep or too long to compile", 1) from mistake

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text with these variables. Raises `RenderFailed`."""
        parts, size = [], 0
        try:
            for part in self._template.generate({**variables, ROUNDS: [MOST_ROUNDS]}):
                parts.append(part)
                size += len(part)
                if size > MOST_TEXT:
                    raise RenderFailed(f"the prompt becomes longer than {MOST_TEXT} characters")
        except UndefinedError as mistake:
            message = mistake.message or "a variable is missing"
            name = message.split("'")[1] if message.startswith("'") else None
            raise RenderFailed(message, name) from mistake
        except MISFITS as mistake:
            raise RenderFailed(f"the values do not fit the prompt ({type(mistake).__name__})") from mistake
        return "".join(parts)


def _check(tree: nodes.Template) -> None:
    """Raises `BadTemplate` for what a prompt has no use for."""
    for kind, word in REFUSED.items():
        for found in tree.find_all(kind):
            raise BadTemplate(f"`{word}` is not available in prompts", found.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise BadTemplate("recursive loops are not available in prompts", loop.lineno)
    for call in tree.find_all(nodes.Call):
        if not _is_harmless(call.node):
            raise BadTemplate("this call is not available in prompts", call.lineno)


def _is_harmless(called: nodes.Expr) -> bool:
    if isinstance(called, nodes.Name):
        return called.name in FUNCTIONS
    return isinstance(called, nodes.Getattr) and called.attr in METHODS


def _with_defaults(tree: nodes.Template) -> frozenset[str]:
    """Names that the template can do without: it asks whether they are there, or has a default for them."""
    guards = [each.node for each in tree.find_all(nodes.Test) if each.name in ("defined", "undefined")]
    guards += [
        each.node for each in tree.find_all(nodes.Filter) if each.name in ("default", "d") and each.node
    ]
    return frozenset(each.name for each in guards if isinstance(each, nodes.Name))
