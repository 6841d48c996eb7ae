from __future__ import annotations

import pytest

from engine.surfaces.openai_chat.data_urls import is_address, split


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,iVBO=", ("image/png", "iVBO=")),
        ("DATA:Image/PNG;BASE64,iVBO=", ("image/png", "iVBO=")),
        ("data:image/svg+xml;charset=utf-8;base64,QQ==", ("image/svg+xml", "QQ==")),
        ("data:;base64,QQ==", ("text/plain", "QQ==")),
        ("data:,A%20B", ("text/plain", "QSBC")),
        ("data:text/plain;charset=utf-8,%C3%BC", ("text/plain", "w7w=")),
        ("data:image/png;base64", None),
        ("https://x.test/a,b", None),
        ("", None),
    ],
)
def test_split(url: str, expected: tuple[str, str] | None) -> None:
    assert split(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.test/a.png", True),
        ("gs://bucket/a.png", True),
        ("data:image/png;base64,QQ==", True),
        ("data:image/png;base64", False),
        ("data:image/png;base64,", False),
        ("data:", False),
        ("iVBORw0KGgo=", False),
        ("//x.test/a.png", False),
        ("https:", False),
        ("", False),
    ],
)
def test_addresses(url: str, expected: bool) -> None:
    assert is_address(url) is expected
