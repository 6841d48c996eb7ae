"""How a digest is spelled: in hex or in base64."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from engine.expression.function import ExpressionTypeError

SPELLINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}


def spelled(function: str, digest: bytes, encoding: str) -> str:
    """The digest as text. Raises `ExpressionTypeError` for an encoding that there is not."""
    if message := check_spelling(encoding):
        raise ExpressionTypeError(f"{function}(): {message}")
    return SPELLINGS[encoding](digest)


def check_spelling(encoding: Any) -> str | None:
    """What is wrong with an encoding; None when nothing is, or none is given."""
    if encoding is None or encoding in SPELLINGS:
        return None
    return f"the encoding is one of {', '.join(SPELLINGS)}"
