"""No value of a credential in a message, in whatever dress."""

import pytest

from engine.credentials.model import Credential
from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.scrub import ScrubbedPieces, scrub, scrub_bytes, scrub_text, secrets_of

SECRETS = secrets_of(
    Credential(
        "main",
        "sk-a/b+secret",
        data={"id": "main", "region": "eu-west-1", "more": {"deep": "hunter22", "list": ["cookie-77", 7]}},
    )
)


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("bad key sk-a/b+secret!", "bad key ***!"),
        ("GET /x?key=sk-a%2Fb%2Bsecret", "GET /x?key=***"),
        ("password hunter22", "password ***"),
        ("cookie-77 is stale", "*** is stale"),
        ("key sk-a********cret is wrong", "key *** is wrong"),
        ("key sk-a...cret is wrong", "key *** is wrong"),
        ("region eu-west-1 of main", "region eu-west-1 of main"),
        ("a task-a list", "a task-a list"),
    ],
)
def test_scrub_text(text: str, scrubbed: str) -> None:
    assert scrub_text(text, SECRETS) == scrubbed


def test_a_long_text_of_beginnings_takes_no_time() -> None:
    """What a client sends comes back in errors, and every key of a platform begins the same."""
    text = "sk-a" * 200_000  # as it was: half an hour
    assert scrub_text(text, SECRETS) == text


def test_every_text_of_an_error() -> None:
    info = ErrorInfo(ErrorClass.AUTH, "m hunter22", "c hunter22", "p hunter22", 3.0)
    assert scrub(info, SECRETS) == ErrorInfo(ErrorClass.AUTH, "m ***", "c ***", "p ***", 3.0)
    assert scrub(info, ()) is info


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    assert scrub_bytes(b"\xff hunter22 \xfe", SECRETS) == b"\xff *** \xfe"


def test_short_values_are_words() -> None:
    assert secrets_of(Credential("a", "abc", data={"zone": "eu"})) == ()
    assert secrets_of(None) == ()


def test_values_of_a_providers_headers_are_secrets_too() -> None:
    assert secrets_of(None, ("header-secret", "short")) == ("header-secret",)
    credential = Credential("a", "key-that-is-longer", data={})
    assert secrets_of(credential, ("header-secret",)) == ("key-that-is-longer", "header-secret")


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_pieces_are_scrubbed_wherever_they_are_cut(size: int) -> None:
    text = b"a secret-1 and secret-22, secret-1secret-22 secret-"
    pieces, made = ScrubbedPieces(("secret-22", "secret-1")), b""
    for at in range(0, len(text), size):
        made += pieces.feed(text[at : at + size])
    assert made + pieces.feed(None) == b"a *** and ***, ****** secret-"
