"""JSON Web Tokens that an RSA key signs: what an account says of itself."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Mapping
from typing import Any

from engine.signing.scheme import SigningFailed

# RSA is large to load, and few sites need it.
PRIMITIVES = "cryptography.hazmat.primitives"


def assertion(private_key: str, claims: Mapping[str, Any], head: Mapping[str, Any] | None = None) -> str:
    """The claims, signed by RS256. Raises `SigningFailed`."""
    named = {"alg": "RS256", "typ": "JWT", **(head or {})}
    text = f"{_part(json.dumps(named).encode())}.{_part(json.dumps(claims).encode())}"
    return f"{text}.{_part(_rs256(private_key, text.encode()))}"


def _rs256(private_key: str, data: bytes) -> bytes:
    """Raises `SigningFailed` for what is no private key of RSA; nothing of it is in the message."""
    keys = importlib.import_module(f"{PRIMITIVES}.serialization")
    rsa = importlib.import_module(f"{PRIMITIVES}.asymmetric.rsa")
    padding = importlib.import_module(f"{PRIMITIVES}.asymmetric.padding")
    hashes = importlib.import_module(f"{PRIMITIVES}.hashes")
    try:
        key = keys.load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SigningFailed("`private_key` is no private key of RSA in PEM")
    return bytes(key.sign(data, padding.PKCS1v15(), hashes.SHA256()))


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
