"""b64decode: base64 to text."""

from __future__ import annotations

import base64

from engine.expression.function import Example, Function

_URL_SAFE = str.maketrans("-_", "+/")


def _b64decode(text: str) -> str | None:
    plain = text.translate(_URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except ValueError:  # not base64, or not UTF-8
        return None


SPEC = Function(
    "b64decode(text: string) -> string",
    "The text that base64 stands for (the URL-safe alphabet too, padding or not); null when it is none.",
    _b64decode,
    (
        Example("b64decode('aGVsbG8=')", "hello"),
        Example("b64decode('w6TDvw')", "äÿ"),
        Example("b64decode('!')", None),
        Example("b64decode('/w==')", None),
        Example("b64decode(`null`)", None),
    ),
)
