"""What a function of the language is: its signature, examples, Python code, and how it refuses bad values."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.expression.parse import Term
from engine.registry import Example as Example


class ExpressionTypeError(Exception):
    """A function met a value that it cannot work on; the message names both and never shows the value."""


class CallSite(Protocol):
    """A call as a function's own `emit` sees it."""

    def value(self, argument: Term) -> ast.expr:
        """Code for the value of an argument."""
        ...

    def condition(self, argument: Term) -> ast.expr:
        """Code whose Python truth is the JMESPath truth of an argument."""
        ...

    def bind(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Code that computes `value` and keeps it in a local, and code that reads the local."""
        ...

    def use(self, function: Callable[..., Any]) -> ast.expr:
        """A run-time helper as a global."""
        ...


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. Types are JMESPath's: string number boolean array object null any expref."""

    name: str
    types: tuple[str, ...]
    optional: bool = False
    variadic: bool = False

    @property
    def nullable(self) -> bool:
        """Whether a null may be passed on (or, for a reference, does not come up)."""
        return not {"any", "null", "expref"}.isdisjoint(self.types)


@dataclass(frozen=True)
class Function:
    """One function, declared by its signature: `split(text: string, separator: string) -> array`.

    A parameter may be optional (`x?: number`), accept several types (`array | string`), or take the rest
    (`...rest: any`); `expref` is an expression reference, and arrives as the list of its values for each
    element of the array parameter. A null for a parameter without `null` or `any` makes the result null.
    `call` gets checked values; with `scope`, the request's scope comes first. `emit` writes code of its own
    (lazy functions), or returns None to be called as usual. `check` refuses literal arguments at load:
    it gets them by index and returns what is wrong.
    """

    signature: str
    summary: str
    call: Callable[..., Any]
    examples: tuple[Example, ...]
    emit: Callable[[CallSite, tuple[Term, ...]], ast.expr | None] | None = None
    check: Callable[[dict[int, Any]], str | None] | None = None
    scope: bool = False
    name: str = field(init=False)
    params: tuple[Param, ...] = field(init=False)
    returns: str = field(init=False)

    def __post_init__(self) -> None:
        name, params, returns = _read_signature(self.signature)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "params", params)
        object.__setattr__(self, "returns", returns)

    @property
    def variadic(self) -> bool:
        return bool(self.params) and self.params[-1].variadic

    @property
    def least(self) -> int:
        """The fewest arguments; a variadic parameter takes at least one unless it is optional."""
        return sum(not param.optional for param in self.params)

    @property
    def most(self) -> int | None:
        return None if self.variadic else len(self.params)

    def param(self, index: int) -> Param:
        return self.params[min(index, len(self.params) - 1)]

    def arity(self) -> str:
        """For messages: `2 arguments`, `1 or 2 arguments`, `at least 1 argument`."""
        if self.most is None:
            return f"at least {self.least} argument{'s' * (self.least != 1)}"
        if self.most == self.least:
            return f"{self.most} argument{'s' * (self.most != 1)}" if self.most else "no arguments"
        return f"{self.least} or {self.most} arguments"


_SIGNATURE = re.compile(r"(\w+)\((.*)\) -> ([\w |]+)")
_PARAM = re.compile(r"(\.\.\.)?(\w+)(\?)?: ([\w |]+)")


def _read_signature(text: str) -> tuple[str, tuple[Param, ...], str]:
    whole = _SIGNATURE.fullmatch(text)
    if whole is None:
        raise ValueError(f"not a signature: {text!r}")
    name, inner, returns = whole.groups()
    params = tuple(_read_param(part) for part in inner.split(", ") if part)
    return name, params, returns


def _read_param(text: str) -> Param:
    found = _PARAM.fullmatch(text)
    if found is None:
        raise ValueError(f"not a parameter: {text!r}")
    rest, name, optional, types = found.groups()
    return Param(name, tuple(types.split(" | ")), bool(optional), bool(rest))


# What JSON gives, by its exact type; anything else is told by what it is an instance of.
_TYPES: dict[type, str] = {
    type(None): "null", bool: "boolean", str: "string", int: "number", float: "number", list: "array",
    dict: "object",
}  # fmt: skip


def type_name(value: Any) -> str:
    """The JMESPath type of a value."""
    known = _TYPES.get(type(value))
    return known if known is not None else _type_name_of_another(value)


def _type_name_of_another(value: Any) -> str:
    return next((name for kind, name in _TYPES.items() if isinstance(value, kind)), type(value).__name__)


def accepts(param: Param, value: Any) -> bool:
    return not {"any", "expref", type_name(value)}.isdisjoint(param.types)


def argument_place(index: int, param: Param) -> str:
    return f"as argument {index + 1} ({param.name})"


def mismatch(function: Function, index: int, value: Any) -> str:
    """What is wrong with a value as an argument: names types only, never the value."""
    param = function.param(index)
    wanted = " or ".join(param.types)
    return f"{function.name}() takes {wanted} {argument_place(index, param)}, got {type_name(value)}"


def refuse(function: Function, *arguments: Any) -> None:
    """Called in place of `function` when an argument does not fit: null gives null, all else is an error."""
    for index, value in enumerate(arguments):
        if value is None and not function.param(index).nullable:
            return
    for index, value in enumerate(arguments):
        param = function.param(index)
        if not accepts(param, value):
            raise ExpressionTypeError(mismatch(function, index, value))


def finite(function: str, compute: Callable[..., Any], *arguments: Any) -> Any:
    """The result of an arithmetic function, which must be a number that JSON can write."""
    try:
        result = compute(*arguments)
    except OverflowError:
        result = math.inf
    if isinstance(result, float) and not math.isfinite(result):
        raise ExpressionTypeError(f"{function}(): the result is out of range")
    return result


def encoded(text: str) -> bytes:
    """The UTF-8 of a text; a lone surrogate, which JSON can smuggle in, is kept."""
    return text.encode("utf-8", "surrogatepass")


def elements(function: str, values: list[Any], *types: str) -> None:
    """Require that all elements of an array have one and the same of `types`."""
    kinds = {type_name(value) for value in values}
    if len(kinds) > 1 or not kinds <= set(types):
        wrong = next((kind for kind in sorted(kinds) if kind not in types), "a mixture")
        raise ExpressionTypeError(
            f"{function}() takes an array of {' or of '.join(types)}, got {wrong} in it"
        )
