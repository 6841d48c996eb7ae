"""sha256: the digest of a text."""

from __future__ import annotations

import hashlib

from engine.expression.function import Example, Function, encoded


def _sha256(text: str) -> str:
    return hashlib.sha256(encoded(text)).hexdigest()


SPEC = Function(
    "sha256(text: string) -> string",
    "The SHA-256 digest of a text, in hex.",
    _sha256,
    (
        Example("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Example("sha256(`null`)", None),
    ),
)
