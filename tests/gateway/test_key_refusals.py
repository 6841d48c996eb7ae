from __future__ import annotations

import pytest

from engine.errors import RequestRefused
from engine.gateway.key_refusals import bad_key, bad_token, expired


@pytest.mark.parametrize(
    ("refused", "code", "message"),
    [
        (bad_key("no key"), "invalid_api_key", "no key"),
        (expired("it is over"), "expired", "it is over"),
        (bad_token("why"), "invalid_token", "the token is refused: why"),
    ],
)
def test_all_are_401(refused: RequestRefused, code: str, message: str) -> None:
    info = refused.info
    assert (info.status, info.code, info.message, info.type) == (401, code, message, "invalid_request_error")
