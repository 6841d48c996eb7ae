from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from engine.signing.scheme import UNSIGNED, SigningFailed
from engine.signing.schemes.service_account import EXCHANGED, LASTS, RENEWED, SPEC
from tests.signing.requests import outgoing

NOW = 1_700_000_000.0
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any) -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, form, plain).decode())


ACCOUNT = {"client_email": "a@b.test", "private_key": pem(RSA), "private_key_id": "k1"}


def token(now: float = NOW, **account: str) -> str:
    sent = outgoing("POST https://a.test/\n\n{}", now)
    headers = SPEC.signature(sent, {"scope": "all"}, {**ACCOUNT, **account}).headers
    assert headers.keys() == {"authorization"} and headers["authorization"].startswith("Bearer ")
    return headers["authorization"].removeprefix("Bearer ")


def test_a_token_that_the_account_signs() -> None:
    checks = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token(), RSA.public_key(), algorithms=["RS256"], options=checks)  # type: ignore[arg-type]
    assert (claims["iss"], claims["sub"], claims["scope"]) == ("a@b.test", "a@b.test", "all")
    assert claims["exp"] - claims["iat"] == LASTS
    assert claims["iat"] <= NOW <= claims["exp"] - (LASTS - RENEWED)
    assert jwt.get_unverified_header(token()) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}


def test_it_is_kept_and_renewed_ahead_of_its_end() -> None:
    begin = NOW // RENEWED * RENEWED
    assert token(begin) == token(begin + RENEWED - 1) != token(begin + RENEWED)


@pytest.mark.parametrize("wrong", ["not a key", pem(ec.generate_private_key(ec.SECP256R1()))])
def test_what_is_no_key(wrong: str) -> None:
    with pytest.raises(SigningFailed, match=r"`private_key` is no private key of RSA in PEM$"):
        token(private_key=wrong)


def test_without_an_account_there_is_nothing_to_sign_with() -> None:
    assert SPEC.signature(outgoing("GET https://a.test/"), {"scope": "all"}, {"key": "api-key"}) == UNSIGNED


def test_its_own_token_is_exchanged_where_that_is_written() -> None:
    url = "https://login.test/token"
    inputs = {"scope": "all", "token_url": url, "subject": "user@b.test"}
    headers, grant = SPEC.signature(outgoing("POST https://a.test/\n\n{}"), inputs, ACCOUNT)
    assert headers == {} and grant is not None and grant.url == url
    form = dict(parse_qsl(grant.ask(NOW, str)[1].decode()))
    assert form.pop("grant_type") == EXCHANGED
    claims = jwt.decode(
        form["assertion"], RSA.public_key(), ["RS256"], audience=url, options={"verify_exp": False}
    )
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("a@b.test", "user@b.test", LASTS)
