"""starts_with: does a text begin with another?"""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "starts_with(text: string, prefix: string) -> boolean",
    "Whether a text begins with another.",
    str.startswith,
    (
        Example("starts_with('foobar', 'foo')", True),
        Example("starts_with('foobar', 'x')", False),
        Example("starts_with(`null`, 'x')", None),
        Example("starts_with('x', `null`)", None),
    ),
)
