from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from engine.signing.assertion import assertion
from engine.signing.scheme import SigningFailed
from tests.signing.schemes.test_service_account import pem

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_others_can_check_it() -> None:
    made = assertion(pem(RSA), {"iss": "me"}, {"x5t": "print"})
    assert jwt.decode(made, RSA.public_key(), algorithms=["RS256"]) == {"iss": "me"}
    assert jwt.get_unverified_header(made) == {"alg": "RS256", "typ": "JWT", "x5t": "print"}


def test_what_is_no_key() -> None:
    with pytest.raises(SigningFailed, match=r"`private_key` is no private key of RSA in PEM$"):
        assertion("secret text", {})
