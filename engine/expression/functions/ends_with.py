"""ends_with: does a text end with another?"""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "ends_with(text: string, suffix: string) -> boolean",
    "Whether a text ends with another.",
    str.endswith,
    (
        Example("ends_with('foobar', 'bar')", True),
        Example("ends_with('foobar', 'x')", False),
        Example("ends_with(`null`, 'x')", None),
        Example("ends_with('x', `null`)", None),
    ),
)
