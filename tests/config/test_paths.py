from __future__ import annotations

import pytest

from engine.config.document import read_file
from engine.config.references import check

from .cases import SHIPPED, Secrets


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("path: /x", "path: /x", True),
        ("path: /x", "path: /y", False),
        ("path: /x, methods: [GET]", "path: /x, methods: [POST]", False),
        ("path: /x, methods: [GET, POST]", "path: /x, methods: POST", True),
        ('path: "/u/{id}"', 'path: "/u/{name}"', True),
        ('path: "/u/{id}"', "path: /u/me", False),
    ],
)
def test_endpoints_must_not_answer_the_same(first: str, second: str, clash: bool) -> None:
    text = "version: 1\nendpoints: {{{}: {{action: respond, {}}}}}\n"
    files = {
        name: read_file(name, text.format(name, more).encode(), Secrets())
        for name, more in (("a", first), ("b", second))
    }
    found = check(files, SHIPPED)
    assert [f"{item.at} {item.code}" for item in found] == (["b:2:13 same-path"] if clash else [])
