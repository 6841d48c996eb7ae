"""hmac_sha256: the signature of a text."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from engine.expression.function import Example, Function, encoded
from engine.expression.spelling import check_spelling, spelled


def _hmac_sha256(key: str, text: str, encoding: str = "hex") -> str:
    return spelled("hmac_sha256", hmac.new(encoded(key), encoded(text), hashlib.sha256).digest(), encoding)


def _check(literals: dict[int, Any]) -> str | None:
    return check_spelling(literals.get(2))


SPEC = Function(
    "hmac_sha256(key: string, text: string, encoding?: string) -> string",
    "The HMAC-SHA-256 of a text under a key, in hex, or in `base64`.",
    _hmac_sha256,
    (
        Example(
            "hmac_sha256('Jefe', 'what do ya want for nothing?')",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        Example("hmac_sha256('k', 'v', 'base64')", "xdS+GZLVDTtB+aISkvxnoooUhvxkoFF9N/mvhH4HMt4="),
        Example("hmac_sha256(`null`, 'a')", None),
    ),
    check=_check,
)
