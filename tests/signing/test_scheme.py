from __future__ import annotations

import pytest

from engine.signing.scheme import Scheme, SigningFailed
from tests.signing.requests import outgoing

SENT = outgoing("GET https://a.test/")
SCHEME = Scheme(
    "test",
    "Says what it was given.",
    {"region": "", "secret": "", "service": ""},
    frozenset({"region", "service"}),
    ("region", "secret"),
    (),
    lambda sent, inputs: {"x": f"{sent.method} {inputs}"},
)


def test_what_the_credential_has_need_not_be_written() -> None:
    assert SCHEME.to_write == ["service"]
    held = {"region": "eu", "secret": "s", "other": 1}
    assert SCHEME.signature(SENT, {"service": "x"}, held).headers == {
        "x": "GET {'region': 'eu', 'secret': 's', 'service': 'x'}"
    }


def test_what_is_written_wins() -> None:
    signed = SCHEME.signature(SENT, {"service": "x", "region": "us"}, {"region": "eu"})
    assert signed.headers == {"x": "GET {'region': 'us', 'service': 'x'}"}


@pytest.mark.parametrize("credential", [None, {}, {"region": None}])
def test_an_input_that_nothing_gives(credential: dict[str, str] | None) -> None:
    with pytest.raises(SigningFailed, match="the scheme 'test' needs `region`"):
        SCHEME.signature(SENT, {"service": "x"}, credential)
