"""pack_floats: numbers as base64 of their bytes, as vectors travel."""

from __future__ import annotations

import base64
import struct
from typing import Any

from engine.expression.function import Example, ExpressionTypeError, Function


def _pack_floats(vector: Any) -> str:
    if isinstance(vector, str):
        return vector
    try:
        packed = struct.pack(f"<{len(vector)}f", *vector)
    except (struct.error, OverflowError):
        raise ExpressionTypeError("pack_floats(): expected an array of numbers of 32 bits") from None
    return base64.b64encode(packed).decode()


SPEC = Function(
    "pack_floats(vector: array | string) -> string",
    "Numbers as base64 of little-endian float32; text is taken to be packed and stays.",
    _pack_floats,
    (
        Example("pack_floats(`[0.5, -1]`)", "AAAAPwAAgL8="),
        Example("pack_floats('AAAAPw==')", "AAAAPw=="),
        Example("pack_floats(`[]`)", ""),
        Example("pack_floats(`null`)", None),
    ),
)
