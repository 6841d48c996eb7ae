from __future__ import annotations

from typing import Any

import pytest

from engine.signing.grant import grant
from engine.signing.scheme import SigningFailed

INPUTS = {"token_url": "https://login.test/token", "secret": "hush-hush"}


def made(**more: Any) -> Any:
    return grant(
        "s", {**INPUTS, **more}, lambda now, ids: ({"x": ids("a")}, {"t": now, "n": None}), ("secret",)
    )


def test_a_form() -> None:
    headers, body = made().ask(5.0, lambda prefix: f"{prefix}1")
    assert headers == {
        "content-type": "application/x-www-form-urlencoded", "accept": "application/json", "x": "a1",
    }  # fmt: skip
    assert body == b"t=5.0"


def test_its_key_is_that_of_its_inputs_and_no_secret() -> None:
    assert made() == made() != made(scope="other")
    assert made().key != made(secret="another")
    assert made().secrets == ("hush-hush",) and "hush" not in repr(made())


@pytest.mark.parametrize("url", ["", "login.test", "file:///etc/passwd", 5])
def test_a_url_that_is_none(url: Any) -> None:
    with pytest.raises(SigningFailed, match="`token_url` of the scheme 's' is no URL"):
        made(token_url=url)
