from __future__ import annotations

import pytest

from engine.adapters.http1.failures import CannotConnect, ConnectionLost, Malformed, Stale, Unsendable
from engine.adapters.upstream_errors import failure


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (CannotConnect(), "connect_failed", "cannot connect to h:1: CannotConnect"),
        (ConnectionLost(), "connection_lost", "the connection to h:1 was lost before it answered"),
        (Stale(), "connection_lost", "the connection to h:1 was lost before it answered"),
        (Malformed("it stinks"), "bad_response", "h:1 sent a malformed answer: it stinks"),
        (
            Unsendable(),
            "bad_request",
            "cannot call h:1: a header or the path holds characters that cannot be sent",
        ),
    ],
)
def test_each_means_something_to_the_engine(raised: Exception, code: str, message: str) -> None:
    info = failure(raised, "h:1").info
    assert (info.code, info.message) == (code, message)
