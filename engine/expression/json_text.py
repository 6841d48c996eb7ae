"""JSON text, strictly: no NaN, no numbers out of range; integers keep all digits, text its characters."""

from __future__ import annotations

import json
from typing import Any

import orjson


def loads(text: str) -> Any:
    """The value of a JSON text. Raises ValueError, also for what nests too deep."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def dumps(value: Any) -> str:
    """Compact JSON, not ASCII-escaped. Raises ValueError or TypeError for what is no JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # integers beyond 64 bits, lone surrogates
        return _ENCODER.encode(value)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is out of range")
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
