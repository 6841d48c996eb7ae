from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.gateway.nesting import SHORT, nests_deeper
from tests.gateway.playbook import Game, Json

SITE = """
providers: {b: {dialect: plain, base_url: "https://b.test"}}
models: {alone: {targets: [b/m]}}
"""


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = {"a": [value]} if levels % 2 else [value]
    return value


@pytest.mark.parametrize(
    ("data", "limit", "deeper"),
    [
        ({}, 1, False),
        ([[]], 1, True),
        ([[]], 2, False),
        ([[], {"a": {"b": 1}}, []], 2, True),
        ([[], {"a": {"b": 1}}, []], 3, False),
        ({"text": "[[[[[[[["}, 2, False),
        ([["]"], {"[": "["}], 2, False),
        (nested(40), 39, True),
        (nested(40), 40, False),
    ],
)
def test_levels_are_counted(data: Any, limit: int, deeper: bool) -> None:
    for blanks in (b"", b" " * SHORT):
        raw = orjson.dumps(data) + blanks
        assert nests_deeper(raw, orjson.loads(raw), limit) is deeper


def test_a_body_that_nests_too_deep_is_refused() -> None:
    game = Game(SITE)
    shallow = game.ask("alone", script=[Json({"text": "hi", "finish": "stop"})], metadata={"x": nested(90)})
    deep = game.ask("alone", script=[], metadata={"x": nested(100)})
    assert shallow.status == 200
    assert (deep.status, deep.error["code"]) == (400, "json_too_deep")
