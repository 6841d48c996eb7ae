"""glob: does a text match a glob?"""

from __future__ import annotations

from engine.expression.function import Example, Function
from engine.globs import matches

SPEC = Function(
    "glob(pattern: string, text: string) -> boolean",
    "Whether `*` (any text) and `?` (one character) match the whole text; case counts.",
    matches,
    (
        Example("glob('large-*-4-5*', 'large-x-4-5-2025')", True),
        Example("glob('m?', 'm')", False),
        Example("glob('name[1m]', 'name[1m]')", True),
        Example("glob(`null`, 'a')", None),
        Example("glob('*', `null`)", None),
    ),
)
