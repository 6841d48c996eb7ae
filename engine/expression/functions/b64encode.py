"""b64encode: text to base64."""

from __future__ import annotations

import base64

from engine.expression.function import Example, Function, encoded


def _b64encode(text: str) -> str:
    return base64.b64encode(encoded(text)).decode()


SPEC = Function(
    "b64encode(text: string) -> string",
    "The UTF-8 bytes of a text in base64.",
    _b64encode,
    (Example("b64encode('user:pässword')", "dXNlcjpww6Rzc3dvcmQ="), Example("b64encode(`null`)", None)),
)
