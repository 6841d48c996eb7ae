"""uid: a new id."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _uid(scope: Any, prefix: str = "") -> Any:
    return scope.uid(prefix)


SPEC = Function(
    "uid(prefix?: string) -> string",
    "A new unique id that begins with the prefix.",
    _uid,
    (Example("uid('call_')", "call_1"), Example("uid()", "1"), Example("uid(`null`)", None)),
    scope=True,
)
