"""sha256: the digest of a text."""

from __future__ import annotations

import hashlib
from typing import Any

from engine.expression.function import Example, Function, encoded
from engine.expression.spelling import check_spelling, spelled


def _sha256(text: str, encoding: str = "hex") -> str:
    return spelled("sha256", hashlib.sha256(encoded(text)).digest(), encoding)


def _check(literals: dict[int, Any]) -> str | None:
    return check_spelling(literals.get(1))


SPEC = Function(
    "sha256(text: string, encoding?: string) -> string",
    "The SHA-256 digest of a text, in hex, or in `base64`.",
    _sha256,
    (
        Example("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Example("sha256('abc', 'base64')", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        Example("sha256(`null`)", None),
    ),
    check=_check,
)
