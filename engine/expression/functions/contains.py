"""contains: is it in there?"""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function
from engine.expression.runtime import equals


def _contains(subject: Any, search: Any) -> bool:
    if isinstance(subject, str):
        return isinstance(search, str) and search in subject
    return search in subject and any(equals(element, search) for element in subject)


SPEC = Function(
    "contains(subject: array | string, search: any) -> boolean",
    "Whether an array has an element, or a string a part.",
    _contains,
    (
        Example("contains('foobar', 'bar')", True),
        Example("contains(`[1, null]`, `null`)", True),
        Example("contains(`[1]`, `true`)", False),
        Example("contains(`null`, 'a')", None),
    ),
)
