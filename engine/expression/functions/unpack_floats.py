"""unpack_floats: a packed vector as numbers."""

from __future__ import annotations

import base64
import struct
from typing import Any

from engine.expression.function import Example, ExpressionTypeError, Function


def _unpack_floats(vector: Any) -> list[Any]:
    if isinstance(vector, list):
        return vector
    try:
        packed = base64.b64decode(vector, validate=True)
        return list(struct.unpack(f"<{len(packed) // 4}f", packed))
    except (ValueError, struct.error):
        raise ExpressionTypeError("unpack_floats(): expected base64 of little-endian float32") from None


SPEC = Function(
    "unpack_floats(vector: string | array) -> array",
    "The numbers in base64 of little-endian float32; an array of numbers stays.",
    _unpack_floats,
    (
        Example("unpack_floats('AAAAPwAAgL8=')", [0.5, -1.0]),
        Example("unpack_floats(`[0.25]`)", [0.25]),
        Example("unpack_floats('')", []),
        Example("unpack_floats(`null`)", None),
    ),
)
