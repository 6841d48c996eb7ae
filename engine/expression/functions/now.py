"""now: the time."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _now(scope: Any) -> Any:
    return scope.now()


SPEC = Function(
    "now() -> number",
    "Seconds since 1970, the same throughout one attempt.",
    _now,
    (Example("now()", 1700000000.5), Example("floor(now())", 1700000000)),
    scope=True,
)
