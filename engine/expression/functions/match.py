"""match: does a text match a regular expression?"""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, ExpressionTypeError, Function
from engine.expression.regex import PatternError, compile_pattern


def _match(text: str, pattern: str) -> bool:
    try:
        return compile_pattern(pattern).search(text)
    except PatternError as error:
        raise ExpressionTypeError(f"match(): {error}") from None


def _check(literals: dict[int, Any]) -> str | None:
    try:
        compile_pattern(literals.get(1) or "")
    except PatternError as error:
        return str(error)
    return None


SPEC = Function(
    "match(text: string, pattern: string) -> boolean",
    "Whether a regular expression matches somewhere in a text (tie it with ^ and $); in linear time, "
    "so back-references and look-around are not supported.",
    _match,
    (
        Example("match('large-x-4-5', '^large-.*-4')", True),
        Example("match('Rate limit', '(?i)rate.?limit')", True),
        Example("match('abc', '^b')", False),
        Example("match(`null`, 'a')", None),
    ),
    check=_check,
)
