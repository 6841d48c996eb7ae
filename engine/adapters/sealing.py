"""AES-256-GCM. Imported by whoever seals or opens something: the library behind it takes 7 MB."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    """`plain` so that only who has the 32 bytes of `key` can read it, and for `context` alone."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def opened(key: bytes, sealed: bytes, context: bytes) -> bytes | None:
    """What was sealed; None when key, context or a bit is another."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        return None
