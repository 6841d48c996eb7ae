"""hmac_sha256: the signature of a text."""

from __future__ import annotations

import hashlib
import hmac

from engine.expression.function import Example, Function, encoded


def _hmac_sha256(key: str, text: str) -> str:
    return hmac.new(encoded(key), encoded(text), hashlib.sha256).hexdigest()


SPEC = Function(
    "hmac_sha256(key: string, text: string) -> string",
    "The HMAC-SHA-256 of a text under a key, in hex.",
    _hmac_sha256,
    (
        Example(
            "hmac_sha256('Jefe', 'what do ya want for nothing?')",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        Example("hmac_sha256(`null`, 'a')", None),
    ),
)
