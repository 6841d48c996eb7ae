from __future__ import annotations

import pytest

from engine.config.document import read_file
from engine.config.paths import mounted
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


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("routes.d/git/a.yaml", "/git/x/"),
        ("routes.d/git/deep/a.yaml", "/git/x/"),
        ("routes.d/git.yaml", "/x/"),
        ("routes.d/other/a.yaml", "/x/"),
    ],
)
def test_what_is_below_a_mounted_directory_has_its_path(file: str, path: str) -> None:
    assert mounted(file, "/x/", {"git": "/git/"}) == path


def test_the_same_path_below_two_mounts_is_two_paths() -> None:
    text = "version: 1\nendpoints: {{{}: {{action: health, path: /health}}}}\n"
    files = {
        name: read_file(name, text.format(word).encode(), Secrets())
        for name, word in (("routes.d/a/x.yaml", "one"), ("routes.d/b/x.yaml", "two"))
    }
    assert [item.code for item in check(files, SHIPPED)] == ["same-path"]
    assert check(files, SHIPPED, {"a": "/a"}) == []
