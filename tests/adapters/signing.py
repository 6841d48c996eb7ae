"""Tokens and the keys by which they are checked, made for tests."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOW = 1_700_000_000.0
SECRET = "a-secret-that-is-long-enough-for-hs256"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Another one for each name; making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(name: str, **changes: Any) -> dict[str, Any]:
    """The entry of `rsa_key(name)` in a set of keys."""
    return {
        **jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True),
        "kid": name,
        **changes,
    }


def public_ec(name: str, **changes: Any) -> dict[str, Any]:
    return {
        **jwt.algorithms.ECAlgorithm.to_jwk(ec_key(name).public_key(), as_dict=True),
        "kid": name,
        **changes,
    }


def secret(name: str) -> dict[str, Any]:
    return {**jwt.algorithms.HMACAlgorithm.to_jwk(SECRET, as_dict=True), "kid": name}


def key_set(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


def public_pem(name: str) -> bytes:
    return rsa_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def token(
    name: str = "one",
    *,
    key: Any = None,
    algorithm: str = "RS256",
    kid: str | None = "",
    **claims: Any,
) -> str:
    """A token signed by `rsa_key(name)`, which holds for an hour; a claim of None is left out."""
    said = {"sub": "ada", "iss": "https://issuer.test", "aud": "proxyctl", "exp": NOW + 3600, **claims}
    headers = {} if kid is None else {"kid": kid or name}
    written = {claim: value for claim, value in said.items() if value is not None}
    return jwt.encode(written, key or rsa_key(name), algorithm, headers)
