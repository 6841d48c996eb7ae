from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from engine.signing.scheme import SigningFailed
from engine.signing.schemes.hmac import ALGORITHMS, SPEC
from tests.signing.requests import outgoing

SENT = outgoing("POST https://a.test/\n\n{}")


def signed(credential: dict[str, Any] | None = None, **inputs: Any) -> dict[str, str]:
    return SPEC.signature(SENT, {"name": "X-Sign", "text": "t", **inputs}, credential).headers


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms(algorithm: str) -> None:
    expected = hmac.new(b"s", b"t", getattr(hashlib, algorithm)).hexdigest()
    assert signed(secret="s", algorithm=algorithm) == {"x-sign": expected}


def test_the_secret_is_written_or_the_credential_s() -> None:
    assert signed({"key": "k"}) == signed(secret="k")
    assert signed({"key": "k", "secret": "s"}) == signed(secret="s")
    assert signed({"secret": "s"}, secret="w") == signed(secret="w")
    assert signed() == signed({"key": None}) == {}


def test_bytes_that_are_no_text_are_signed_as_they_are() -> None:
    text = b"\xff\x00".decode("utf-8", "surrogateescape")
    assert signed(secret="s", text=text) == {"x-sign": hmac.new(b"s", b"\xff\x00", "sha256").hexdigest()}


@pytest.mark.parametrize("wrong", [{"algorithm": "md4"}, {"encoding": "octal"}])
def test_what_it_does_not_know(wrong: dict[str, str]) -> None:
    with pytest.raises(SigningFailed, match=r"unknown (algorithm 'md4'|encoding 'octal') of the scheme"):
        signed(secret="s", **wrong)


def test_a_text_is_needed() -> None:
    with pytest.raises(SigningFailed, match="needs `text`"):
        SPEC.signature(SENT, {"name": "x"}, {"key": "k"})
