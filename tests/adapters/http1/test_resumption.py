from __future__ import annotations

import ssl
from typing import Any, cast

from engine.adapters.http1.resumption import Resumption


class Context:
    """Writes down which session it was asked to take up."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def wrap_bio(self, *args: Any) -> object:
        self.asked.append(args[-1])
        return args


class Connected:
    def __init__(self, session: str, *, reused: bool) -> None:
        self.session, self.session_reused = session, reused


def test_the_last_new_session_is_taken_up_until_a_handshake_fails() -> None:
    context = Context()
    resumption = Resumption(cast(ssl.SSLContext, context))

    def handshake() -> None:
        resumption.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=False, server_hostname="h")

    handshake()
    for session, reused in (("one", False), ("copy of one", True), ("two", False)):
        resumption.remember(cast(ssl.SSLObject, Connected(session, reused=reused)))
        handshake()
    resumption.forget()
    handshake()
    assert context.asked == [None, "one", "one", "two", None]
