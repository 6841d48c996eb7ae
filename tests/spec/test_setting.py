"""Settings as they are written."""

from __future__ import annotations

import pytest

from engine.config.document import read_file
from engine.spec.setting import Setting
from tests.config.cases import Secrets


def read(text: str) -> tuple[dict[str, Setting], list[str]]:
    found = read_file("f", f"version: 1\nsettings: {text}\n".encode(), Secrets())
    return dict(found.document.settings) if found.document else {}, [item.code for item in found.diagnostics]


def test_a_default_may_be_of_any_kind_and_come_from_elsewhere() -> None:
    found, problems = read(
        '{A: {}, B: {type: integer, default: 3}, C: {default: "${env:KEY}", secret: true}, D: {default: true}}'
    )
    assert problems == []
    assert {name: one.default for name, one in found.items()} == {
        "A": None,
        "B": 3,
        "C": "s3cr3t-value",
        "D": True,
    }
    assert (found["A"].type, found["C"].secret) == ("text", True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{A: {type: list}}", "unknown-value"),
        ("{a-b: {}}", "bad-name"),
        ("{A: {defalt: 1}}", "unknown-key"),
        ("{A: {default: [1]}}", "wrong-type"),
    ],
)
def test_mistakes_are_found(text: str, code: str) -> None:
    assert read(text)[1] == [code]
