"""hmac: a keyed hash of any text, in a header."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from engine.registry import Example
from engine.signing.scheme import Outgoing, Scheme, SigningFailed

ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
}


def _sign(_: Outgoing, inputs: Mapping[str, Any]) -> dict[str, str]:
    secret = inputs.get("secret") or inputs.get("key")
    if not secret:
        return {}
    algorithm = _one_of(ALGORITHMS, inputs, "algorithm", "sha256")
    encode = ENCODINGS[_one_of(tuple(ENCODINGS), inputs, "encoding", "hex")]
    digest = hmac.digest(_encoded(secret), _encoded(inputs["text"]), algorithm)
    return {str(inputs["name"]).lower(): f"{inputs.get('prefix') or ''}{encode(digest)}"}


def _encoded(text: Any) -> bytes:
    """The payload is text whose bytes may be none: they come out as they went in."""
    return str(text).encode("utf-8", "surrogateescape")


def _one_of(known: tuple[str, ...], inputs: Mapping[str, Any], name: str, default: str) -> str:
    found = inputs.get(name) or default
    if found not in known:
        raise SigningFailed(f"unknown {name} {found!r} of the scheme 'hmac'; there are {', '.join(known)}")
    return str(found)


SPEC = Scheme(
    name="hmac",
    summary="A keyed hash of any text, in a header. The text sees the request as it is sent.",
    inputs={
        "name": "The header.",
        "text": 'What is signed, such as "${method}\\n${path}\\n${payload}".',
        "algorithm": "sha1, sha256 (the default), sha384 or sha512.",
        "encoding": "hex (the default) or base64.",
        "prefix": "What stands in front of the signature.",
        "secret": "The key of the hash; else the credential's `secret`, else its `key`.",
        "key": "The credential's key.",
    },
    required=frozenset({"name", "text"}),
    held=("secret", "key"),
    sign=_sign,
    examples=(
        Example(
            "POST https://api.test/v1/chat\n\n{}",
            {"x-signature": "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
            {
                "name": "X-Signature",
                "text": "what do ya want for nothing?",
                "secret": "Jefe",
                "prefix": "sha256=",
            },
        ),
        Example(
            "GET https://api.test/",
            {"x-sign": "7/zfauXrL6LSdBbV8YTfnCWafHk="},
            {
                "name": "x-sign",
                "text": "what do ya want for nothing?",
                "secret": "Jefe",
                "algorithm": "sha1",
                "encoding": "base64",
            },
        ),
    ),
)
