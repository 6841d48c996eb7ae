from __future__ import annotations

import pytest

from engine.spec.document import KINDS, RouteFile, TestFile
from engine.spec.objects import fields_of

from .reading import accepts, read


def test_every_table_of_names_has_its_kind() -> None:
    assert set(KINDS) == {item.key for item in fields_of(RouteFile)} - {"version", "tests"}


def test_an_endpoint_may_be_off() -> None:
    assert (
        read(RouteFile, "{version: 1, endpoints: {a: off, b: {path: /x, surface: s}}}").endpoints["a"]
        == "off"
    )


@pytest.mark.parametrize(
    ("cls", "text", "good"),
    [
        (RouteFile, "{version: 1}", True), (RouteFile, "{}", False), (RouteFile, "{version: 2}", False),
        (RouteFile, "{version: '1'}", False), (RouteFile, "{version: 1, route: {}}", False),
        (RouteFile, "{version: 1, providers: []}", False), (RouteFile, "{version: 1, providers: null}", False),
        (RouteFile, "{version: 1, providers: {'a/b': {dialect: d, base_url: https://h}}}", False),
        (RouteFile, "{version: 1, models: {'a/b*': {}}}", True), (RouteFile, "{version: 1, models: {'a b': {}}}", False),
        (TestFile, "{tests: []}", True), (TestFile, "{version: 1, tests: []}", True), (TestFile, "{version: 1}", False),
        (TestFile, "{tests: [], models: {}}", False),
    ],
)  # fmt: skip
def test_files(cls: type, text: str, good: bool) -> None:
    assert accepts(cls, text) is good
