"""Vectors of the suite that was published with the scheme (`aws-sig-v4-test-suite`), by their names there."""

from __future__ import annotations

import pytest

from engine.signing.schemes.sigv4 import KEYS, SPEC, canonical_path, canonical_query, canonical_request
from tests.signing.requests import outgoing

INPUTS = {name: value for name, value in KEYS.items() if name != "now"} | {"service": "service"}
HOST = "https://example.amazonaws.com"


def signature(text: str, **more: str) -> str:
    headers = SPEC.signature(outgoing(text), {**INPUTS, **more}, None).headers
    return headers["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(text, expected, id=title)
        for title, text, expected in [
            (
                "get-vanilla",
                f"GET {HOST}/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "get-vanilla-query-order-key-case",
                f"GET {HOST}/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "get-vanilla-utf8-query",
                f"GET {HOST}/?%E1%88%B4=bar",
                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
            ),
            ("get-utf8", f"GET {HOST}/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
            (
                "get-relative",
                f"GET {HOST}/example/..",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "post-vanilla",
                f"POST {HOST}/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "post-x-www-form-urlencoded",
                f"POST {HOST}/\ncontent-type: application/x-www-form-urlencoded\n\nParam1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ]
    ],
)
def test_published_vectors(text: str, expected: str) -> None:
    assert signature(text) == expected


def test_the_vector_of_the_guide() -> None:
    text = (
        "GET https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08\n"
        "content-type: application/x-www-form-urlencoded; charset=utf-8"
    )
    assert (
        signature(text, service="iam") == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "/"),
        ("/", "/"),
        ("/model/a.b-v1%3A0/converse", "/model/a.b-v1%253A0/converse"),
        ("/model/a:b/converse", "/model/a%3Ab/converse"),
        ("//a//b/", "/a/b/"),
        ("/a/./b/../c", "/a/c"),
        ("/..", "/"),
    ],
)
def test_a_path_is_encoded_once_more(path: str, expected: str) -> None:
    assert canonical_path(path) == expected


def test_a_query_is_sorted_and_encoded_once() -> None:
    assert canonical_query("b=2&a=%20x&a=+&A=~&empty") == "A=~&a=%20x&a=%2B&b=2&empty="


def test_which_headers_are_signed() -> None:
    text = "POST https://u:p@A.test:443/\ncontent-type: a  b\nuser-agent: x\nx-amz-target: T\naccept: y"
    names, canonical = canonical_request(outgoing(text), {"x-amz-date": "D"})
    assert names == "content-type;host;x-amz-date;x-amz-target"
    assert "\ncontent-type:a b\nhost:a.test\nx-amz-date:D\nx-amz-target:T\n\n" in canonical
    assert "\nhost:a.test:8443\n" in canonical_request(outgoing("GET https://a.test:8443/"), {})[1]
    assert "\nhost:own\n" in canonical_request(outgoing("GET https://a.test/\nhost: own"), {})[1]


def test_the_token_of_temporary_keys_is_sent_and_signed() -> None:
    sent = outgoing(f"POST {HOST}/")
    signed = SPEC.signature(sent, INPUTS, {"session_token": "T//w=="}).headers
    assert signed["x-amz-security-token"] == "T//w=="
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token, " in signed["authorization"]
    assert signed["authorization"] != SPEC.signature(sent, INPUTS, None).headers["authorization"]


@pytest.mark.parametrize("credential", [{}, {"key": "only"}, {"secret": "only"}])
def test_there_is_nothing_to_sign_with(credential: dict[str, str]) -> None:
    assert SPEC.signature(outgoing(f"GET {HOST}/"), {"service": "s"}, credential).headers == {}
