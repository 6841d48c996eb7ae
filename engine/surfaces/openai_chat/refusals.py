"""How a bad request is told: the messages, codes and parameter paths that clients of this protocol know.

What is wrong is raised where it is found, without its path; each container on the way out adds its step. So
a good request, which most are, pays nothing for paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from engine.errors import RequestRefused

# What JSON values are called in messages.
KINDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal number"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


class Wrong(Exception):
    """A value is wrong. `tell(param)` is the message, `path` leads from the value that is checked to it."""

    def __init__(self, code: str, tell: Callable[[str], str], path: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.tell = tell
        self.path = path

    def inside(self, step: str) -> None:
        """The value checked is itself at `step` (`.name` or `[index]`) of what is checked now."""
        self.path = step + self.path

    def refuse(self, name: str) -> NoReturn:
        """Raise `RequestRefused`: 400, `invalid_request_error`, for the field `name` of a body."""
        param = name + self.path
        raise RequestRefused(self.tell(param), param=param, code=self.code) from self


def kind_of(value: Any) -> str:
    return next((name for kind, name in KINDS if isinstance(value, kind)), "null")


def missing() -> NoReturn:
    raise Wrong("missing_required_parameter", lambda param: f"Missing required parameter: '{param}'.")


def wrong_type(value: Any, expected: str) -> NoReturn:
    got = kind_of(value)
    raise Wrong(
        "invalid_type",
        lambda param: f"Invalid type for '{param}': expected {expected}, but got {got} instead.",
    )


def wrong_value(expected: str) -> NoReturn:
    raise Wrong("invalid_value", lambda param: f"Invalid '{param}': expected {expected}.")


def unknown_value(value: str, known: Iterable[str]) -> NoReturn:
    names = [f"'{name}'" for name in known]
    listed = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    raise Wrong("invalid_value", lambda param: f"Invalid value: '{value}'. Supported values are: {listed}.")


def out_of_range(value: float, low: float | None, high: float | None) -> NoReturn:
    kind = "integer" if isinstance(value, int) else "decimal"
    below = low is not None and value < low
    side, limit, sign, bound = ("below", "minimum", ">=", low) if below else ("above", "maximum", "<=", high)
    raise Wrong(
        f"{kind}_{side}_{limit[:3]}_value",
        lambda param: (
            f"Invalid '{param}': {kind} {side} {limit} value. "
            f"Expected a value {sign} {bound:g}, but got {value:g} instead."
        ),
    )


def empty(kind: str) -> NoReturn:
    """`kind`: array | string."""
    raise Wrong(
        f"empty_{kind}",
        lambda param: (
            f"Invalid '{param}': empty {kind}. Expected {kind} with minimum length 1, but got an empty one."
        ),
    )
