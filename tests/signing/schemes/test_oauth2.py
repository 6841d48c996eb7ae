from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from engine.signing.scheme import UNSIGNED, SigningFailed
from engine.signing.schemes.oauth2 import ASSERTS, SPEC
from tests.signing.requests import outgoing
from tests.signing.schemes.test_service_account import pem

URL = "https://login.test/token"
SENT = outgoing("POST https://a.test/\n\n{}")
NOW = 1_700_000_000.0
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def asked(credential: dict[str, Any], **written: Any) -> dict[str, str]:
    headers, found = SPEC.signature(SENT, {"token_url": URL, **written}, credential)
    assert found is not None and headers == {}
    return dict(parse_qsl(found.ask(NOW, lambda prefix: f"{prefix}1")[1].decode()))


def test_a_key_proves_the_client_that_has_no_secret() -> None:
    form = asked({"client_id": "me", "private_key": pem(RSA), "private_key_id": "k", "thumbprint": "p"})
    proof = form.pop("client_assertion")
    assert form == {
        "grant_type": "client_credentials", "client_id": "me", "client_assertion_type": ASSERTS,
    }  # fmt: skip
    claims = jwt.decode(proof, RSA.public_key(), ["RS256"], audience=URL, options={"verify_exp": False})
    assert claims == {
        "iss": "me", "sub": "me", "aud": URL, "jti": "jwt_1", "iat": NOW, "nbf": NOW, "exp": NOW + 300,
    }  # fmt: skip
    assert jwt.get_unverified_header(proof) == {"alg": "RS256", "typ": "JWT", "kid": "k", "x5t": "p"}


def test_a_secret_goes_before_a_key() -> None:
    assert asked({"client_id": "me", "client_secret": "s", "private_key": "k"})["client_secret"] == "s"


def test_fields_win() -> None:
    form = asked(
        {"client_id": "me", "client_secret": "s"},
        fields={"grant_type": "password", "username": "u", "x": None},
    )
    assert (form["grant_type"], form["username"]) == ("password", "u") and "x" not in form


@pytest.mark.parametrize(
    ("credential", "written", "words"),
    [
        ({"client_id": "me"}, {}, "needs `client_secret`"),
        (
            {"client_id": "me", "client_secret": "s"},
            {"client_auth": "private_key_jwt"},
            "needs `private_key`",
        ),
        ({"client_id": "me", "client_secret": "s"}, {"client_auth": "mtls"}, "unknown client_auth 'mtls'"),
        ({"client_id": "me", "client_secret": "s"}, {"fields": "a=b"}, "`fields` .* is no object"),
        ({"client_id": "me", "client_secret": "s"}, {"token_url": None}, "needs `token_url`"),
    ],
)
def test_what_is_missing(credential: dict[str, str], written: dict[str, Any], words: str) -> None:
    with pytest.raises(SigningFailed, match=words):
        SPEC.signature(SENT, {"token_url": URL, **written}, credential)


def test_another_kind_of_credential_is_left_alone() -> None:
    assert SPEC.signature(SENT, {}, {"key": "k"}) == UNSIGNED
