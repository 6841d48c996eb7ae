from __future__ import annotations

import os

from engine.adapters.sealing import opened, seal

KEY = os.urandom(32)


def test_only_the_same_key_and_context_open_it() -> None:
    sealed = seal(KEY, b"secret", b"here")
    assert opened(KEY, sealed, b"here") == b"secret"
    assert b"secret" not in sealed
    assert seal(KEY, b"secret", b"here") != sealed
    assert opened(os.urandom(32), sealed, b"here") is None
    assert opened(KEY, sealed, b"there") is None
    assert opened(KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"here") is None
    assert opened(KEY, b"", b"here") is None
