from __future__ import annotations

import pytest

from engine.spec.pool import Credential, Pool
from engine.tree import Scalar

from .reading import accepts, bind, read

DESIGN = """
strategy: rotate
every: 10
credentials:
  - {id: main, key: sk-1, weight: 3, models: ["*"]}
  - {directory: .creds/anthropic, format: json, key: =bearer_token, expires: =expires_at}
  - {id: aws, key: "${data.id}", secret: =x, region: eu-1, file: sa.json}
on_error: {auth: {disable: true}, rate_limit: {cooldown: 60s}}
"""


def test_the_pool_of_the_design() -> None:
    found = read(Pool, DESIGN)
    main, directory, other = found.credentials
    assert (found.strategy, found.every, main.weight, main.models) == ("rotate", 10, 3.0, ("*",))
    assert (directory.directory, directory.key) == (".creds/anthropic", "=bearer_token")
    assert isinstance(directory.expires, Scalar) and directory.expires.value == "=expires_at"
    assert list(other.extra) == ["secret", "region"] and other.extra["region"].value == "eu-1"
    assert found.on_error["rate_limit"].cooldown == 60.0


def test_only_the_plain_key_is_a_warning() -> None:
    found = bind(Pool, DESIGN)[1].problems.items
    assert [(item.code, item.at.line, item.secret) for item in found] == [("plain-secret", 5, True)]


@pytest.mark.parametrize(
    ("cls", "text"),
    [(Pool, "{}"), (Pool, "{credentials: {}}"), (Pool, "{credentials: [], strategy: any}"), (Pool, "{credentials: [], every: -1}"),
     (Credential, "{file: a, directory: b}"), (Credential, "{weight: -1}"), (Credential, "{format: xml}")],
)  # fmt: skip
def test_what_is_no_pool(cls: type, text: str) -> None:
    assert not accepts(cls, text)
